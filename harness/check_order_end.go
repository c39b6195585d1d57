package harness

import (
	"fmt"
	"time"
)

// afterEnd is how long after a life's end something that it had sent before may still be read.
const afterEnd = time.Second

// noOrdersAfterEnd watches for what goes on without its process. What is younger than its life's
// end by no more than afterEnd may have been on its way.
func noOrdersAfterEnd(r *Record, c Check) Finding {
	f := open(c, "lives", 1)
	for _, l := range r.Lives {
		if len(r.of(l.Number)) > 0 && l.Exited != 0 && r.Footer.Ended.Since(l.Exited) >= afterEnd {
			f.Evidence++
		}
	}
	for _, conn := range r.own() {
		end := r.lifeNumber(conn.Life).Exited
		if conn.Life != 0 && end != 0 && conn.StartAPIRead.Since(end) > afterEnd {
			f.violated(Example{
				Life: conn.Life, Connection: conn.ID, At: conn.Accepted,
				What: fmt.Sprintf("a new session %s after the life's end", round(conn.StartAPIRead.Since(end))),
			})
		}
	}
	for _, m := range r.Messages {
		if m.Kind == "placeOrder" && m.FromClient && !m.WhatIf {
			if what := r.late(m); what != "" {
				f.violated(m.example("order id %d: %s", m.OrderID, what))
			}
		}
	}
	var watched time.Duration
	if n := len(r.Lives); n > 0 && r.Lives[n-1].Exited != 0 {
		watched = r.Footer.Ended.Since(r.Lives[n-1].Exited)
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0 && f.Outcome != Fail
	return f.conclude("the Gateway was watched for %s after the last end", round(watched))
}

// late says why an order came too late; "" when it did not.
func (r *Record) late(m Message) string {
	if m.Life == 0 {
		return "sent outside any life"
	}
	l, grace := r.lifeNumber(m.Life), TermWithin
	if said := r.Header.Scenario.Subject.Grace; said > 0 {
		grace = said
	}
	switch {
	case l.Exited != 0 && m.came().Since(l.Exited) > afterEnd:
		return fmt.Sprintf("%s after the life's end", round(m.came().Since(l.Exited)))
	case l.TermSent != 0 && m.came().Since(l.TermSent) > grace:
		return fmt.Sprintf("%s after SIGTERM", round(m.came().Since(l.TermSent)))
	}
	return ""
}
