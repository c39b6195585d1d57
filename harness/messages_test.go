package harness

import (
	"slices"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/internal/wire"
)

// TestRunRecordsMessages sees both sides of a life's conversation, in the order of the wire, and
// none of what is not kept.
func TestRunRecordsMessages(t *testing.T) {
	t.Parallel()
	s := Scenario{Subject: Subject{Mode: Once, Runs: 2}, Checks: checks("exit-codes")}
	r, v := soaked(t, "work", s, Options{})
	wants(t, r, v, Pass)
	for life := 1; life <= 2; life++ {
		var kinds []string
		for _, m := range r.Messages {
			if m.Life == life {
				kinds = append(kinds, m.Kind)
			}
		}
		at := -1
		for _, k := range []wire.Kind{
			wire.StartAPI, wire.ManagedAccounts, wire.NextValidID, wire.ReqHistoricalData, wire.HistoricalData,
		} {
			i := slices.Index(kinds, k.String())
			if i <= at {
				t.Errorf("life %d: %s stands at %d of %v, want it after %d", life, k, i, kinds, at)
			}
			at = i
		}
	}
	for _, m := range r.Messages {
		switch {
		case m.Kind == wire.ReqHistoricalData.String() && (!m.FromClient || m.Symbol != "AAPL" || m.BarSize != "1 min"):
			t.Errorf("history request %+v", m)
		case m.Kind == wire.ManagedAccounts.String() && (m.FromClient || m.Account == ""):
			t.Errorf("accounts %+v", m)
		}
	}
	if f := r.Footer; f.MessagesLost != 0 || f.LongestLag <= 0 {
		t.Errorf("footer: %d messages lost, lag %v", f.MessagesLost, time.Duration(f.LongestLag))
	}
	for _, c := range r.subjects() {
		if c.BusiestReal.Messages < 2 || c.BusiestReal.At < c.Accepted {
			t.Errorf("connection %d: fastest second %+v, want two messages or more", c.ID, c.BusiestReal)
		}
	}
}

func TestMessagesAreBounded(t *testing.T) {
	began := time.Now()
	m := newMessages(func(at time.Time) Moment { return Moment(at.Sub(began)) })
	rec := &Record{Messages: make([]Message, maxMessages-1)}
	note := func(kind fakegateway.EventKind, message string) {
		m.note(rec, fakegateway.Event{At: began.Add(time.Second), Kind: kind, Connection: 1, Message: message}, 1, 3*sec)
	}
	note(fakegateway.EventOutbound, wire.TickPrice.String())
	note(fakegateway.EventInbound, fakegateway.KindPreamble)
	for range 3 {
		note(fakegateway.EventInbound, wire.ReqIds.String())
	}
	var f Footer
	m.report(&f)
	if len(rec.Messages) != maxMessages || f.MessagesLost != 2 || time.Duration(f.LongestLag) != 2*time.Second {
		t.Errorf("%d messages, footer %+v; want %d, 2 lost, a lag of 2s", len(rec.Messages), f, maxMessages)
	}
}

// TestALateConnectionSpeaksForItsLife: what outlives a life goes on under its number.
func TestALateConnectionSpeaksForItsLife(t *testing.T) {
	m := newMessages(func(time.Time) Moment { return sec })
	rec := &Record{}
	m.note(rec, fakegateway.Event{Kind: fakegateway.EventAccepted, Connection: 1}, 1, sec)
	m.note(rec, fakegateway.Event{Kind: fakegateway.EventInbound, Connection: 1, Message: "placeOrder"}, 2, sec)
	if got := rec.Messages[0].Life; got != 1 {
		t.Errorf("life %d, want 1, which made the connection", got)
	}
}
