package harness

import (
	"math"
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
	take := func(receipts []Receipt, by Moment) {
		for _, receipt := range receipts {
			if receipt.At >= l.Started && receipt.At <= by && receipt.At >= last.At {
				last = receipt
			}
		}
	}
	take(r.receiptsOn(0), l.Exited)
	by := l.Exited
	if r.Header.Keeper == nil {
		// A receipt is written behind the fault: on a busy machine the connection's life may be over by then.
		by = math.MaxInt64
	}
	for _, c := range r.of(l.Number) {
		take(r.receiptsOn(c.ID), by)
	}
	return last, last.At != 0
}
