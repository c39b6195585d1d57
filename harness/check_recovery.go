package harness

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ibsoak/fakegateway/fault"
)

// recoveryDetectors are the checks of the return to work.
var recoveryDetectors = []Detector{
	{
		Name: "recovery", Group: GroupWork, judge: recovered,
		Doc: "The subject came back from a lost connection other than Want times (default 1), or " +
			"took longer than Within from the Gateway's readiness to its first cycle, which is the " +
			"first answered piece of work, as the check cycles says, or the first update of a " +
			"subscription that was made again; a session that is lost before any of them counts with its " +
			"first order. Sessions that are lost together count once, and each must come back.",
		Least: "one lost connection after a cycle or an order",
		Do: "Notice the end of the connection, or a request without an answer, and connect again " +
			"after a pause that grows while it fails and starts small after a good session.",
		Page: "your-trader.md#recovery",
	},
}

// recovered compares the number of recoveries with the number wanted, and the slowest with the
// time allowed. An outage that costs two sessions, or one session lost without cause, shows as a
// recovery too many.
func recovered(r *Record, c Check) Finding {
	f := open(c, "recoveries", 1)
	want := cmp.Or(c.Want, 1)
	losses := r.losses()
	lost := len(losses)
	f.Evidence = lost
	f.Unit = "lost connections"
	recoveries := r.recoveries(losses)
	var slowest time.Duration
	for i, back := range recoveries {
		took := time.Duration(back.Took)
		slowest = max(slowest, took)
		if i >= want {
			f.violated(Example{
				Life: back.Life, At: back.Lost,
				What: fmt.Sprintf("recovery %d, %d wanted: a connection was lost once too often", i+1, want),
			})
		}
		if c.Within > 0 {
			f.late(r.lateness(took, c.Within, back.Served, back.Cycle), Example{
				Life: back.Life, At: back.Served,
				What: fmt.Sprintf("%s from the Gateway's readiness to the first cycle, %s allowed",
					round(took), c.Within),
			})
		}
	}
	if len(recoveries) < want && lost > len(recoveries) {
		f.violated(Example{
			At: r.Footer.Ended, Missing: true,
			What: fmt.Sprintf("%d recovered of %s; the run ended: %s",
				len(recoveries), count(lost, "lost connections"), r.Footer.Stop),
		})
	}
	if len(recoveries) < want && lost == len(recoveries) && f.Outcome != Fail {
		f.Least = max(f.Least, want)
	}
	for _, l := range losses {
		if len(l.back) > 0 && !l.complete() && f.Outcome != Fail {
			return f.undecided("%d of %s that were lost at %s came back, and nobody knows whether the rest is needed",
				len(l.back), count(l.sessions, "sessions"), round(time.Duration(l.at)))
		}
	}
	return f.conclude("%s, %d wanted; slowest %s", count(len(recoveries), "recoveries"), want, round(slowest))
}

// worked is a connection of the subject on which it did something.
type worked struct {
	Connection
	at Moment // its first cycle was answered; without one, its first order was read
}

// working are the subject's connections with a cycle, or with an order that was sent: the session of
// one may be lost before anything is answered. They are in order.
func (r *Record) working() []worked {
	cycles, orders := map[int]Moment{}, map[int]Moment{}
	for _, c := range r.Cycles {
		cycles[c.Connection] = earliest(cycles[c.Connection], c.Answered)
	}
	rule := recogniser{rule: r.Header.Scenario.Subject.Cycle}
	for _, m := range r.Messages {
		if m.FromClient && m.Kind == placeOrder && !m.WhatIf && rule.matches(m.Kind, m.Digest) {
			orders[m.Connection] = earliest(orders[m.Connection], m.At)
		}
	}
	var out []worked
	for _, conn := range r.subjects() {
		if at := cmp.Or(cycles[conn.ID], orders[conn.ID]); at != 0 {
			out = append(out, worked{conn, at})
		}
	}
	slices.SortFunc(out, func(a, b worked) int { return cmp.Compare(a.Accepted, b.Accepted) })
	return out
}

// lostAt is when a connection was lost to its life: when the earliest fault that ends or
// silences it acted on it, or when it ended by itself. 0: it lived until the life was asked to
// stop.
func (r *Record) lostAt(conn Connection) Moment {
	lost := r.metOrEnded(conn, Receipt.ends)
	l := r.lifeNumber(conn.Life)
	if stop := earliest(l.TermSent, l.KillSent, l.Exited); stop != 0 && lost >= stop {
		return 0
	}
	return lost
}

