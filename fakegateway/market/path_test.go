package market

import (
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

var monday = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC) // 10:00 in New York

func sub(a, b decimal.Decimal) decimal.Decimal { return must(a.Sub(b)) }

func instrument(t testing.TB, symbol string) Instrument {
	t.Helper()
	i, ok := LookupSymbol(symbol)
	if !ok {
		t.Fatalf("no instrument %s", symbol)
	}
	return i
}

func lastAt(c curve, t time.Time) int64 { return c.at(leafAt(t)) }

func TestPartsMakeUpADay(t *testing.T) {
	leaves := int64(1)
	for level, n := range parts {
		if level == minuteLevel && leaves != minutesPerDay {
			t.Errorf("level %d has %d nodes, want one a minute", level, leaves)
		}
		leaves *= n
	}
	if leaves != leavesPerDay {
		t.Errorf("a day is split into %d leaves, want %d", leaves, leavesPerDay)
	}
}

// Every node is exactly its parts: same open and close, same high, same low, each part beginning
// where the one before ended.
func TestNodesAreTheUnionOfTheirParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := path{seed: rapid.Uint64().Draw(t, "seed"), base: rapid.Int64Range(500, 90_000).Draw(t, "base")}
		day := rapid.Int64Range(-10_000, 40_000).Draw(t, "day")
		deep := rapid.Int64Range(0, leavesPerDay-1).Draw(t, "leaf")
		var open []tally // a stack of parents and what their parts make so far
		var whole []node
		check := func() {
			last := len(whole) - 1
			if got, want := open[last].span, whole[last].span; got != want {
				t.Fatalf("parts of level %d make %v, want %v", whole[last].level, got, want)
			}
			whole, open = whole[:last], open[:last]
		}
		p.walk(day, func(nd node) visit {
			for len(whole) > 0 && nd.level <= whole[len(whole)-1].level {
				check()
			}
			if nd.low > min(nd.open, nd.close) || nd.high < max(nd.open, nd.close) || nd.low <= 0 {
				t.Fatalf("node %+v is no span", nd)
			}
			if n := len(open); n > 0 {
				if open[n-1].any && open[n-1].close != nd.open {
					t.Fatalf("node %+v does not begin at %d", nd, open[n-1].close)
				}
				open[n-1].add(nd.span, 0)
			}
			if nd.first > deep || nd.first+nd.n <= deep || nd.level == len(parts) {
				return skip
			}
			whole, open = append(whole, nd), append(open, tally{})
			return descend
		})
		for len(whole) > 0 {
			check()
		}
		if next := p.daySpan(day + 1); p.daySpan(day).close != next.open {
			t.Fatalf("day %d closes at %d, the next opens at %d", day, p.daySpan(day).close, next.open)
		}
	})
}

func TestFirstIsTheFirstStepThatReaches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := path{seed: rapid.Uint64().Draw(t, "seed"), base: 26_000}
		from := monday.Add(time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "from")))
		until := from.Add(2 * time.Minute)
		r := reach{lastAt(p, from) + rapid.Int64Range(-30, 30).Draw(t, "ticks"), rapid.Bool().Draw(t, "above")}
		var want time.Time
		for at := from; at.Before(until); at = at.Truncate(Step).Add(Step) {
			if r.by(lastAt(p, at)) {
				want = at
				break
			}
		}
		got, ok := first(p, from, until, r)
		if ok != !want.IsZero() || !got.Equal(want) {
			t.Fatalf("first %+v in [%v, %v) at %v %v, want %v", r, from, until, got, ok, want)
		}
	})
}

func TestPricesDependOnSeedAndSymbolOnly(t *testing.T) {
	aapl, nvda := instrument(t, "AAPL"), instrument(t, "NVDA")
	same := Market{Seed: 1}.Quote(aapl, monday)
	if again := (Market{Seed: 1}).Quote(aapl, monday); again != same {
		t.Errorf("same seed: %v, then %v", same, again)
	}
	differ := 0
	for seed := range uint64(20) {
		if (Market{Seed: seed + 2}).Quote(aapl, monday) != same {
			differ++
		}
	}
	if differ < 19 {
		t.Errorf("only %d of 20 other seeds give another price", differ)
	}
	if (Market{Seed: 1}).Quote(nvda, monday) == same {
		t.Error("AAPL and NVDA have one price")
	}
	// A golden value: platforms and releases must not change the market of a recorded seed.
	if got, want := same.Last.String(), "286.77"; got != want {
		t.Errorf("AAPL at %v under seed 1: %s, want %s", monday, got, want)
	}
}

func TestPricesStayNearTheirBase(t *testing.T) {
	for _, symbol := range []string{"AAPL", "SPY", "F", "QWERTY"} {
		i := instrument(t, symbol)
		for seed := range uint64(10) {
			p := newPath(seed, i.source, i.baseTicks)
			for day := int64(15_000); day < 25_000; day += 97 {
				if s := p.daySpan(day); s.low < i.baseTicks*6/10 || s.high > i.baseTicks*14/10 {
					t.Fatalf("%s, seed %d, day %d: %v around %d", symbol, seed, day, s, i.baseTicks)
				}
			}
		}
	}
}

func BenchmarkLast(b *testing.B) {
	p := newPath(1, "AAPL", 26_000)
	for n := range b.N {
		lastAt(p, monday.Add(time.Duration(n)*time.Second))
	}
}

// timeDraw is a time of up to two days.
func timeDraw(t *rapid.T, label string) time.Duration {
	return time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, label))
}
