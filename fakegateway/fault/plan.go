package fault

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"ibsoak/fakegateway/lock"
)

// Plan is the faults in force at one Gateway: those that its owner set or injected, then those of
// its profile. It counts how often each acted. All methods are safe for concurrent use.
type Plan struct {
	elapsed func() time.Duration

	mu     lock.Mutex[lock.Last]
	own    []*armed // set or injected: tried first
	base   []*armed // the profile's: SetSchedule leaves them alone
	number int      // of the last fault that was given a name

	withheld []Withheld // in the order in which they were
	released []Withheld // by a removal, for Due to return
	lifted   []*armed   // for Due to return what they keep on connections
	hits     int
}

// armed is a fault with its history.
type armed struct {
	Fault
	acted  int  // in all
	struck bool // a fault with an At has had its time
	isOver bool // it was lifted
	end    *end
}

// end is how a fault's hits learn that it is over.
type end struct {
	lifted  chan struct{} // closed when the fault is over: what it holds goes on
	removed atomic.Bool   // it was taken out of force
}

// lift ends what a fault is holding. The caller holds mu.
func (p *Plan) lift(a *armed) {
	if !a.isOver {
		a.isOver = true
		close(a.end.lifted)
		p.lifted = append(p.lifted, a)
	}
}

// remove lifts a fault that is taken out of force. What it keeps back is released; copies that were still
// to come are forgotten. The caller holds mu.
func (p *Plan) remove(a *armed) {
	p.lift(a)
	a.end.removed.Store(true)
	p.withheld = slices.DeleteFunc(p.withheld, func(w Withheld) bool {
		if w.end == a.end && w.What.Do != Duplicate {
			p.released = append(p.released, w)
		}
		return w.end == a.end
	})
}

// expires is when the fault is over, as time since the start; ok is false when that is not to come.
func (a *armed) expires() (at time.Duration, ok bool) {
	return time.Duration(a.Until.Elapsed), a.Until.Elapsed > 0 && !a.isOver
}

// Hit is a fault that acts now.
type Hit struct {
	Fault
	Number     int    // of the plan's hits, from 1; 0 for what no plan has
	Connection int    // ledger number; 0 for the listener
	Point      string // "outbound openOrder #1 byte 7"

	planned Action // the schedule's, where this hit follows from it; "" where it is the same
	end     *end   // nil for what no plan has
}

// Lifted is closed when the fault is taken out of force or its time is over: a hit that holds
// something then lets go. It is nil for what no plan has.
func (h Hit) Lifted() <-chan struct{} {
	if h.end == nil {
		return nil
	}
	return h.end.lifted
}

// Removed reports that the fault was taken out of force.
func (h Hit) Removed() bool { return h.end != nil && h.end.removed.Load() }

// NewPlan arms a profile's schedule and the owner's. Both must be valid. elapsed is the time since
// the Gateway started, on the scenario's clock.
func NewPlan(own, base Schedule, elapsed func() time.Duration) *Plan {
	p := &Plan{elapsed: elapsed}
	p.base = p.arm(base, "profile")
	p.own = p.arm(own, "f")
	return p
}

// arm names the faults that have no ID by their position.
func (p *Plan) arm(s Schedule, prefix string) []*armed {
	faults := make([]*armed, 0, len(s.Faults))
	for i, f := range s.Faults {
		if f.ID == "" {
			f.ID = fmt.Sprintf("%s%d", prefix, i+1)
		}
		faults = append(faults, arm(f))
	}
	return faults
}

func arm(f Fault) *armed { return &armed{Fault: f, end: &end{lifted: make(chan struct{})}} }

// Set replaces the owner's schedule, as if its faults were removed one by one. What connections counted so
// far stays counted.
func (p *Plan) Set(own Schedule) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.own {
		p.remove(a)
	}
	p.own = p.arm(own, "f")
}

// Add injects one more fault behind the owner's others and returns its ID.
func (p *Plan) Add(f Fault) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for f.ID == "" {
		p.number++
		if id := fmt.Sprintf("injected%d", p.number); !p.taken(id) {
			f.ID = id
		}
	}
	if p.taken(f.ID) {
		return "", fmt.Errorf("inject fault %q: another fault in force has this id", f.ID)
	}
	p.own = append(p.own, arm(f))
	return f.ID, nil
}

