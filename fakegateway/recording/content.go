package recording

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

// content is what a request asks for, whatever its ids, its times and the form that it came in:
// "contract.symbol=AAPL" and the like, sorted, without what stands for nothing.
type content []string

// notContent are the fields of requests that change from run to run: ids, and moments.
var notContent = func() map[string]bool {
	all := make(map[string]bool)
	for _, f := range strings.Fields(`
		reqId orderId parentId clientId permId parentPermId orderRef ocaGroup ptOrderId slOrderId
		endDateTime startDateTime goodTillDate goodAfterTime activeStartTime activeStopTime
		manualOrderTime manualOrderCancelTime autoCancelDate ExecutionFilter.time`) {
		all[f] = true
	}
	return all
}()

// essential are the parts of an order that versions of the protocol do not leave out or add.
var essential = []string{
	"contract.conId", "contract.symbol", "contract.secType", "contract.exchange",
	"contract.currency", "contract.lastTradeDateOrContractMonth", "contract.strike",
	"contract.right", "contract.localSymbol", "order.action", "order.totalQuantity",
	"order.orderType", "order.lmtPrice", "order.auxPrice", "order.tif", "order.account",
	"order.transmit", "order.whatIf",
}

func contentOf(m wire.Message) content {
	var c content
	c.collect("", m.Body.ProtoReflect())
	slices.Sort(c)
	return c
}

func (c *content) collect(path string, m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		name := string(f.Name())
		if notContent[name] || notContent[string(f.Parent().Name())+"."+name] {
			return true
		}
		switch {
		case f.IsMap() && f.MapValue().Message() != nil:
		case f.IsMap():
			v.Map().Range(func(k protoreflect.MapKey, item protoreflect.Value) bool {
				*c = append(*c, path+name+"."+k.String()+"="+item.String())
				return true
			})
		case f.IsList():
			for i := range v.List().Len() {
				at := fmt.Sprintf("%s%s.%d", path, name, i)
				if f.Message() != nil {
					c.collect(at+".", v.List().Get(i).Message())
				} else {
					c.add(at, v.List().Get(i))
				}
			}
		case f.Message() != nil:
			c.collect(path+name+".", v.Message())
		default:
			c.add(path+name, v)
		}
		return true
	})
}

// unsetWords are texts that stand for no number, in one form of the protocol or another.
var unsetWords = map[string]bool{
	"": true, "NaN": true, "2147483647": true, "9223372036854775807": true,
	"-9223372036854775808": true, "1.7976931348623157E308": true,
	"170141183460469231731687303715884105727": true,
}

// add notes a value, unless it stands for nothing. Numbers are written in one way.
func (c *content) add(path string, v protoreflect.Value) {
	switch x := v.Interface().(type) {
	case bool:
		if !x {
			return
		}
	case int32:
		if x == 0 || x == math.MaxInt32 {
			return
		}
	case int64:
		if x == 0 || x == math.MaxInt64 {
			return
		}
	case float64:
		if x == 0 || math.Abs(x) == math.MaxFloat64 || math.IsNaN(x) {
			return
		}
	case string:
		if unsetWords[x] {
			return
		}
		if n, err := strconv.ParseFloat(x, 64); err == nil {
			if n == 0 {
				return
			}
			v = protoreflect.ValueOfFloat64(n)
		}
	}
	*c = append(*c, fmt.Sprintf("%s=%v", path, v.Interface()))
}

// same reports whether two requests ask for the same.
func (c content) same(other content) bool { return slices.Equal(c, other) }

// sameOrder reports whether two orders are the same in what every version carries.
func (c content) sameOrder(other content) bool {
	return slices.Equal(c.essentials(), other.essentials())
}

func (c content) essentials() content {
	return slices.DeleteFunc(slices.Clone(c), func(part string) bool {
		path, _, _ := strings.Cut(part, "=")
		return !slices.Contains(essential, path)
	})
}

// String is for people.
func (c content) String() string {
	const shown = 160
	text := strings.Join(c, " ")
	if text == "" {
		return "(nothing)"
	}
	if len(text) > shown {
		text = text[:shown] + "…"
	}
	return text
}
