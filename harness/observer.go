package harness

import (
	"context"
	"encoding/json"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/internal/wire"
)

// observer follows the Gateway's events. The goroutine of Run owns it.
type observer struct {
	gateway *fakegateway.Server
	events  <-chan fakegateway.Event
	stop    func()
	now     func() Moment
	moment  func(time.Time) Moment

	seen     int    // the last frame of the transcript that was looked at
	symbol   string // of the first reqHistoricalData of the run
	requests map[request]Moment
	answers  map[int][]request // by connection, in the order of the wire, not yet written
	outages  []Outage
	dropped  int
	taken    int // events, whole or not
	sabotage Sabotage
}

// request is a reqHistoricalData on a connection.
type request struct {
	connection int
	id         int
}

// maxRequests bounds the open requests that are remembered; a subject that leaves more of them
// unanswered has none that could still be taken for a cycle.
const maxRequests = 10_000

func watch(
	gateway *fakegateway.Server, now func() Moment, moment func(time.Time) Moment, sabotage Sabotage,
) *observer {
	events, stop := gateway.Watch()
	return &observer{
		gateway: gateway, events: events, stop: stop, now: now, moment: moment, sabotage: sabotage,
		requests: map[request]Moment{}, answers: map[int][]request{},
	}
}

// take notes an event; it is a cycle when ok is true.
func (o *observer) take(e fakegateway.Event) (c Cycle, ok bool) {
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

// read looks through the transcript's new frames for history requests and their answers. It is
// called only when an answer was written that it has not seen: decoding takes longer than
// serving, and one reading must do for all the events that wait behind it.
func (o *observer) read() {
	var frames []fakegateway.Frame
	// Wait is the way to a view of the transcript from a given frame on; it returns at once.
	_ = o.gateway.Wait(context.Background(), "the transcript", func(v *fakegateway.View) bool {
		frames = v.Transcript(o.seen)
		return true
	})
	for _, f := range frames {
		o.seen = f.Seq
		switch f.Kind {
		case wire.ReqHistoricalData.String():
			o.asked(f)
		case wire.HistoricalData.String():
			if r, ok := requestOf(f); ok {
				o.answers[f.Connection] = append(o.answers[f.Connection], r)
			}
		}
	}
}

// body is what is read of a history request and of its answer, in protobuf's JSON form.
type body struct {
	ReqID    int `json:"reqId"`
	Contract struct {
		Symbol string `json:"symbol"`
	} `json:"contract"`
}

func requestOf(f fakegateway.Frame) (request, bool) {
	var b body
	if len(f.Body) == 0 || json.Unmarshal(f.Body, &b) != nil {
		return request{}, false
	}
	return request{f.Connection, b.ReqID}, true
}

// asked remembers a request for the first symbol.
func (o *observer) asked(f fakegateway.Frame) {
	var b body
	if len(f.Body) == 0 || json.Unmarshal(f.Body, &b) != nil {
		return
	}
	if o.symbol == "" {
		o.symbol = b.Contract.Symbol
	}
	if b.Contract.Symbol == o.symbol && len(o.requests) < maxRequests {
		o.requests[request{f.Connection, b.ReqID}] = o.moment(f.At)
	}
}

// answered matches a written answer to its request. Answers leave a connection in the order in
// which the transcript has them.
func (o *observer) answered(e fakegateway.Event) (Cycle, bool) {
	if len(o.answers[e.Connection]) == 0 {
		o.read()
	}
	queue := o.answers[e.Connection]
	if len(queue) == 0 {
		return Cycle{}, false
	}
	r := queue[0]
	o.answers[e.Connection] = queue[1:]
	requested, ok := o.requests[r]
	if !ok {
		return Cycle{}, false
	}
	delete(o.requests, r)
	return Cycle{Connection: e.Connection, Requested: requested, Answered: o.moment(e.At)}, true
}
