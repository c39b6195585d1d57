package broker

import (
	"context"
	"errors"
)

// codeReadOnly refuses a request (IBKR's message code list). It has many causes; for the next order id it has
// one: the API is read-only (captured from Gateways at 206 and 225).
const codeReadOnly = 321

// ReadOnly asks whether the Gateway's API takes no orders. Nothing tells but a refusal, and the question for
// the next order id is refused like an order.
func (s *Session) ReadOnly(ctx context.Context) (bool, error) {
	_, err := askTopic[struct{}](ctx, s, topicIDs, func() { s.client.ReqIDs(1) })
	if refusal, ok := errors.AsType[*Error](err); ok && refusal.Code == codeReadOnly {
		return true, nil
	}
	return false, err
}
