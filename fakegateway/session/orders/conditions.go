package session

import (
	"github.com/scmhub/ibapi/protobuf"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
)

const (
	codeConditionContract = 147
	textConditionContract = "The conditional contract info is incomplete."
)

// conditions translates what an order waits for.
func (s *Session) conditions(asked []*protobuf.OrderCondition) ([]exchange.Condition, *refusal) {
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

func (s *Session) condition(m *protobuf.OrderCondition) (exchange.Condition, *refusal) {
	c := exchange.Condition{
		Kind: exchange.ConditionKind(m.GetType()), More: m.GetIsMore(),
		Or: !m.GetIsConjunctionConnection(), Volume: int64(m.GetVolume()),
		Symbol: m.GetSymbol(), SecType: m.GetSecType(), Exchange: m.GetExchange(),
	}
	var bad *refusal
	switch c.Kind {
	case exchange.PriceCondition:
		bad = price(m.Price, &c.Price)
		if bad == nil && !c.Price.IsPos() {
			bad = refuse("Invalid price in a condition")
		}
	case exchange.PercentCondition:
		bad = price(m.ChangePercent, &c.Percent)
	case exchange.MarginCondition:
		c.Percent = decimal.MustNew(int64(m.GetPercent()), 0)
	case exchange.VolumeCondition, exchange.ExecutionCondition:
	case exchange.TimeCondition:
		var err error
		if c.Time, err = parseTime(m.GetTime()); err != nil || c.Time.IsZero() {
			bad = &refusal{codeOrderTime, textOrderTime}
		}
	default:
		bad = refuse("Unknown type of a condition")
	}
	if bad != nil || !named(c.Kind) {
		return c, bad
	}
	var ok bool
	c.Instrument, ok = s.lookup(&protobuf.Contract{ConId: m.ConId})
	if !ok {
		return c, &refusal{codeConditionContract, textConditionContract}
	}
	return c, nil
}

// named reports conditions on an instrument.
func named(k exchange.ConditionKind) bool {
	return k == exchange.PriceCondition || k == exchange.VolumeCondition ||
		k == exchange.PercentCondition
}
