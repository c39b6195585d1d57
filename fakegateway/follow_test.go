package fakegateway

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/internal/wire"
)

// TestWatchOverASocket follows a session from another connection, and shows that the lines have its
// row, its receipts and the books up to the Gateway's end.
func TestWatchOverASocket(t *testing.T) {
	s := startServer(t, Config{Schedule: fault.Schedule{Faults: []fault.Fault{{
		ID: "slow", When: fault.When{Outbound: "currentTime"},
		What: fault.What{Do: fault.Delay, For: fault.Duration(time.Millisecond)},
	}}}})
	c := serveControl(t, s)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+"/watch", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	client := dial(t, s).connect(4)
	client.askTime()
	client.until(wire.CurrentTime)
	if _, err := s.FillByHand(session.OpeningPosition{Symbol: "AAPL", Quantity: 3, Price: decimal.MustParse("260")}); err != nil {
		t.Fatal(err)
	}
	await(t, s, "the trade", func(v *View) bool { return len(v.Books().Executions) == 1 })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var row Connection
	var receipts []fault.Receipt
	var bytesOut int64
	kinds := map[string]bool{}
	seq, orders, executions := 0, 0, 0
	in := json.NewDecoder(bufio.NewReader(answer.Body))
	for n := 0; in.More(); n++ {
		var l Line
		if err := in.Decode(&l); err != nil {
			t.Fatal(err)
		}
		if (l.Hello != nil) != (n == 0) {
			t.Fatalf("line %d: %+v", n, l)
		}
		if l.Event != nil {
			if seq != 0 && l.Event.Seq != seq+1 {
				t.Errorf("event %d behind %d", l.Event.Seq, seq)
			}
			seq = l.Event.Seq
			kinds[l.Event.Message] = true
			bytesOut = max(bytesOut, l.BytesOut)
		}
		if l.Connection != nil {
			row = *l.Connection
		}
		receipts = append(receipts, l.Receipts...)
		if l.Books != nil {
			orders, executions = orders+len(l.Books.Orders), executions+len(l.Books.Executions)
		}
	}
	want := s.Connections()[0]
	if !row.Closed.Equal(want.Closed) || row.Closed.IsZero() || !row.FirstRequested.Equal(want.FirstRequested) ||
		!slices.Equal(row.Faults, []string{"slow"}) {
		t.Errorf("row %+v\nwant %+v", row, want)
	}
	if len(receipts) != 1 || receipts[0].Fault != "slow" || !kinds["reqCurrentTime"] || !kinds["currentTime"] {
		t.Errorf("receipts %+v, messages %v", receipts, kinds)
	}
	if orders != 1 || executions != 1 {
		t.Errorf("%d orders and %d executions were told, want each once", orders, executions)
	}
}

// TestFollowCountsWhatItLost shows that a follower hears of every event that it was too slow for,
// those at the very end among them.
func TestFollowCountsWhatItLost(t *testing.T) {
	s := startServer(t, Config{})
	const watched = 4096 // what Follow promises
	const emitted = watched + 100
	told, lost, last := 0, 0, 0
	ctx, cancel := context.WithCancel(t.Context())
	first := true
	err := s.Follow(ctx, func(lines []Line) error {
		if first {
			first = false
			events, _, _ := s.board.Counts()
			last = events + emitted
			for range emitted { // while this follower is busy
				s.board.Announce(Event{Kind: EventDialog})
			}
			return nil
		}
		for _, l := range lines {
			seq := l.Seq
			if l.Event != nil {
				told, lost, seq = told+1, lost+l.Event.Dropped, l.Event.Seq
			}
			lost += l.Lost
			if seq >= last {
				cancel()
			}
		}
		return nil
	})
	if err != nil || told+lost < emitted || lost < emitted-watched {
		t.Errorf("%d told, %d lost, error %v; want %d in all", told, lost, err, emitted)
	}
}

func TestFollowEndsWithItsReader(t *testing.T) {
	s := startServer(t, Config{})
	gone := errors.New("gone")
	if err := s.Follow(t.Context(), func([]Line) error { return gone }); !errors.Is(err, gone) {
		t.Errorf("error %v", err)
	}
	if s.board.Watched() {
		t.Error("somebody is still told")
	}
}
