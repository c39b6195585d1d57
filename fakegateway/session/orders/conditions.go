package orders

import (
	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
)

const (
	codeConditionContract = 147
	textConditionContract = "The conditional contract info is incomplete."
)

// conditions translates what an order waits for.
func (s *Session) conditions(asked []*protobuf.OrderCondition) ([]exchange.Condition, *client.Refusal) {
	conditions := make([]exchange.Condition, 0, len(asked))
	for _, m := range asked {
		c, bad := s.condition(m)
		if bad != nil {
			return nil, bad
		}
		conditions = append(conditions, c)
	}
	return conditions, nil
}

func (s *Session) condition(m *protobuf.OrderCondition) (exchange.Condition, *client.Refusal) {
	c := exchange.Condition{
		Kind: exchange.ConditionKind(m.GetType()), More: m.GetIsMore(),
		Or: !m.GetIsConjunctionConnection(), Volume: int64(m.GetVolume()),
		Symbol: m.GetSymbol(), SecType: m.GetSecType(), Exchange: m.GetExchange(),
	}
	var bad *client.Refusal
	switch c.Kind {
	case exchange.PriceCondition:
		bad = price(m.Price, &c.Price)
		if bad == nil && !c.Price.IsPos() {
			bad = client.Invalid("Invalid price in a condition")
		}
	case exchange.PercentCondition:
		bad = price(m.ChangePercent, &c.Percent)
	case exchange.MarginCondition:
		c.Percent = decimal.MustNew(int64(m.GetPercent()), 0)
	case exchange.VolumeCondition, exchange.ExecutionCondition:
	case exchange.TimeCondition:
		var err error
		if c.Time, err = client.ParseTime(m.GetTime()); err != nil || c.Time.IsZero() {
			bad = client.Refused(codeOrderTime, textOrderTime)
		}
	default:
		bad = client.Invalid("Unknown type of a condition")
	}
	if bad != nil || !named(c.Kind) {
		return c, bad
	}
	var ok bool
	c.Instrument, ok = s.contracts.Lookup(&protobuf.Contract{ConId: m.ConId})
	if !ok {
		return c, client.Refused(codeConditionContract, textConditionContract)
	}
	return c, nil
}

// named reports conditions on an instrument.
func named(k exchange.ConditionKind) bool {
	return k == exchange.PriceCondition || k == exchange.VolumeCondition ||
		k == exchange.PercentCondition
}
