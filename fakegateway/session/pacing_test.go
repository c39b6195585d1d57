package session

import (
	"fmt"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

func TestHistoricalPacing(t *testing.T) {
	const fine, refused = "historicalData, historicalDataEnd", "errMsg:1 162"
	for name, tc := range map[string]struct {
		size    string
		every   time.Duration
		count   int
		vary    bool // another duration each time
		symbols int
		want    int // the first that is refused, from 1; 0: none
	}{
		"the same within 15 s":             {"5 secs", 14 * time.Second, 3, false, 1, 2},
		"the same after 15 s":              {"5 secs", 15 * time.Second, 5, false, 1, 0},
		"six of one contract in 2 s":       {"5 secs", 300 * time.Millisecond, 8, true, 1, 6},
		"six of many contracts in 2 s":     {"5 secs", 300 * time.Millisecond, 8, true, 8, 0},
		"sixty in ten minutes":             {"5 secs", 10 * time.Second, 60, true, 1, 0},
		"more than sixty in ten minutes":   {"30 secs", 9 * time.Second, 62, true, 1, 61},
		"bars of a minute have no limits":  {"1 min", 0, 100, false, 1, 0},
		"a day later everything is new":    {"5 secs", 24 * time.Hour, 5, false, 1, 0},
		"after the window it may go ahead": {"5 secs", 11 * time.Second, 80, true, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := login(t, testLogin(t, Semantics{EnforcePacing: true}), 225, 1)
			first := 0
			for n := range tc.count {
				seconds := 60
				if tc.vary {
					seconds += n
				}
				m := bars(1, fmt.Sprintf("%d S", seconds), tc.size, func(m *protobuf.HistoricalDataRequest) {
					m.Contract = stock(string(rune('A' + n%tc.symbols)))
				})
				got := summary(l.ask(wire.ReqHistoricalData, m))
				if got != fine && got != refused {
					t.Fatalf("request %d: %s", n+1, got)
				}
				if got == refused && first == 0 {
					first = n + 1
				}
				l.now = l.now.Add(tc.every)
			}
			if first != tc.want {
				t.Errorf("request %d is refused first, want %d", first, tc.want)
			}
		})
	}
}

func TestPacingIsNotEnforcedUnlessTold(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	for range 10 {
		wantFlow(t, l.ask(wire.ReqHistoricalData, bars(1, "60 S", "5 secs")),
			"historicalData", "historicalDataEnd")
	}
}
