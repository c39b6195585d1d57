package market

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

const barsFile = `date,open,high,low,close,volume,symbol
2024-03-01 09:30:00,100.00,101.50,99.50,101.00,12000,AAPL
2024-03-01 09:31:00,101.10,101.20,100.00,100.40,9000,AAPL
2024-03-01 09:32:00,100.40,103.00,100.40,102.90,30001,AAPL
2024-03-01 09:36:00,102.00,102.00,102.00,102.00,5,AAPL
2024-03-01 09:30:00,5000.00,5010.00,4990.00,5001.00,0,SPX
`

func load(t interface {
	Helper()
	Fatalf(string, ...any)
}, name, text string,
) *Replay {
	t.Helper()
	r, err := Load(name, strings.NewReader(text))
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return &r
}

// Bars of the file come out of history as they went in, at every speed at which they are whole
// leaves of the scenario.
func TestReplayGivesTheBarsOfTheFile(t *testing.T) {
	for _, speed := range []int{1, 2, 4, 12} {
		t.Run(fmt.Sprintf("x%d", speed), func(t *testing.T) {
			r := load(t, "file.csv", barsFile)
			r.Start, r.Speed = monday, speed
			m := Market{Replay: r}
			now := monday.Add(7 * time.Minute / time.Duration(speed))
			bars := history(t, m, now, HistoryRequest{
				Instrument: find(t, m, Query{ConID: 265598}),
				Duration:   secs(7 * 60 / speed), BarSize: secs(max(60/speed, 5)),
			})
			// Bars of five seconds have no gaps; the file's minutes without a bar have no volume.
			bars = slices.DeleteFunc(bars, func(b Bar) bool { return b.Trades == 0 && b.High == b.Low })
			want := []string{
				"100.00 101.50 99.50 101.00 12000", "101.10 101.20 100.00 100.40 9000",
				"100.40 103.00 100.40 102.90 30001", "102.00 102.00 102.00 102.00 5",
			}
			if len(bars) != len(want) {
				t.Fatalf("%d bars, want those %d of the file: %v", len(bars), len(want), bars)
			}
			for n, b := range bars {
				if got := fmt.Sprint(b.Open, b.High, b.Low, b.Close, b.Volume); strings.ReplaceAll(got, "  ", " ") != want[n] {
					t.Errorf("bar %d: %s, the file has %s", n, got, want[n])
				}
			}
			if got, want := bars[3].Start, monday.Add(6*time.Minute/time.Duration(speed)); !got.Equal(want) {
				t.Errorf("the bar after the gap starts %v, want %v", got, want)
			}
		})
	}
}

// However fast the file runs, a scenario's bar over the whole of it has its extremes and volume,
// and the next round is the same.
func TestReplayAtAnySpeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var file strings.Builder
		file.WriteString("date,open,high,low,close,volume\n")
		price, high, low, volume := 50_000, 0, 1<<30, 0
		for n := range rapid.IntRange(1, 60).Draw(t, "rows") {
			open := price
			price += rapid.IntRange(-40, 40).Draw(t, "move")
			h, l := max(open, price)+rapid.IntRange(0, 9).Draw(t, "up"), min(open, price)-rapid.IntRange(0, 9).Draw(t, "down")
			v := rapid.IntRange(0, 5000).Draw(t, "volume")
			high, low, volume = max(high, h), min(low, l), volume+v
			at := time.Date(2024, 3, 1, 10, n, 0, 0, time.UTC)
			fmt.Fprintf(&file, "%s,%s,%s,%s,%s,%d\n", at.Format(time.RFC3339), cents(open), cents(h), cents(l), cents(price), v)
		}
		r := load(t, "AAPL.csv", file.String())
		r.Start, r.Speed = monday, rapid.SampledFrom([]int{1, 3, 60, 1000, 10_000}).Draw(t, "speed")
		m := Market{Replay: r}
		i := find(t, m, Query{ConID: 265598})
		f := m.feed(i)
		round := r.Period() / time.Duration(r.Speed)
		end := leafCeil(monday.Add(round))
		var seen tally
		f.parts(f.last, Window{monday, end}, end, byLeaf, func(p part) {
			seen.add(p.span, 0)
			seen.volume += p.volume
		})
		over := end.Sub(monday.Add(round)) // of the next round
		if seen.high != int64(high) || seen.low != int64(low) || over == 0 && seen.volume != int64(volume) {
			t.Fatalf("x%d: %+v, the file reaches %d..%d with volume %d", r.Speed, seen, low, high, volume)
		}
		if len(file.String()) > 0 && round%leafTime == 0 {
			at := monday.Add(time.Duration(rapid.Int64Range(0, int64(round)-1).Draw(t, "at")))
			a, b := m.Quote(i, at), m.Quote(i, at.Add(round))
			if !a.Last.Equal(b.Last) {
				t.Fatalf("x%d: %s at %v, %s a round later", r.Speed, a.Last, at, b.Last)
			}
		}
	})
}

func cents(n int) string { return must(decimal.New(int64(n), 2)).String() }