func (p *Plan) taken(id string) bool {
	same := func(a *armed) bool { return a.ID == id }
	return slices.ContainsFunc(p.own, same) || slices.ContainsFunc(p.base, same)
}

// Remove takes a fault out of force and lifts it. What it keeps back is released at the next Due.
func (p *Plan) Remove(id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	same := func(a *armed) bool {
		if a.ID == id {
			p.remove(a)
		}
		return a.ID == id
	}
	before := len(p.own) + len(p.base)
	p.own = slices.DeleteFunc(p.own, same)
	p.base = slices.DeleteFunc(p.base, same)
	if len(p.own)+len(p.base) == before {
		return fmt.Errorf("clear fault %q: no such fault in force", id)
	}
	return nil
}

// Faults lists what is in force, in the order in which it is tried.
func (p *Plan) Faults() []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	var faults []Fault
	for a := range p.all() {
		faults = append(faults, a.Fault)
	}
	return faults
}

func (p *Plan) all() func(yield func(*armed) bool) {
	return func(yield func(*armed) bool) {
		for _, list := range [][]*armed{p.own, p.base} {
			for _, a := range list {
				if !yield(a) {
					return
				}
			}
		}
	}
}

// NextAt is the next moment at which a fault with an At falls, a fault is over, or something withheld
// is due, as time since the start.
func (p *Plan) NextAt() (at time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	earlier := func(d time.Duration) {
		if !ok || d < at {
			at, ok = d, true
		}
	}
	for a := range p.all() {
		if a.When.At != nil && !a.struck {
			earlier(time.Duration(*a.When.At))
		}
		if d, expires := a.expires(); expires {
			earlier(d)
		}
	}
	if len(p.lifted)+len(p.released) > 0 {
		earlier(0)
	}
	for _, w := range p.withheld {
		if w.What.Release != nil && w.What.Release.At != nil {
			earlier(time.Duration(*w.What.Release.At))
		}
	}
	return at, ok
}

// Due returns what falls now by the clock, each fault once in the Gateway's life: for an action on
// connections one hit for each live one that it selects, or a single hit with Connection 0 when
// there is none. What was withheld until now is released, and what faults kept that were lifted.
func (p *Plan) Due(live []*Track) (hits []Hit, released []Withheld) {
	now := p.elapsed()
	p.mu.Lock()
	defer p.mu.Unlock()
	for a := range p.all() {
		if at, expires := a.expires(); expires && at <= now {
			p.lift(a)
		}
		if a.When.At == nil || a.struck || time.Duration(*a.When.At) > now {
			continue
		}
		a.struck = true
		point := fmt.Sprintf("at %s", a.When.At)
		if a.What.Do.OnListener() {
			hits = append(hits, p.take(a, 0, point)...)
			continue
		}
		before := len(hits)
		for _, t := range live {
			if t.selected(a.Where) {
				hits = append(hits, p.take(a, t.connection, point)...)
			}
		}
		if len(hits) == before {
			hits = append(hits, p.take(a, 0, point)...)
		}
	}
	return hits, append(p.letGo(live), p.dueByClock(now)...)
}

// take makes a hit of a, unless it is over.
func (p *Plan) take(a *armed, connection int, point string) []Hit {
	if a.Until.Count > 0 && a.acted >= a.Until.Count {
		return nil
	}
	if a.Until.Elapsed > 0 && (a.isOver || p.elapsed() > time.Duration(a.Until.Elapsed)) {
		return nil
	}
	a.acted++
	p.hits++
	return []Hit{{
		Fault: a.Fault, Number: p.hits, Connection: connection, Point: point, end: a.end,
	}}
}

// first returns the first fault that selects t, passes the test and is not over; nil for none.
func (p *Plan) first(t *Track, point string, falls func(*armed) bool) (*armed, *Hit) {
	for a := range p.all() {
		if !t.selected(a.Where) || !falls(a) {
			continue
		}
		if hits := p.take(a, t.connection, point); len(hits) > 0 {
			return a, &hits[0]
		}
	}
	return nil, nil
}
