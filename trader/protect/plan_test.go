package protect

import (
	"flag"
	"slices"
	"testing"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

func n(v int) decimal.Decimal { return decimal.MustNew(int64(v), 0) }

func whole(v decimal.Decimal) int {
	i, _, _ := v.Int64(0)
	return int(i)
}

// A bourse is a broker and a trader that hear of each other late: requests and events are queues that
// the test empties by chance. The position is long.
type atBroker struct {
	id               string
	role             Role
	quantity, filled int
	dead             bool
	tooLate          bool // a target that came when there were no longer as many shares
}

type heard struct {
	order          string // "" is an entry's fill, or somebody else's
	shares         int    // executed; below 0: sold by somebody else
	quantity       int    // of the order, when it was told
	dead, accepted bool
}

type known struct {
	Order
	quantity, executed int
	asked              int // the quantity of a change in flight
}

type bourse struct {
	t        *rapid.T
	target   bool
	up       bool // the price is at the target, not at the stop
	position int  // true
	orders   []*atBroker
	requests []Action // with totals in Shares
	events   []heard

	believed int
	mine     []*known
	sent     int
	byHand   int // shares that somebody else took
}

func (m *bourse) order(id string) *atBroker {
	for _, o := range m.orders {
		if o.id == id {
			return o
		}
	}
	return nil
}

func (m *bourse) tell(h heard) { m.events = append(m.events, h) }

func (m *bourse) quantityTold(o *atBroker) {
	m.tell(heard{order: o.id, quantity: o.quantity, accepted: true})
}

// fill trades shares of one resting order whose price is met, and reduces the others as OCA type 2 does.
func (m *bourse) fill(o *atBroker, shares int) {
	before := o.quantity - o.filled
	o.filled += shares
	m.position -= shares
	m.tell(heard{order: o.id, shares: shares})
	after := before - shares
	for _, other := range m.orders {
		rest := other.quantity - other.filled
		switch {
		case other == o || other.dead:
		case after == 0:
			other.dead = true
			m.tell(heard{order: other.id, dead: true})
		default:
			if left := max(rest*after/before, 1); left != rest {
				other.quantity = other.filled + left
				m.quantityTold(other)
			}
		}
	}
	if after == 0 {
		o.dead = true
		m.tell(heard{order: o.id, dead: true})
	}
}

// arrive lets the broker act on one request.
func (m *bourse) arrive() {
	a := m.requests[0]
	m.requests = m.requests[1:]
	o := m.order(a.ID)
	switch {
	case a.Deed == Place:
		o = &atBroker{id: a.ID, role: a.Role, quantity: whole(a.Shares)}
		o.tooLate = m.soldMeanwhile(a)
		m.orders = append(m.orders, o)
		m.quantityTold(o)
	case o == nil || o.dead: // too late
	case a.Deed == Cancel:
		o.dead = true
		m.tell(heard{order: o.id, dead: true})
	case whole(a.Shares) <= o.filled: // refused: the size is not what the trader thinks
		m.quantityTold(o)
	default:
		o.quantity, o.tooLate = whole(a.Shares), false
		m.quantityTold(o)
	}
}

// hear lets the trader take one event.
func (m *bourse) hear() {
	h := m.events[0]
	m.events = m.events[1:]
	if h.order == "" {
		m.believed += h.shares
		return
	}
	for i, k := range m.mine {
		if k.ID != h.order {
			continue
		}
		k.executed += h.shares
		m.believed -= h.shares
		if h.accepted {
			k.quantity = h.quantity
			if k.Phase == Waiting {
				k.Phase = Live
			}
			if k.asked == h.quantity || h.quantity <= k.executed {
				k.asked = 0
			}
		}
		if h.dead {
			m.mine = append(m.mine[:i:i], m.mine[i+1:]...)
		}
		return
	}
}

func (m *bourse) situation() Situation {
	s := Situation{Position: n(max(m.believed, 0)), Stop: true, Target: m.target}
	for _, k := range m.mine {
		o := k.Order
		o.Rest = n(max(k.quantity-k.executed, 0))
		if k.asked > 0 {
			o.Asked = n(max(k.asked-k.executed, 0))
		}
		s.Orders = append(s.Orders, o)
	}
	return s
}

// plan sends what Plan says. Nothing that is sent may be for more than what the trader believes.
func (m *bourse) plan() int {
	actions := Plan(m.situation())
	for _, a := range actions {
		if a.Shares.Cmp(n(m.believed)) > 0 {
			m.t.Fatalf("sends %v for %s shares of %d", a.Deed, a.Shares, m.believed)
		}
		m.sent++
		if a.Deed == Place {
			a.ID = string(rune('A'+m.sent%26)) + decimal.MustNew(int64(m.sent), 0).String()
			m.mine = append(m.mine, &known{
				Order:    Order{ID: a.ID, Role: a.Role, Sells: true, Phase: Waiting},
				quantity: whole(a.Shares),
			})
			m.requests = append(m.requests, a)
			continue
		}
		for _, k := range m.mine {
			if k.ID != a.ID {
				continue
			}
			if a.Deed == Cancel {
				k.Phase = Leaving
			} else {
				k.asked = k.executed + whole(a.Shares)
				a.Shares = n(k.asked)
			}
		}
		m.requests = append(m.requests, a)
	}
	return len(actions)
}

// settle lets all that is under way arrive, and plans until nothing is left to do.
func (m *bourse) settle() {
	const most = 12 // rounds
	for round := 0; ; round++ {
		for len(m.requests)+len(m.events) > 0 {
			for len(m.requests) > 0 {
				m.arrive()
			}
			for len(m.events) > 0 {
				m.hear()
			}
		}
		for _, k := range m.mine { // a change that was refused, and is asked for
			k.asked = 0
		}
		if m.plan() == 0 {
			break
		}
		if round == most {
			m.t.Fatalf("not settled in %d rounds: %+v", most, m.situation())
		}
	}
	want := max(m.position, 0)
	rests := map[Role]int{}
	for _, o := range m.orders {
		if !o.dead {
			rests[o.role] += o.quantity - o.filled
		}
	}
	if rests[Stop] != want || m.target && rests[Target] != want {
		m.t.Fatalf("settled with %v for a position of %d", rests, want)
	}
}

func TestPlanNeverCrossesZeroAndSettles(t *testing.T) {
	// A crossing takes a row of coincidences: with a target, one run in two thousand finds a wrong plan.
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("10000"); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]bool{"stop": false, "stop and target": true} {
		t.Run(name, func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { runMarket(t, target) }) })
	}
}