// Whatever holds of the seeded market holds of a replay: the first touch is the first.
func TestReplayFirst(t *testing.T) {
	r := load(t, "file.csv", barsFile)
	r.Start = monday
	m := Market{Replay: r}
	i := find(t, m, Query{ConID: 265598})
	rapid.Check(t, func(t *rapid.T) {
		reach := Reach{
			Side:  rapid.SampledFrom([]Side{LastPrice, BidPrice, AskPrice}).Draw(t, "side"),
			Price: must(decimal.New(rapid.Int64Range(99_00, 104_00).Draw(t, "price"), 2)),
			Above: rapid.Bool().Draw(t, "above"),
		}
		checkFirst(t, m, i, monday.Add(time.Duration(rapid.Int64Range(0, int64(6*time.Minute)).Draw(t, "from"))), reach)
	})
}

// checkFirst compares First with a search step by step while trading is open, over four minutes.
func checkFirst(t *rapid.T, m Market, i Instrument, from time.Time, r Reach) {
	until := from.Add(4 * time.Minute)
	var want time.Time
	for at := from; at.Before(until); at = nextStep(at) {
		if m.Open(i, at, true) && m.Holds(i, at, r) {
			want = at
			break
		}
	}
	got, ok := m.First(i, from, until, r)
	if ok != !want.IsZero() || !got.Equal(want) {
		t.Fatalf("%s: first %+v in [%v, %v) at %v %v, want %v", i.LocalSymbol, r, from, until, got, ok, want)
	}
}

func TestReplayOfQuotes(t *testing.T) {
	r := load(t, "eurusd.csv", `time,bid,ask,bidSize,askSize,symbol
2024-03-01T15:00:00Z,1.08000,1.08010,1000000,2000000,EUR.USD
2024-03-01T15:00:10Z,1.08020,1.08035,3000000,1000000,EUR.USD
2024-03-01T15:00:20Z,1.07990,1.08000,500000,750000,EUR.USD
`)
	r.Start, r.Once = monday, true
	m := Market{Replay: r}
	i := find(t, m, Query{LocalSymbol: "EUR.USD", SecType: "CASH"})
	for _, tc := range []struct {
		after time.Duration
		want  string
	}{
		{0, "1.08000 1.08010 1000000 2000000"},
		{5 * time.Second, "1.08000 1.08010 1000000 2000000"},
		{10 * time.Second, "1.08020 1.08035 3000000 1000000"},
		{time.Hour, "1.07990 1.08000 500000 750000"},
	} {
		q := m.Quote(i, monday.Add(tc.after))
		if got := fmt.Sprintf("%s %s %d %d", q.Bid, q.Ask, q.BidSize, q.AskSize); got != tc.want || q.LastSize != 0 {
			t.Errorf("after %v: %s (last size %d), want %s", tc.after, got, q.LastSize, tc.want)
		}
	}
	q := HistoryRequest{Instrument: i, Duration: secs(30), BarSize: secs(30), Series: Midpoint}
	bars := history(t, m, monday.Add(30*time.Second), q)
	if len(bars) != 1 || bars[0].High.String() != "1.080275" || bars[0].Low.String() != "1.079950" {
		t.Errorf("midpoints %+v", bars)
	}
	q.Series = Trades
	if bars := history(t, m, monday.Add(30*time.Second), q); len(bars) != 0 {
		t.Errorf("a file of quotes has trades: %+v", bars)
	}
}

func TestReplayOfTradesIsTheTape(t *testing.T) {
	r := load(t, "nvda.trades.csv", "time,price,size\n1709305200,800.00,100\n1709305205.5,800.50,7\n1709305240,799.99,20\n")
	r.Start, r.Once = monday, true
	m := Market{Replay: r}
	i := find(t, m, Query{Symbol: "NVDA", SecType: "STK"})
	var got []string
	for _, tick := range m.Tape(i, monday.Add(-1), monday.Add(time.Minute), 0) {
		if tick.LastSize > 0 {
			got = append(got, fmt.Sprintf("%v %s %d", tick.At.Sub(monday), tick.Last, tick.LastSize))
		}
	}
	want := []string{"0s 800.00 100", "5s 800.00 7", "40s 799.99 20"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("tape %q, want %q", got, want)
	}
}

