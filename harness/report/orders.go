package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ibsoak/harness"
	"ibsoak/internal/wire"
)

// orderView is what the books hold beside what the subject was told.
type orderView struct {
	Chart         chart
	Orders, Fills int
	Untold        int // fills of which the subject was never told
	Sent          int // orders that the subject sent
	Left          int
	Taken         bool
}

// toldOf is what the wire said about one order.
type toldOf struct {
	order  harness.Order
	fills  []harness.Fill
	sent   []harness.Message // by the subject: placed, changed, cancelled
	heard  []harness.Message
	untold int
}

// orders draws one lane for each order of the books: above what is true, below what the subject sent
// and was told. Those with an untold fill come first.
func orders(r *harness.Record) orderView {
	out := orderView{Taken: r.Books.Taken, Orders: len(r.Books.Orders), Fills: len(r.Books.Fills)}
	all := gathered(r)
	for _, o := range all {
		out.Untold += o.untold
	}
	for _, m := range r.Messages {
		if m.FromClient && m.Kind == wire.PlaceOrder.String() && !m.WhatIf {
			out.Sent++
		}
	}
	slices.SortStableFunc(all, func(a, b toldOf) int {
		return cmp.Or(cmp.Compare(b.untold, a.untold), cmp.Compare(a.order.PlacedAt, b.order.PlacedAt))
	})
	out.Left = max(len(all)-ordersShown, 0)
	d := &drawing{r: r, end: lastMoment(r)}
	c := &out.Chart
	c.Label = "Orders and fills of the books, and what the subject was told"
	c.begin("grid", "working", "rejected", "sent", "told")
	for _, o := range all[:min(len(all), ordersShown)] {
		d.order(c, o)
	}
	if len(all) > 0 {
		c.axisX(timeTicks(time.Duration(d.end), 9))
	}
	return out
}

// aboutOrders are the messages that say something of an order. The id in others, such as nextValidId, is
// of an order that is still to come.
var aboutOrders = []string{
	wire.PlaceOrder.String(), wire.CancelOrder.String(), wire.OpenOrder.String(), wire.OrderStatus.String(),
	wire.ExecutionDetails.String(), wire.CompletedOrder.String(),
}

// gathered finds the messages of each order, by the permanent id where they have one.
func gathered(r *harness.Record) []toldOf {
	out := make([]toldOf, len(r.Books.Orders))
	byPerm, byID := map[int64]*toldOf{}, map[int64]*toldOf{}
	for i, o := range r.Books.Orders {
		out[i].order = o
		byPerm[o.PermID] = &out[i]
		if o.OrderID != 0 {
			byID[o.OrderID] = &out[i]
		}
	}
	heard := map[string]bool{}
	for _, m := range r.Messages {
		if !slices.Contains(aboutOrders, m.Kind) {
			continue
		}
		t := byPerm[m.PermID]
		if m.PermID == 0 && m.OrderID != 0 {
			t = byID[int64(m.OrderID)]
		}
		if m.Kind == wire.ExecutionDetails.String() && !m.FromClient {
			heard[m.ExecID] = true
		}
		switch {
		case t == nil || t.order.OrderRef != "" && m.OrderRef != "" && m.OrderRef != t.order.OrderRef:
		case m.FromClient:
			t.sent = append(t.sent, m)
		default:
			t.heard = append(t.heard, m)
		}
	}
	for _, f := range r.Books.Fills {
		if t := byPerm[f.PermID]; t != nil {
			t.fills = append(t.fills, f)
			if !heard[f.ExecID] {
				t.untold++
			}
		}
	}
	return out
}

// order draws one order.
func (d *drawing) order(c *chart, t toldOf) {
	o := t.order
	y := c.row(row{
		Label:  fmt.Sprintf("%s %s %s", o.Action, o.Quantity, clipTo(o.Symbol, 20)),
		Note:   fmt.Sprintf("%s · %s", o.Status, clipTo(o.OrderRef, 40)),
		Height: laneHeight + 4, Title: orderStory(t),
	})
	until := o.DoneAt
	if until == 0 {
		until = d.end
	}
	class := "working"
	if o.Rejected {
		class = "rejected"
	}
	c.box(class, d.at(o.PlacedAt), d.at(until), y+4, y+10)
	told := map[string]bool{}
	for _, m := range t.heard {
		c.tick("told", d.at(m.At), y+15, y+22)
		told[m.ExecID] = told[m.ExecID] || m.Kind == wire.ExecutionDetails.String()
	}
	for _, m := range t.sent {
		c.tick("sent", d.at(m.At), y+13, y+24)
	}
	for _, f := range t.fills {
		dot := mark{
			Kind: "dot", Class: "fill", X: d.at(f.At), Y: y + 7, Radius: 4,
			Title: fmt.Sprintf("%s %s at %s, %s; the subject was told", f.Side, f.Shares, f.Price, moment(f.At)),
		}
		if told[f.ExecID] && len(c.Marks) > dotsMarked {
			continue
		}
		if !told[f.ExecID] {
			dot.Class = "fill untold"
			dot.Title = fmt.Sprintf("%s %s at %s, %s; the subject was never told",
				f.Side, f.Shares, f.Price, moment(f.At))
		}
		c.Marks = append(c.Marks, dot)
	}
	c.Marks = append(c.Marks, mark{Kind: "hit", X: 0, X2: 100, Y: y + 12, Y2: y + laneHeight + 3, Title: orderStory(t)})
}

func orderStory(t toldOf) string {
	o := t.order
	text := fmt.Sprintf("Order %d (permanent id %d), client %d, %s %s %s %s, %s\nplaced at %s", o.OrderID, o.PermID,
		o.ClientID, o.Action, o.Quantity, o.Symbol, o.Type, o.Status, moment(o.PlacedAt))
	if o.DoneAt != 0 {
		text += "\ndone at " + moment(o.DoneAt)
	}
	text += fmt.Sprintf("\n%s of %s filled by %s", o.Filled, o.Quantity, count(len(t.fills), "fill", "fills"))
	if t.untold > 0 {
		text += fmt.Sprintf(", %d never told", t.untold)
	}
	return text + fmt.Sprintf("\n%s of the subject, %s to it",
		count(len(t.sent), "message", "messages"), count(len(t.heard), "message", "messages"))
}
