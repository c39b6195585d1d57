package harness

import (
	"time"

	"ibsoak/fakegateway"
)

// observer makes sense of the Gateway's events. The goroutine of Run owns it.
type observer struct {
	moment   func(time.Time) Moment
	seen     int // the number of the last event that was looked at
	outages  []Outage
	dropped  int
	taken    int // events, whole or not
	messages *messages
	cycles   *recogniser
	sabotage Sabotage
}

// newObserver takes as a cycle what the rule says, in a run whose cycles are to be an interval apart.
func newObserver(rule CycleRule, interval time.Duration, moment func(time.Time) Moment) *observer {
	return &observer{
		moment: moment, messages: newMessages(moment), cycles: newRecogniser(rule, interval, moment),
	}
}

// take notes an event; it is a cycle when ok is true.
func (o *observer) take(e fakegateway.Event) (c Cycle, ok bool) {
	o.seen = e.Seq
	o.taken++
	e = o.sabotage.event(e, o.taken)
	o.dropped += e.Dropped
	switch e.Kind {
	case fakegateway.EventRefusing:
		if !o.down() {
			o.outages = append(o.outages, Outage{From: o.moment(e.At)})
		}
	case fakegateway.EventListening:
		o.listening(e)
	default:
	}
	return o.cycles.take(e)
}

// down reports an outage that is not over.
func (o *observer) down() bool {
	n := len(o.outages)
	return n > 0 && o.outages[n-1].Ready == 0
}

// listening notes how far a Gateway is back. One that starts in stages, without having been down
// before, begins an outage here.
func (o *observer) listening(e fakegateway.Event) {
	at := o.moment(e.At)
	ready := e.Message == string(fakegateway.Ready)
	if !o.down() {
		if ready {
			return
		}
		o.outages = append(o.outages, Outage{From: at})
	}
	last := &o.outages[len(o.outages)-1]
	if last.Listening == 0 {
		last.Listening = at
	}
	if ready {
		last.Ready = at
	}
}