func runMarket(t *rapid.T, target bool) {
	m := &bourse{t: t, target: target, up: rapid.Bool().Draw(t, "at the target")}
	m.position = rapid.IntRange(0, 9).Draw(t, "held")
	m.believed = m.position
	m.settle()
	steps := rapid.SliceOfN(rapid.SampledFrom([]string{
		"buy", "buy", "plan", "plan", "plan", "arrive", "arrive", "arrive", "hear", "hear", "hear", "fill", "fill",
		"turn", "turn", "cancelled", "settle", "by hand",
	}), 20, 60).Draw(t, "steps")
	for _, step := range steps {
		switch step {
		case "buy":
			shares := rapid.IntRange(1, 9).Draw(t, "bought")
			m.position += shares
			m.tell(heard{shares: shares})
		case "plan":
			m.plan()
		case "arrive":
			if len(m.requests) > 0 {
				m.arrive()
			}
		case "hear":
			if len(m.events) > 0 {
				m.hear()
			}
		case "fill":
			m.meet()
		case "turn":
			m.turn()
		case "cancelled":
			if len(m.orders) > 0 {
				o := m.orders[rapid.IntRange(0, len(m.orders)-1).Draw(t, "which")]
				if !o.dead {
					o.dead = true
					m.tell(heard{order: o.id, dead: true})
				}
			}
		case "by hand":
			if m.position > 0 {
				shares := rapid.IntRange(1, m.position).Draw(t, "taken")
				m.position -= shares
				m.byHand += shares
				m.tell(heard{shares: -shares})
			}
		case "settle":
			m.settle()
			m.byHand = 0 // what was taken is known, and made room for
		}
		for _, r := range []Role{Stop, Target} {
			if live := m.live(r); live > 1 {
				t.Fatalf("%s: %d orders live as %s", step, live, r)
			}
		}
		if m.position < -m.byHand {
			t.Fatalf("%s: the position is %d, and others took only %d that was not known", step, m.position, m.byHand)
		}
		if m.position < 0 {
			return // others sold what our orders were for: nobody can help that
		}
	}
	m.settle()
}

func (m *bourse) live(r Role) (live int) {
	for _, o := range m.orders {
		if o.role == r && !o.dead {
			live++
		}
	}
	return live
}

// turn lets the price run from the stop to the target or back, but not to a target for shares that the stop has sold:
// it is the one run of a price that costs more than there is.
func (m *bourse) turn() {
	if !m.up && (len(m.events) > 0 || m.tooLate()) {
		return
	}
	m.up = !m.up
}

// tooLate reports that a target is there, or on its way, that was asked for before the stop's fill was heard of.
func (m *bourse) tooLate() bool {
	return slices.ContainsFunc(m.requests, m.soldMeanwhile) ||
		slices.ContainsFunc(m.orders, func(o *atBroker) bool { return !o.dead && o.tooLate })
}

// soldMeanwhile reports a request for a target of more shares than our orders have left.
func (m *bourse) soldMeanwhile(a Action) bool {
	return a.Deed == Place && a.Role == Target && whole(a.Shares) > m.position+m.byHand
}

// meet fills part of an order whose price the market is at.
func (m *bourse) meet() {
	for _, o := range m.orders {
		if rest := o.quantity - o.filled; !o.dead && rest > 0 && (o.role == Target) == m.up {
			m.fill(o, rapid.IntRange(1, rest).Draw(m.t, "filled"))
			return
		}
	}
}

