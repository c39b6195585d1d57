package protect

import (
	"slices"

	"github.com/govalues/decimal"
)

// Role is what an order is for.
type Role string

// The roles of protective orders.
const (
	Stop   Role = "stop"
	Target Role = "target"
)

// Phase is what is known of an order that has not ended for certain.
type Phase uint8

// The phases.
const (
	Live    Phase = iota // the broker works it
	Waiting              // the broker's word is awaited: a new order's, or how one ended
	Leaving              // it was asked to be cancelled
	Missing              // complete answers do not name it; it may come to light
	Lost                 // it has been missing for so long that another may take its place
)

// Order is one protective order of a contract.
type Order struct {
	ID    string
	Role  Role
	Sells bool
	Phase Phase
	// Rest is what it may still trade, as the broker said last.
	Rest decimal.Decimal
	// Asked is what a change in flight makes of Rest; zero: none is in flight.
	Asked decimal.Decimal
}

// reach is the most that the order may still trade.
func (o Order) reach() decimal.Decimal { return o.Rest.Max(o.Asked) }

// Situation is all that counts for the protection of one contract.
type Situation struct {
	// Position is what is to be protected: the own shares that no other order may take. Below 0 is short.
	Position decimal.Decimal
	// Stop and Target say which orders are wanted.
	Stop, Target bool
	Orders       []Order
	// Shut allows only what makes orders smaller.
	Shut bool
}

// Deed is what an Action does.
type Deed uint8

// The deeds.
const (
	Place  Deed = iota // a new order of Role
	Resize             // the order ID, in place: Rest is to be Shares
	Cancel             // the order ID
)

// Action is one message to send.
type Action struct {
	Deed   Deed
	Role   Role
	ID     string
	Shares decimal.Decimal
}

// Plan says what must be sent now so that each wanted order comes to be as large as the position. All
// orders of a contract are one group of which one cancels or reduces the others, so the largest of them
// counts, not their sum. It never lets an order be larger than the position, and it is careful about what
// has happened and is not known yet:
//
//   - A new order goes beside none that may still be there under the same role, but for a lost one.
//   - A size is changed only while the order is alone. A fill of another makes it smaller at the broker,
//     and a change that was sent before that is known would undo it, be it meant to make the order smaller.
//     So the target gives way first.
//   - The target is placed when the stop is right.
//
// To make an order smaller that is alone waits for nothing. Shares that leave without an order of ours leave
// these for the time that it takes: no plan can help that.
func Plan(s Situation) []Action {
	var plan []Action
	want, sells := s.Position.Abs(), s.Position.IsPos()
	wanted := func(r Role) bool { return want.IsPos() && (r == Stop && s.Stop || r == Target && s.Stop && s.Target) }
	keep := slices.DeleteFunc(slices.Clone(s.Orders), func(o Order) bool {
		out := !wanted(o.Role) || o.Sells != sells
		if out && (o.Phase == Live || o.Phase == Waiting) {
			plan = append(plan, Action{Deed: Cancel, Role: o.Role, ID: o.ID})
		}
		return out
	})
	plan = append(plan, shrink(keep, want)...)
	plan = append(plan, twice(keep)...)
	if s.Shut || !wanted(Stop) || len(plan) > 0 {
		return plan
	}
	stop, others := byRole(keep, Stop), byRole(keep, Target)
	if next, settled := s.grow(Stop, stop, others, want); !settled {
		return next
	}
	if !wanted(Target) {
		return nil
	}
	if len(others) == 0 {
		return []Action{{Place, Target, "", want}}
	}
	// It is as large as the position, or gives way so that it can be placed anew.
	if t := others[0]; t.Phase == Live && t.Asked.IsZero() && t.Rest.Cmp(want) != 0 {
		return []Action{{Deed: Cancel, Role: Target, ID: t.ID}}
	}
	return nil
}

// shrink makes smaller what is larger than the position: at once where nothing else may be filled meanwhile,
// and else when the target has given way.
func shrink(orders []Order, want decimal.Decimal) (plan []Action) {
	targets := byRole(orders, Target)
	alone := len(targets) == 0 || len(targets) == len(orders)
	for _, o := range orders {
		if o.Phase != Live && o.Phase != Waiting || o.reach().Cmp(want) <= 0 || o.Asked.Cmp(want) == 0 {
			continue
		}
		if !alone {
			return giveWay(targets)
		}
		plan = append(plan, Action{Resize, o.Role, o.ID, want})
	}
	return plan
}

// twice cancels all but one of the orders that live under a role.
func twice(orders []Order) (plan []Action) {
	for _, r := range []Role{Stop, Target} {
		live := slices.DeleteFunc(byRole(orders, r), func(o Order) bool { return o.Phase != Live })
		slices.SortStableFunc(live, func(a, b Order) int { return b.Rest.Cmp(a.Rest) })
		for i := 1; i < len(live); i++ {
			plan = append(plan, Action{Deed: Cancel, Role: r, ID: live[i].ID})
		}
	}
	return plan
}

// grow is what makes the stop as large as the position. settled says that it is.
func (s Situation) grow(role Role, mine, others []Order, want decimal.Decimal) (next []Action, settled bool) {
	awaited := slices.ContainsFunc(mine, func(o Order) bool { return o.Phase != Live && o.Phase != Lost })
	live := slices.IndexFunc(mine, func(o Order) bool { return o.Phase == Live })
	switch {
	case awaited:
		return nil, false
	case live >= 0 && mine[live].Asked.IsPos():
		return nil, false
	case live >= 0 && mine[live].Rest.Cmp(want) == 0:
		return nil, true
	case slices.ContainsFunc(others, func(o Order) bool { return o.Phase != Lost }):
		return giveWay(others), false
	case live < 0:
		return []Action{{Place, role, "", want}}, false
	}
	return []Action{{Resize, role, mine[live].ID, want}}, false
}

// giveWay cancels the orders that live.
func giveWay(orders []Order) (plan []Action) {
	for _, o := range orders {
		if o.Phase == Live || o.Phase == Waiting {
			plan = append(plan, Action{Deed: Cancel, Role: o.Role, ID: o.ID})
		}
	}
	return plan
}

func byRole(orders []Order, r Role) []Order {
	return slices.DeleteFunc(slices.Clone(orders), func(o Order) bool { return o.Role != r })
}

// Covered is how much of the position a live stop covers for certain.
func (s Situation) Covered() decimal.Decimal {
	most := decimal.Zero
	for _, o := range s.Orders {
		if o.Role != Stop || o.Phase != Live || o.Sells != s.Position.IsPos() {
			continue
		}
		rest := o.Rest
		if o.Asked.IsPos() {
			rest = rest.Min(o.Asked)
		}
		most = most.Max(rest)
	}
	return most.Min(s.Position.Abs())
}

// Reach is the most that the orders together may still trade, whatever has become of them: as one group
// they count once.
func (s Situation) Reach() decimal.Decimal {
	most := decimal.Zero
	for _, o := range s.Orders {
		most = most.Max(o.reach())
	}
	return most
}
