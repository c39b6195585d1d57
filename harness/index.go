package harness

import (
	"cmp"
	"net/netip"
	"slices"
	"sort"
	"time"
)

// index is what the judge asks of a record again and again, of every life and every connection: found once,
// an hour of short lives is judged in seconds. Its numbers are places in the record's lists.
type index struct {
	made    map[int][]Connection     // the subject's, by life
	at      map[int]int              // connections, by id
	from    map[netip.AddrPort][]int // connections, by the client's address
	planted []int                    // connections
	lives   map[int]int              // by number
	apart   bool                     // each life ends before the next one starts
	said    map[int][]int            // messages, by life
	did     map[int][]int            // cycles, by life
	left    map[netip.AddrPort][]int // unread answers, by the client's address
	met     map[int][]int            // receipts, by connection
	faults  map[string][]int         // receipts, by fault
	loads   []MachineLoad            // in the order of time
	delay   time.Duration            // the longest of loads

	read   []Cycle     // nil until it is known
	cycles map[int]int // that were read, by life
}

// indexed is the record with its index. It must not be changed from then on.
func (r *Record) indexed() *Record {
	c := *r
	c.index = newIndex(r)
	x := c.index
	x.read, x.cycles = slices.Concat([]Cycle{}, c.readCycles()), map[int]int{}
	for _, cycle := range x.read {
		x.cycles[cycle.Life]++
	}
	return &c
}

// indexes is the record's index; one that has none is small, or is asked once.
func (r *Record) indexes() *index {
	if r.index != nil {
		return r.index
	}
	return newIndex(r)
}

func newIndex(r *Record) *index {
	x := &index{
		at: map[int]int{}, lives: map[int]int{}, apart: true,
		from:   placesBy(r.Connections, func(c Connection) netip.AddrPort { return c.Remote }),
		said:   placesBy(r.Messages, func(m Message) int { return m.Life }),
		did:    placesBy(r.Cycles, func(c Cycle) int { return c.Life }),
		left:   placesBy(r.Unread, func(u Unread) netip.AddrPort { return u.Client }),
		met:    placesBy(r.Receipts, func(r Receipt) int { return r.Connection }),
		faults: placesBy(r.Receipts, func(r Receipt) string { return r.Fault }),
		loads:  inOrder(r.Loads, func(l MachineLoad) Moment { return l.At }),
	}
	for i, c := range r.Connections {
		x.at[c.ID] = i
		if c.Planted {
			x.planted = append(x.planted, i)
		}
	}
	for i, l := range r.Lives {
		x.lives[l.Number] = i
		if l.Exited != 0 && l.Exited < l.Started ||
			i > 0 && (r.Lives[i-1].Exited == 0 || r.Lives[i-1].Exited > l.Started) {
			x.apart = false
		}
	}
	for _, l := range r.Loads {
		x.delay = max(x.delay, time.Duration(l.Delay))
	}
	x.make(r)
	return x
}

// make finds the connections of each life. Through a keeper those are the keeper's on which a client asked
// for something during it.
func (x *index) make(r *Record) {
	x.made = map[int][]Connection{}
	if r.Header.Keeper == nil {
		for _, c := range r.subjects() {
			x.made[c.Life] = append(x.made[c.Life], c)
		}
		return
	}
	for life, said := range x.said {
		spoke := map[int]bool{}
		for _, i := range said {
			if m := r.Messages[i]; m.FromClient && m.Kind != startAPI {
				spoke[m.Connection] = true
			}
		}
		var places []int
		for id := range spoke {
			if i, known := x.at[id]; known && !r.Connections[i].Planted {
				places = append(places, i)
			}
		}
		slices.Sort(places)
		for _, i := range places {
			x.made[life] = append(x.made[life], r.Connections[i])
		}
	}
}

// placesBy are the places of the values by what they have in common.
func placesBy[T any, K comparable](values []T, key func(T) K) map[K][]int {
	by := map[K][]int{}
	for i, v := range values {
		by[key(v)] = append(by[key(v)], i)
	}
	return by
}

// inOrder are the values in the order of time, those of one moment as they were.
func inOrder[T any](values []T, at func(T) Moment) []T {
	by := func(a, b T) int { return cmp.Compare(at(a), at(b)) }
	if slices.IsSortedFunc(values, by) {
		return values
	}
	values = slices.Clone(values)
	slices.SortStableFunc(values, by)
	return values
}

// since are the values from a moment on, of some that are in the order of time.
func since[T any](values []T, from Moment, at func(T) Moment) []T {
	return values[sort.Search(len(values), func(i int) bool { return at(values[i]) >= from }):]
}

// of are the subject's connections of one life.
func (r *Record) of(life int) []Connection { return r.indexes().made[life] }

// connectionAt is the place of a connection among all; -1: there is none of that id.
func (r *Record) connectionAt(id int) int {
	if i, known := r.indexes().at[id]; known {
		return i
	}
	return -1
}

// connectionNumber is the connection of that id; the zero one when the record has none.
func (r *Record) connectionNumber(id int) Connection {
	if i := r.connectionAt(id); i >= 0 {
		return r.Connections[i]
	}
	return Connection{}
}

// connectionOf is the latest connection from that address that was accepted by then: a kernel
// may give the same port out twice in a long run.
func (r *Record) connectionOf(client netip.AddrPort, at Moment) Connection {
	var match Connection
	for _, i := range r.indexes().from[client] {
		if c := r.Connections[i]; match.ID == 0 || c.Accepted <= at {
			match = c
		}
	}
	return match
}

// lifeNumber is the life of that number; the zero one when the record has none.
func (r *Record) lifeNumber(number int) Life {
	if i, known := r.indexes().lives[number]; known {
		return r.Lives[i]
	}
	return Life{}
}

// lifeDuring is the first life that ran at a moment; 0 for none.
func (r *Record) lifeDuring(at Moment) int {
	lives := r.Lives
	if r.indexes().apart {
		i := sort.Search(len(lives), func(i int) bool { return lives[i].Exited == 0 || at <= lives[i].Exited })
		lives = lives[i:min(i+1, len(lives))]
	}
	for _, l := range lives {
		if l.Started <= at && (l.Exited == 0 || at <= l.Exited) {
			return l.Number
		}
	}
	return 0
}

// receiptsOn are the receipts of faults on one connection.
func (r *Record) receiptsOn(connection int) []Receipt {
	places := r.indexes().met[connection]
	out := make([]Receipt, 0, len(places))
	for _, i := range places {
		out = append(out, r.Receipts[i])
	}
	return out
}