func TestPlanMirrorsShorts(t *testing.T) {
	s := Situation{Position: n(-7), Stop: true, Orders: []Order{
		{ID: "sells", Role: Stop, Sells: true, Rest: n(7)}, {ID: "buys", Role: Stop, Rest: n(9)},
	}}
	plan := Plan(s)
	if len(plan) != 2 || plan[0].Deed != Cancel || plan[0].ID != "sells" || plan[1].Deed != Resize ||
		plan[1].ID != "buys" || plan[1].Shares.Cmp(n(7)) != 0 {
		t.Errorf("plan %+v", plan)
	}
	if !s.Covered().Equal(n(7)) || !s.Reach().Equal(n(9)) {
		t.Errorf("covers %s, reaches %s", s.Covered(), s.Reach())
	}
}

// TestPlan has the rules one by one.
func TestPlan(t *testing.T) {
	stop := func(phase Phase, rest int) Order {
		return Order{ID: "s", Role: Stop, Sells: true, Phase: phase, Rest: n(rest)}
	}
	goal := func(phase Phase, rest int) Order {
		return Order{ID: "t", Role: Target, Sells: true, Phase: phase, Rest: n(rest)}
	}
	both := func(position int, orders ...Order) Situation {
		return Situation{Position: n(position), Stop: true, Target: true, Orders: orders}
	}
	changing := stop(Live, 5)
	changing.Asked = n(9)
	for name, c := range map[string]struct {
		s    Situation
		want []Action
	}{
		"nothing held":           {Situation{Stop: true}, nil},
		"none there":             {Situation{Position: n(5), Stop: true}, []Action{{Place, Stop, "", n(5)}}},
		"none there, and shut":   {Situation{Position: n(5), Stop: true, Shut: true}, nil},
		"not wanted":             {Situation{Position: n(5), Orders: []Order{stop(Live, 5)}}, []Action{{Cancel, Stop, "s", n(0)}}},
		"flat":                   {Situation{Stop: true, Orders: []Order{stop(Live, 5)}}, []Action{{Cancel, Stop, "s", n(0)}}},
		"too large":              {Situation{Position: n(3), Stop: true, Shut: true, Orders: []Order{stop(Live, 5)}}, []Action{{Resize, Stop, "s", n(3)}}},
		"too large and not seen": {Situation{Position: n(3), Stop: true, Orders: []Order{stop(Waiting, 5)}}, []Action{{Resize, Stop, "s", n(3)}}},
		"too small":              {Situation{Position: n(9), Stop: true, Orders: []Order{stop(Live, 5)}}, []Action{{Resize, Stop, "s", n(9)}}},
		"awaited":                {Situation{Position: n(9), Stop: true, Orders: []Order{stop(Waiting, 5)}}, nil},
		"missing":                {Situation{Position: n(9), Stop: true, Orders: []Order{stop(Missing, 9)}}, nil},
		"lost":                   {Situation{Position: n(9), Stop: true, Orders: []Order{stop(Lost, 9)}}, []Action{{Place, Stop, "", n(9)}}},
		"leaving":                {Situation{Position: n(9), Stop: true, Orders: []Order{stop(Leaving, 9)}}, nil},
		"being changed":          {Situation{Position: n(9), Stop: true, Orders: []Order{changing}}, nil},
		"changed too far":        {Situation{Position: n(7), Stop: true, Orders: []Order{changing}}, []Action{{Resize, Stop, "s", n(7)}}},
		"target after the stop":  {both(9, stop(Live, 9)), []Action{{Place, Target, "", n(9)}}},
		"target before the stop": {both(9, stop(Waiting, 9)), nil},
		"target while it grows":  {both(9, changing), nil},
		"target gives way":       {both(9, stop(Live, 5), goal(Live, 5)), []Action{{Cancel, Target, "t", n(0)}}},
		"target is giving way":   {both(9, stop(Live, 5), goal(Leaving, 5)), nil},
		"target too small":       {both(9, stop(Live, 9), goal(Live, 5)), []Action{{Cancel, Target, "t", n(0)}}},
		"both too large": {
			both(3, stop(Live, 9), goal(Live, 5)),
			[]Action{{Cancel, Target, "t", n(0)}}, // its fill would be undone by the change of the stop
		},
		"too large beside a target that leaves": {both(3, stop(Live, 9), goal(Leaving, 5)), nil},
		"too large alone":                       {both(3, stop(Live, 9)), []Action{{Resize, Stop, "s", n(3)}}},
		"twice": {Situation{Position: n(9), Stop: true, Orders: []Order{
			stop(Live, 5), {ID: "t", Role: Stop, Sells: true, Rest: n(9)},
		}}, []Action{{Cancel, Stop, "s", n(0)}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Plan(c.s)
			same := len(got) == len(c.want)
			for i := range c.want {
				same = same && got[i].Deed == c.want[i].Deed && got[i].ID == c.want[i].ID &&
					got[i].Role == c.want[i].Role && got[i].Shares.Cmp(c.want[i].Shares) == 0
			}
			if !same {
				t.Errorf("plan %+v, want %+v", got, c.want)
			}
		})
	}
}
