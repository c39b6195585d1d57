package harness

import (
	"slices"
	"time"
)

// Questions that more than one check asks of a record.

// subjects are the connections that the subject made.
func (r *Record) subjects() []Connection {
	var made []Connection
	for _, c := range r.Connections {
		if !c.Planted {
			made = append(made, c)
		}
	}
	return made
}

// of are the subject's connections of one life.
func (r *Record) of(life int) []Connection {
	if r.index != nil {
		return r.index.made[life]
	}
	if r.Header.Keeper != nil {
		return r.through(life)
	}
	var made []Connection
	for _, c := range r.subjects() {
		if c.Life == life {
			made = append(made, c)
		}
	}
	return made
}

// index is what the judge asks of a record again and again, of every life: found once, an hour of short
// lives is judged in seconds.
type index struct {
	made   map[int][]Connection // by life
	at     map[int]int          // the place of a connection among all, by its id
	read   []Cycle              // nil until it is known
	cycles map[int]int          // that were read, by life
}

// indexed is the record with its index. It must not be changed from then on.
func (r *Record) indexed() *Record {
	x := &index{made: map[int][]Connection{}, at: map[int]int{}, cycles: map[int]int{}}
	for i, c := range r.Connections {
		x.at[c.ID] = i
		if !c.Planted && r.Header.Keeper == nil {
			x.made[c.Life] = append(x.made[c.Life], c)
		}
	}
	if r.Header.Keeper != nil {
		for _, l := range r.Lives {
			x.made[l.Number] = r.through(l.Number)
		}
	}
	c := *r
	c.index = x
	x.read = slices.Concat([]Cycle{}, c.readCycles())
	for _, cycle := range x.read {
		x.cycles[cycle.Life]++
	}
	return &c
}

// connectionAt is the place of a connection among all; -1: there is none of that id.
func (r *Record) connectionAt(id int) int {
	if r.index != nil {
		if i, known := r.index.at[id]; known {
			return i
		}
		return -1
	}
	return slices.IndexFunc(r.Connections, func(c Connection) bool { return c.ID == id })
}

// completed reports a handshake that the client believes in: it went on to ask for something.
func (c Connection) completed() bool { return c.BootstrapSent != 0 && c.FirstRequested != 0 }

// earliest is the first of the moments that happened, 0 when none did.
func earliest(moments ...Moment) Moment {
	var first Moment
	for _, m := range moments {
		if m != 0 && (first == 0 || m < first) {
			first = m
		}
	}
	return first
}

// ended is when either end began to end the connection; 0: neither did.
func (c Connection) ended() Moment {
	return earliest(c.ClientFIN, c.ClientRST, c.GatewayFIN, c.GatewayRST, c.Closed)
}

// dwell is a stay in CLOSE_WAIT by the Gateway's timing.
type dwell struct {
	From, To Moment
	Pending  bool // still there at the end of the run, which is To
}

func (d dwell) length() time.Duration { return d.To.Since(d.From) }

// closeWait is the stay of one end of the connection in CLOSE_WAIT by the Gateway's timing:
// from the peer's FIN to its own FIN, or to a reset from either side. ok is false when the end
// was never there, and for the trader's end also when the Gateway had given up its descriptor
// before it could see the end of the stay; then only the kernel knows.
func (c Connection) closeWait(side Side, end Moment) (d dwell, ok bool) {
	from := c.ClientFIN
	out := earliest(c.GatewayFIN, c.GatewayRST, c.Closed)
	if side == TraderSide {
		from = c.GatewayFIN
		out = earliest(c.ClientFIN, c.ClientRST)
	}
	if from == 0 || (out != 0 && out < from) {
		return dwell{}, false
	}
	to := earliest(out, after(c.ClientRST, from), after(c.GatewayRST, from))
	if to == 0 && side == TraderSide && c.Closed != 0 {
		return dwell{}, false
	}
	if to == 0 {
		return dwell{From: from, To: end, Pending: true}, true
	}
	return dwell{From: from, To: to}, true
}

// after is m when it happened at or after the other moment, else 0.
func after(m, other Moment) Moment {
	if m < other {
		return 0
	}
	return m
}

// dwell bounds the sighting's stay in CLOSE_WAIT.
func (s Sighting) dwell(end Moment) (atLeast, atMost time.Duration) {
	after := s.After
	if after == 0 {
		after = end
	}
	return s.Last.Since(s.First), after.Since(s.Before)
}

// faultOn is the last receipt on one of the life's connections, or of the listener during it.
func (r *Record) faultOn(l Life) (Receipt, bool) {
	var last Receipt
	for _, receipt := range r.Receipts {
		if receipt.At < l.Started || receipt.At < last.At {
			continue
		}
		// A receipt is written behind the fault: on a busy machine the life may be over by then.
		mine := receipt.Connection == 0 && receipt.At <= l.Exited || slices.ContainsFunc(r.of(l.Number),
			func(c Connection) bool { return c.ID == receipt.Connection })
		if mine {
			last = receipt
		}
	}
	return last, last.At != 0
}
