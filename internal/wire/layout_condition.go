package wire

import (
	"bytes"
	"fmt"

	pb "github.com/scmhub/ibapi/protobuf"
)

// The kinds of condition that an order can wait for.
const (
	conditionPrice         = 1
	conditionTime          = 3
	conditionMargin        = 4
	conditionExecution     = 5
	conditionVolume        = 6
	conditionPercentChange = 7
)

func conditions(f *fields, o *pb.Order) {
	const fieldsEach = 4 // of the smallest: kind, conjunction, isMore, time
	list(f, &o.Conditions, fieldsEach, func(c *pb.OrderCondition) { condition(f, c) })
	if len(o.Conditions) > 0 {
		f.flag(&o.ConditionsIgnoreRth)
		f.flag(&o.ConditionsCancelOrder)
	}
}

// condition has the value before the instrument, as the official clients and ib_async do.
func condition(f *fields, c *pb.OrderCondition) {
	f.int(&c.Type, zero)
	conjunction(f, &c.IsConjunctionConnection)
	if c.GetType() == conditionExecution {
		f.str(&c.SecType)
		f.str(&c.Exchange)
		f.str(&c.Symbol)
		return
	}
	f.flag(&c.IsMore)
	switch c.GetType() {
	case conditionTime:
		f.str(&c.Time)
	case conditionMargin:
		f.int(&c.Percent, zero)
	case conditionPrice, conditionVolume, conditionPercentChange:
		if f.instrumentFirst() {
			conditionInstrument(f, c)
			conditionValue(f, c)
			wordyTrigger(f, c)
			return
		}
		conditionValue(f, c)
		conditionInstrument(f, c)
		if c.GetType() == conditionPrice {
			f.int(&c.TriggerMethod, zero)
		}
	default:
		f.fail(fmt.Errorf("condition type %d is none of 1, 3, 4, 5, 6, 7", c.GetType()))
	}
}

func conditionValue(f *fields, c *pb.OrderCondition) {
	switch c.GetType() {
	case conditionPrice:
		f.plain(&c.Price, zero)
	case conditionVolume:
		f.int(&c.Volume, zero)
	default:
		f.plain(&c.ChangePercent, zero)
	}
}

func conditionInstrument(f *fields, c *pb.OrderCondition) {
	f.int(&c.ConId, zero)
	f.str(&c.Exchange)
}

// instrumentFirst reports whether a condition comes as github.com/scmhub/ibapi v0.10.47 writes it
// in text, with the instrument before the value. Its authors mean one thing by it, and an order
// that waits for something else is worse than one that is read with tolerance. The official order
// wins whenever it can be read at all: no instrument's id is a word, and no exchange a number.
func (f *fields) instrumentFirst() bool {
	if !f.reading {
		return false
	}
	nul := []byte{0}
	_, rest, _ := bytes.Cut(f.rest, nul)
	id, rest, _ := bytes.Cut(rest, nul)
	exchange, _, _ := bytes.Cut(rest, nul)
	return len(id) > 0 && !digitsOnly(string(id)) && digitsOnly(string(exchange))
}

// triggerWords are what github.com/scmhub/ibapi v0.10.47 writes for trigger methods, in text.
var triggerWords = map[string]int32{
	"default": 0, "Double BidAsk": 1, "last": 2, "double Last": 3, "Bid/ssk": 4,
	"last of Bid/Ask": 7, "mid-point": 8,
}

// wordyTrigger reads the trigger method that ends a price condition, as a word or a number.
func wordyTrigger(f *fields, c *pb.OrderCondition) {
	if c.GetType() != conditionPrice {
		return
	}
	word, _, _ := bytes.Cut(f.rest, []byte{0})
	if n, known := triggerWords[string(word)]; known {
		f.next()
		c.TriggerMethod = &n
		return
	}
	f.int(&c.TriggerMethod, zero)
}

// conjunction is "a" for and, "o" for or. @stoqey/ib 1.6.10 sends "1" and "0", and is read as its
// authors mean it.
func conjunction(f *fields, and **bool) {
	if !f.reading {
		if *and != nil && !**and {
			f.put("o")
		} else {
			f.put("a")
		}
		return
	}
	switch s := f.get(); s {
	case "a", "o", "1", "0":
		v := s == "a" || s == "1"
		*and = &v
	case "":
	default:
		f.fail(fmt.Errorf("want %q or %q between conditions", "a", "o"))
	}
}
