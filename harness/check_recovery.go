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
			"first order.",
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
	lost := r.lostAfterWork()
	f.Evidence = lost
	f.Unit = "lost connections"
	recoveries := r.recoveries()
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

// lostAfterWork counts connections that did work and were lost before the subject was asked to
// stop.
func (r *Record) lostAfterWork() int {
	n := 0
	for _, conn := range r.working() {
		if r.lostAt(conn.Connection) != 0 {
			n++
		}
	}
	return n
}

// lostAt is when a connection was lost to its life: when the earliest fault that ends or
// silences it acted on it, or when it ended by itself. 0: it lived until the life was asked to
// stop.
func (r *Record) lostAt(conn Connection) Moment {
	lost := conn.ended()
	for _, receipt := range r.receiptsOn(conn.ID) {
		if receipt.ends() {
			lost = earliest(lost, receipt.At)
		}
	}
	l := r.lifeNumber(conn.Life)
	if stop := earliest(l.TermSent, l.KillSent, l.Exited); stop != 0 && lost >= stop {
		return 0
	}
	return lost
}

// ends reports a fault after which a connection does no more work.
func (r Receipt) ends() bool { return r.fell() && r.Planned.EndsWork() }

// fell reports that the fault acted.
func (r Receipt) fell() bool { return fault.Acted(r.Wire) }

// recoveries are the returns to work: a connection with work, in the same life after one that was
// lost. The clock starts when the Gateway would have served: a subject does not pay for an
// outage that lay in between.
func (r *Record) recoveries() []Recovery {
	var out []Recovery
	made := r.working()
	for i, conn := range made {
		if i == 0 || made[i-1].Life != conn.Life {
			continue
		}
		lost := r.lostAt(made[i-1].Connection)
		if lost == 0 {
			continue
		}
		served := lost
		for _, o := range r.Outages {
			if back := max(o.Listening, o.Ready); back > served && o.From <= conn.at {
				served = min(back, conn.at)
			}
		}
		out = append(out, Recovery{
			Life: conn.Life, Lost: lost, Served: served, Cycle: conn.at,
			Took: fault.Duration(conn.at.Since(served)),
		})
	}
	return out
}