// Options and futures follow the file.
func TestDerivativesFollowAReplay(t *testing.T) {
	r := load(t, "file.csv", barsFile)
	r.Start = monday
	m := Market{Replay: r}
	o := m.Find(monday, Query{Symbol: "AAPL", SecType: "OPT", LastTradeDateOrMonth: "20261218", Right: "C"})
	if len(o) < 20 || o[0].Strike.Cmp(*dec("70")) > 0 || o[len(o)-1].Strike.Cmp(*dec("130")) < 0 {
		t.Fatalf("%d strikes, want them around 100: %v", len(o), o)
	}
	g, ok := m.Greeks(o[0], monday)
	if !ok || g.UnderPrice != 100 {
		t.Errorf("greeks %+v at an underlying of 100", g)
	}
	es := find(t, m, Query{LocalSymbol: "ESZ6", SecType: "FUT"})
	if q := m.Quote(es, monday); q.Last.String() != "5000.00" {
		t.Errorf("ES at %s, the file has SPX at 5000", q.Last)
	}
	if q := m.Quote(instrument(t, "MSFT"), monday); q != (Market{}).Quote(instrument(t, "MSFT"), monday) {
		t.Errorf("MSFT is not in the file, and yet at %s", q.Last)
	}
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"AAPL.csv", "", "AAPL.csv:1:1: empty file: the first row names the columns"},
		{"AAPL.csv", "date,open,high,low,close,volume\n", "AAPL.csv:2:1: no rows"},
		{"AAPL.csv", "date,open,high\n", "AAPL.csv:1:1: columns"},
		{"AAPL.csv", "time,price,size,colour\n1,2,3,4\n", `AAPL.csv:1:17: unknown column "colour"`},
		{"AAPL.csv", "time,price,size,size\n", `AAPL.csv:1:17: column "size" is named twice`},
		{"x:y.csv", "time,price,size\n", `x:y.csv:1:1: no column symbol, and the file's name gives "X:Y"`},
		{"AAPL.csv", "time,price,size\nyesterday,1,2\n", `AAPL.csv:2:1: time "yesterday": a time is 2026-11-23`},
		{"AAPL.csv", "time,price,size\n1709305200,1.5x,2\n", `AAPL.csv:2:12: price "1.5x": not a number`},
		{"AAPL.csv", "time,price,size\n1709305200,-1,2\n", `AAPL.csv:2:12: price "-1": a price is 0.01 to`},
		{"AAPL.csv", "time,price,size\n1709305200,1,-2\n", `AAPL.csv:2:14: size "-2": a size is 0 to`},
		{"AAPL.csv", "time,price,size\n1709305200,1\n", "AAPL.csv:2:1: wrong number of fields"},
		{"AAPL.csv", "time,price,size\n1709305200,\"1,2\n", "AAPL.csv:2:17: extraneous or missing"},
		{"AAPL.csv", "time,price,size\n1709305200,1,2\n1709305100,1,2\n", `AAPL.csv:3:1: time "1709305100" is not after the row before`},
		{"AAPL.csv", "date,open,high,low,close,volume\n2024-03-01,10,9,8,8.5,1\n", `AAPL.csv:2:15: high "9" is below`},
		{"AAPL.csv", "date,open,high,low,close,volume\n2024-03-01,10,11,10.5,10,1\n", `AAPL.csv:2:18: low "10.5" is above`},
		{"AAPL.csv", "date,open,high,low,close,volume\n2024-03-01,1,1,1,1,1\n2024-03-01,1,1,1,1,1\n", `AAPL.csv:3:1: date "2024-03-01" is not after`},
		{"f.csv", "time,bid,ask,bidSize,askSize,symbol\n1709305200,2,2,1,1,AAPL\n", `f.csv:2:14: ask "2" is not above the bid`},
		{"f.csv", "time,price,size,symbol\n1709305200,2,2,aapl\n", `f.csv:2:16: symbol "aapl" is not listed`},
	} {
		_, err := Load(tc.name, strings.NewReader(tc.text))
		if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%q gives %v\nwant %s", tc.text, err, tc.want)
		}
	}
}

// No input makes Load panic, and what it accepts can be traded.
func FuzzLoad(f *testing.F) {
	f.Add(barsFile)
	f.Add("time,price,size\n1709305200,800.00,100\n")
	f.Add("time,bid,ask,bidSize,askSize,symbol\n1709305200,2,3,1,1,AAPL\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Load("AAPL.csv", strings.NewReader(text))
		if err != nil {
			return
		}
		m := Market{Replay: &r}
		for source := range r.recordings {
			i := m.adopt(Instrument{source: source, kind: &usStock})
			if q := m.Quote(i, monday); !q.Bid.Less(q.Ask) {
				t.Errorf("%q trades at %+v", text, q)
			}
		}
	})
}

func TestReplayThatEndsBegins(t *testing.T) {
	r := load(t, "file.csv", barsFile)
	r.Start, r.Once, r.Speed = monday, true, 2
	r.From = time.Date(2024, 3, 1, 9, 32, 0, 0, Eastern)
	m := Market{Replay: r}
	i := find(t, m, Query{ConID: 265598})
	if got, want := r.begins(), monday.Add(-time.Minute); !got.Equal(want) {
		t.Errorf("the file begins at %v, want %v", got, want)
	}
	if q := m.Quote(i, monday); q.Last.String() != "100.40" {
		t.Errorf("the scenario begins at %s, the file's third bar at 100.40", q.Last)
	}
	end := m.Quote(i, monday.Add(time.Hour))
	if end.Last.String() != "102.00" || end.LastSize != 0 {
		t.Errorf("after the end: %+v", end)
	}
	bars := history(t, m, monday, HistoryRequest{Instrument: i, Duration: Span{1, Day}, BarSize: secs(30)})
	if len(bars) != 2 {
		t.Errorf("%d bars before the scenario began, the file has 2: %v", len(bars), bars)
	}
}
