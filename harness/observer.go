package harness

import (
	"time"

	"ibsoak/fakegateway"
	"ibsoak/internal/wire"
)

// observer makes sense of the Gateway's events. The goroutine of Run owns it.
type observer struct {
	moment func(time.Time) Moment

	seen     int    // the number of the last event that was looked at
	symbol   string // of the first reqHistoricalData of the run
	requests map[request]Moment
	outages  []Outage
	dropped  int
}

// request is a reqHistoricalData on a connection.
type request struct {
	connection int
	id         int
}

// maxRequests bounds the open requests that are remembered; a subject that leaves more of them
// unanswered has none that could still be taken for a cycle.
const maxRequests = 10_000

func newObserver(moment func(time.Time) Moment) *observer {
	return &observer{moment: moment, requests: map[request]Moment{}}
}

// take notes an event; it is a cycle when ok is true.
func (o *observer) take(e fakegateway.Event) (c Cycle, ok bool) {
	o.seen = e.Seq
	o.dropped += e.Dropped
	switch e.Kind {
	case fakegateway.EventRefusing:
		if !o.down() {
			o.outages = append(o.outages, Outage{From: o.moment(e.At)})
		}
	case fakegateway.EventListening:
		o.listening(e)
	case fakegateway.EventInbound:
		if e.Message == wire.ReqHistoricalData.String() {
			o.asked(e)
		}
	case fakegateway.EventOutbound:
		if e.Message == wire.HistoricalData.String() {
			return o.answered(e)
		}
	default:
	}
	return Cycle{}, false
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

// asked remembers a request for the first symbol.
func (o *observer) asked(e fakegateway.Event) {
	if e.Digest == nil {
		return
	}
	if o.symbol == "" {
		o.symbol = e.Digest.Symbol
	}
	if e.Digest.Symbol == o.symbol && len(o.requests) < maxRequests {
		o.requests[request{e.Connection, e.Digest.ReqID}] = o.moment(e.At)
	}
}

// answered matches a written answer to its request.
func (o *observer) answered(e fakegateway.Event) (Cycle, bool) {
	if e.Digest == nil {
		return Cycle{}, false
	}
	r := request{e.Connection, e.Digest.ReqID}
	requested, ok := o.requests[r]
	if !ok {
		return Cycle{}, false
	}
	delete(o.requests, r)
	return Cycle{Connection: e.Connection, Requested: requested, Answered: o.moment(e.At)}, true
}
