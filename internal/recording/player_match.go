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

// find looks for the recorded request that is the same as the client's, or returns nil. A request that
// is equal in everything comes before an order that is equal in its essentials, the client's own
// script before the others, and in a script a request that was not played yet before one that was.
func (c *playerConn) find(m wire.Message, id int32) *request {
	want := contentOf(m)
	all := append([]*script{c.script}, c.player.scripts...)
	for _, matches := range []func(*request) bool{
		func(a *request) bool { return a.content.same(want) },
		func(a *request) bool { return m.Kind == wire.PlaceOrder && a.content.sameOrder(want) },
	} {
		for _, s := range all {
			var played *request
			for _, a := range s.requests {
				if a.Kind != m.Kind || !matches(a) || !c.sameSubject(a, m, id) {
					continue
				}
				if !c.answered[a] {
					return a
				}
				played = a
			}
			if played != nil {
				return played
			}
		}
	}
	return nil
}

// sameSubject reports whether a recorded request is about the same order, or the same earlier request,
// as the client's. The cancels of two orders look the same, and are not.
func (c *playerConn) sameSubject(a *request, m wire.Message, id int32) bool {
	switch {
	case m.Kind == wire.PlaceOrder:
		recorded, placed := c.ids.recordedOrder(id)
		_, taken := c.ids.orders[a.id]
		return placed && recorded == a.id || !placed && !taken
	case m.Kind == wire.CancelOrder:
		recorded, _ := c.ids.recordedOrder(id)
		return recorded == a.id
	case strings.HasPrefix(m.Kind.String(), "cancel"):
		subject := c.subjects[id]
		return subject == nil || subject.id == a.id
	}
	return true
}

// has lists the recorded requests of a kind, for an error's text.
func (c *playerConn) has(k wire.Kind) string {
	const shown = 3
	var contents []string
	n := 0
	for _, s := range c.player.scripts {
		for _, a := range s.requests {
			if a.Kind != k {
				continue
			}
			if n++; n <= shown {
				contents = append(contents, a.content.String())
			}
		}
	}
	if n == 0 {
		return "no " + k.String()
	}
	text := k.String() + " " + strings.Join(contents, ", or ")
	if n > shown {
		text += ", and others"
	}
	return text
}

// content is what a request asks for, as sorted texts like "contract.symbol=AAPL". It does not contain
// ids, points in time and unset values, and does not depend on the form of the message.
type content []string

// notContent are the fields of requests that change from run to run: ids and points in time.
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

// essential are the fields of an order that every version of the protocol has.
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

// unsetWords are the texts that mean an unset number in one of the protocol's forms.
var unsetWords = map[string]bool{
	"": true, "NaN": true, "2147483647": true, "9223372036854775807": true,
	"-9223372036854775808": true, "1.7976931348623157E308": true,
	"170141183460469231731687303715884105727": true,
}

// add appends a value unless it is unset or zero. Equal numbers become equal texts.
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

// same reports whether two requests are equal.
func (c content) same(other content) bool { return slices.Equal(c, other) }

// sameOrder reports whether two orders are equal in their essential fields.
func (c content) sameOrder(other content) bool {
	return slices.Equal(c.essentials(), other.essentials())
}

func (c content) essentials() content {
	return slices.DeleteFunc(slices.Clone(c), func(part string) bool {
		path, _, _ := strings.Cut(part, "=")
		return !slices.Contains(essential, path)
	})
}

// String is for error texts: the beginning only.
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