// metOrEnded is when the first of such faults acted on a connection, or when it ended before.
func (r *Record) metOrEnded(conn Connection, such func(Receipt) bool) Moment {
	at := conn.ended()
	for _, receipt := range r.receiptsOn(conn.ID) {
		if such(receipt) {
			at = earliest(at, receipt.At)
		}
	}
	return at
}

// ends reports a fault after which a connection does no more work.
func (r Receipt) ends() bool { return r.fell() && r.Planned.EndsWork() }

// breaks reports a fault after which a connection does no more work, or none that can be read.
func (r Receipt) breaks() bool { return r.ends() || r.fell() && r.Planned.SpoilsStream() }

// fell reports that the fault acted.
func (r Receipt) fell() bool { return fault.Acted(r.Wire) }

// loss is what one event cost a life, and what came back after it.
type loss struct {
	life     int
	at       Moment   // the first session was lost
	sessions int      // that had done work
	back     []worked // accepted since, until the next loss, in the order of their work
}

// complete reports that as many sessions work again as were lost.
func (l loss) complete() bool { return len(l.back) >= l.sessions }

// losses are the events that cost a life sessions with work. What is lost before anything works again
// belongs to the same event: a Gateway that restarts ends all the sessions of a trader at once.
func (r *Record) losses() []loss {
	made := r.working()
	ends := make(map[int]Moment, len(made))
	for _, conn := range made {
		ends[conn.ID] = r.lostAt(conn.Connection)
	}
	lost := slices.DeleteFunc(slices.Clone(made), func(conn worked) bool {
		return ends[conn.ID] == 0 || r.spare(conn, made, ends)
	})
	slices.SortStableFunc(lost, func(a, b worked) int {
		return cmp.Or(cmp.Compare(a.Life, b.Life), cmp.Compare(ends[a.ID], ends[b.ID]))
	})
	var out []loss
	for _, conn := range lost {
		at := ends[conn.ID]
		last := len(out) - 1
		if last >= 0 && out[last].life == conn.Life && len(acceptedIn(made, conn.Life, out[last].at, at)) == 0 {
			out[last].sessions++
			continue
		}
		out = append(out, loss{life: conn.Life, at: at, sessions: 1})
	}
	for i := range out {
		until := r.Footer.Ended + 1
		if i+1 < len(out) && out[i+1].life == out[i].life {
			until = out[i+1].at
		}
		out[i].back = acceptedIn(made, out[i].life, out[i].at, until)
		slices.SortFunc(out[i].back, func(a, b worked) int { return cmp.Compare(a.at, b.at) })
	}
	return out
}

// acceptedIn are the sessions of a life that were accepted from a moment on, and before another.
func acceptedIn(made []worked, life int, from, until Moment) []worked {
	var in []worked
	for _, conn := range made {
		if conn.Life == life && conn.Accepted >= from && conn.Accepted < until {
			in = append(in, conn)
		}
	}
	return in
}

// spare reports a session that its client closed by its own wish while another one worked on.
func (r *Record) spare(conn worked, made []worked, ends map[int]Moment) bool {
	at := ends[conn.ID]
	return !r.broken(conn.Connection) && slices.ContainsFunc(made, func(o worked) bool {
		return o.Life == conn.Life && o.ID != conn.ID && o.Accepted < at && (ends[o.ID] == 0 || ends[o.ID] > at)
	})
}

// recoveries are the returns to work, of all the sessions that one event cost, or of as many as came back.
// The clock starts when the Gateway would have served: a subject does not pay for an outage that lay in
// between.
func (r *Record) recoveries(losses []loss) []Recovery {
	var out []Recovery
	for _, l := range losses {
		if len(l.back) == 0 {
			continue
		}
		last := l.back[min(l.sessions, len(l.back))-1]
		served := l.at
		for _, o := range r.Outages {
			if back := max(o.Listening, o.Ready); back > served && o.From <= last.at {
				served = min(back, last.at)
			}
		}
		out = append(out, Recovery{
			Life: l.life, Lost: l.at, Served: served, Cycle: last.at,
			Took: fault.Duration(last.at.Since(served)),
		})
	}
	return out
}
