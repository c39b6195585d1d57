package backtest

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/config"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// settings are the trader's defaults with flags laid over them.
func settings(t testing.TB, flags ...string) config.Config {
	t.Helper()
	var given []config.Setting
	for i := 0; i < len(flags); i += 2 {
		given = append(given, config.Setting{Flag: flags[i], Value: flags[i+1]})
	}
	c, err := config.Load("", func(string) (string, bool) { return "", false }, given)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func run(t testing.TB, file string, flags ...string) *Result {
	t.Helper()
	r, err := Run(t.Context(), Config{Bars: file, Settings: settings(t, flags...)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

// TestGoldenStop is the same with a stop 2 % under the first fill of 102.11, at 100.06: the bar of 09:37,
// which closes at 100, touches it, so it sells before the strategy does.
func TestGoldenStop(t *testing.T) {
	r := run(t, "testdata/AAPL.csv", "fast", "2", "slow", "4", "shares", "100", "stop", "2%")
	if len(r.Trades) != 1 || r.Trades[0].Shares != 100 || r.Orders != 2 {
		t.Fatalf("trades %+v, %d orders", r.Trades, r.Orders)
	}
	tr := r.Trades[0]
	if tr.Sold.After(time.Date(2026, 11, 9, 14, 38, 0, 0, time.UTC)) || tr.Got.Cmp(d("100.06")) > 0 || tr.Got.Cmp(d("99.50")) < 0 {
		t.Errorf("the stop sold at %s for %s", tr.Sold, tr.Got)
	}
}

// TestGolden is ten bars that were worked out by hand. The averages of two and four closes:
//
//	09:34  102: 101.00 over 100.50, so 100 shares are bought at 09:35, at the ask around 102.10
//	09:35  104: 103.00 over 101.50
//	09:36  103: 103.50 over 102.25
//	09:37  100: 101.50 under 102.25, so they are sold at 09:38, at the bid around 99.90
//	09:38   99:  99.50 under 101.50
//	09:39   99:  99.00 under 100.25
//
// The spread of both minutes is a cent to each side. Each fee is the least, a dollar: 100 shares at half
// a cent are less. So 100 x (99.89 - 102.11) - 2 = -224. The highest equity is that of 104 at 09:36:
// 100000 - 10211 - 1 + 10400 = 100188, so the fall to the end is 412 of that. Shares are held at three of
// ten ends of bars: 09:36, 09:37 and 09:38, whose closes are 104, 103 and 100.
func TestGolden(t *testing.T) {
	r := run(t, "testdata/AAPL.csv", "fast", "2", "slow", "4", "shares", "100", "stop", "off")
	at := func(minute int) time.Time { return time.Date(2026, 11, 9, 14, minute, 0, 0, time.UTC) }
	if len(r.Trades) != 1 || r.Closed != 1 || r.Won != 0 || r.Orders != 2 {
		t.Fatalf("trades %+v, %d orders", r.Trades, r.Orders)
	}
	tr := r.Trades[0]
	if tr.Symbol != "AAPL" || tr.Shares != 100 || !tr.Bought.Equal(at(35)) || !tr.Sold.Equal(at(38)) ||
		!tr.Paid.Equal(d("102.11")) || !tr.Got.Equal(d("99.89")) || !tr.Fees.Equal(d("2")) || !tr.Profit.Equal(d("-224")) {
		t.Errorf("trade %+v", tr)
	}
	if !r.Start.Equal(d("100000")) || !r.End.Equal(d("99776")) || !r.Fees.Equal(d("2")) || r.Bars != 10 || r.Days != 1 {
		t.Errorf("start %s, end %s, fees %s, %d bars, %d days", r.Start, r.End, r.Fees, r.Bars, r.Days)
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	near("return", r.Return, -224.0/100_000)
	near("drawdown", r.Drawdown, 412.0/100_188)
	near("time in the market", r.InMarket, 0.3)
	near("exposure", r.Exposure, (10_400.0/100_188+10_300.0/100_088+10_000.0/99_788)/10)
	if !r.FellFrom.Equal(at(36)) || !r.FellTo.Equal(at(39)) || r.HasSharpe {
		t.Errorf("fell from %s to %s; Sharpe of one day: %v", r.FellFrom, r.FellTo, r.HasSharpe)
	}
}

// TestTheJournalIsTheTraders: what it decided is there, decision by decision.
func TestTheJournalIsTheTraders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	_, err := Run(t.Context(), Config{
		Bars: "testdata/AAPL.csv", Journal: dir, Settings: settings(t, "fast", "2", "slow", "4", "shares", "100"),
	})
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	all, err := j.Decisions(t.Context(), "AAPL")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range all {
		got = append(got, fmt.Sprintf("%s %s>%s", d.Outcome, d.Held, d.Target))
	}
	want := "warm-up 0>0, warm-up 0>0, warm-up 0>0, hold 0>0, order 0>100, hold 100>100, hold 100>100, " +
		"order 100>0, hold 0>0, hold 0>0"
	if strings.Join(got, ", ") != want {
		t.Errorf("decisions\n got %s\nwant %s", strings.Join(got, ", "), want)
	}
	if _, err := Run(t.Context(), Config{Bars: "testdata/AAPL.csv", Journal: dir, Settings: settings(t)}); err == nil {
		t.Error("a journal that is there was written to")
	}
}

// walk writes a file of random bars of one symbol, in cents, over regular hours of so many days.
func walk(t testing.TB, name string, seed uint64, days int) string {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	var b strings.Builder
	b.WriteString("date,open,high,low,close,volume\n")
	price := 15_000
	day := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC) // wall-clock times of New York; a DST change follows
	for n := 0; n < days; day = day.AddDate(0, 0, 1) {
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			continue
		}
		n++
		for m := range 390 {
			open := price + r.IntN(7) - 3
			price = max(open+r.IntN(31)-15, 1000)
			fmt.Fprintf(&b, "%s,%.2f,%.2f,%.2f,%.2f,%d\n", day.Add(time.Duration(m)*time.Minute).Format(time.DateTime),
				float64(open)/100, float64(max(open, price)+r.IntN(9))/100, float64(min(open, price)-r.IntN(9))/100,
				float64(price)/100, 100+r.IntN(5000))
		}
	}
	return written(t, name, b.String())
}

func written(t testing.TB, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// trades of a run up to a time, as text.
func tradesBefore(r *Result, end time.Time) string {
	var b strings.Builder
	for _, t := range r.Trades {
		if !t.Bought.Before(end) {
			continue
		}
		fmt.Fprintf(&b, "%d at %s for %s", t.Shares, t.Bought, t.Paid)
		if !t.Sold.IsZero() && t.Sold.Before(end) {
			fmt.Fprintf(&b, ", sold at %s for %s", t.Sold, t.Got)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestNothingLooksAhead: whatever happens after a moment, everything before it is the same, for every
// strategy and size. The bars after noon of the second day are shuffled, and turned upside down.
func TestNothingLooksAhead(t *testing.T) {
	file := walk(t, "MSFT.csv", 5, 3)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(text)), "\n")
	const cut = 1 + 390 + 150 // rows: the first names the columns
	moment := time.Date(2026, 3, 3, 12, 0, 0, 0, time.FixedZone("EST", -5*3600))
	prices := func(row string) string { _, p, _ := strings.Cut(row, ","); return p }
	var other []string
	for i, n := range rand.New(rand.NewPCG(1, 1)).Perm(len(rows) - cut) {
		when, _, _ := strings.Cut(rows[cut+i], ",")
		other = append(other, when+","+prices(rows[cut+n]))
	}
	changed := written(t, "MSFT.csv", strings.Join(append(rows[:cut:cut], other...), "\n")+"\n")
	for _, flags := range [][]string{
		{"strategy", "sma-cross"},
		{"strategy", "rsi", "rsi-period", "5"},
		{"strategy", "donchian", "sizing", "fraction"},
		{"strategy", "sma-cross", "sizing", "atr", "size-atr", "5", "size-risk", "0.0003"},
	} {
		a, b := run(t, file, flags...), run(t, changed, flags...)
		before, after := tradesBefore(a, moment), tradesBefore(b, moment)
		if before != after || before == "" {
			t.Errorf("%v: before the files differ it traded\n%swith one future and\n%swith another", flags, before, after)
		}
		if end := moment.Add(48 * time.Hour); tradesBefore(a, end) == tradesBefore(b, end) {
			t.Errorf("%v: the files make no difference after they differ: the test shows nothing", flags)
		}
	}
}

// TestARunIsRepeatable: to the last digit.
func TestARunIsRepeatable(t *testing.T) {
	file := walk(t, "KO.csv", 8, 2)
	var first string
	for range 3 {
		var b bytes.Buffer
		r := run(t, file, "sizing", "fraction", "order-type", "LMT")
		if err := r.Print(&b); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = b.String()
		}
		if b.String() != first {
			t.Fatalf("two runs differ:\n%s\n%s", first, b.String())
		}
	}
}

// TestSeveralSymbolsEachWithItsStrategy: a file with a column for the symbol, and a strategy of one's own.
func TestSeveralSymbolsEachWithItsStrategy(t *testing.T) {
	var b strings.Builder
	b.WriteString("symbol,date,open,high,low,close,volume\n")
	for m := range 30 {
		for i, symbol := range []string{"AAPL", "MSFT"} {
			fmt.Fprintf(&b, "%s,2026-11-09 09:%02d:00,%[3]d,%[3]d,%[3]d,%[3]d,100\n", symbol, 30+m, 100+50*i+m)
		}
	}
	file := written(t, "two.csv", b.String())
	yaml := written(t, "trader.yaml", "strategy: {name: hold, shares: 3}\nper_symbol:\n  MSFT: {name: alternate, shares: 5}\n")
	c, err := config.Load(yaml, func(string) (string, bool) { return "", false }, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), Config{Bars: file, Settings: c})
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, tr := range r.Trades {
		count[fmt.Sprintf("%s %d", tr.Symbol, tr.Shares)]++
	}
	if len(count) != 2 || count["AAPL 3"] != 1 || count["MSFT 5"] < 14 {
		t.Errorf("trades %v", count)
	}
}

// TestTwoExitsOnOneBar: the stops of two positions give way on the same bar.
func TestTwoExitsOnOneBar(t *testing.T) {
	var b strings.Builder
	b.WriteString("symbol,date,open,high,low,close,volume\n")
	for m := range 30 {
		for i, symbol := range []string{"AAPL", "MSFT"} {
			fmt.Fprintf(&b, "%s,2026-11-09 09:%02d:00,%[3]d,%[3]d,%[3]d,%[3]d,100\n", symbol, 30+m, 100+50*i+m%2)
		}
	}
	r := run(t, written(t, "two.csv", b.String()), "strategy", "alternate", "shares", "5", "stop", "5%")
	count := map[string]int{}
	for _, tr := range r.Trades {
		count[tr.Symbol]++
	}
	if count["AAPL"] < 13 || count["MSFT"] < 13 {
		t.Errorf("round trips %v in 30 minutes", count)
	}
}

// TestBadFilesSayWhere: file, line, column, and what to do.
func TestBadFilesSayWhere(t *testing.T) {
	const head = "date,open,high,low,close,volume\n"
	for _, c := range []struct{ name, text, want string }{
		{"AAPL.csv", "", "AAPL.csv:1:1: empty file: the first row names the columns, date,open"},
		{"AAPL.csv", "when,open\n", "AAPL.csv:1:1: columns"},
		{"AAPL.csv", head, "AAPL.csv:2:1: no rows"},
		{"AAPL.csv", head + "yesterday,1,1,1,1,1\n", "AAPL.csv:2:1: date \"yesterday\": a time is 2026-11-23"},
		{"AAPL.csv", head + "2026-11-09 09:30,1,1,1,abc,1\n", "AAPL.csv:2:24: close \"abc\": not a number: digits"},
		{"AAPL.csv", head + "2026-11-09 09:30,1,1,2,1,1\n", "AAPL.csv:2:20: high \"1\" is below the bar's"},
		{"AAPL.csv", head + "2026-11-09 09:30,1,1,1,1,1\n2026-11-09 09:30,1,1,1,1,1\n", "AAPL.csv:3:1: date \"2026-11-09 09:30\" is not after"},
		{"AAPL.csv", head + "2026-11-09 09:30,1,1,1\n", "AAPL.csv:2:1: wrong number of fields"},
		{"AAPL.csv", head + "2026-11-09 09:30,1,1,1,1,1\n2026-11-09 09:35,1,1,1,1,1\n", "bars of 5m0s, and the trader decides on bars of 1m0s: give"},
		{"AAPL.csv", head + "2026-11-09 03:30,1,1,1,1,1\n2026-11-09 03:31,1,1,1,1,1\n", "no bar within the exchange's regular hours"},
		{"1x.csv", head, "1x.csv:1:1: no column symbol"},
	} {
		file := written(t, c.name, c.text)
		_, err := Run(t.Context(), Config{Bars: file, Settings: settings(t)})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v\nwant one line with %q", c.text, err, c.want)
		}
	}
	for flags, want := range map[string]string{
		"symbols IBM":              "AAPL.csv has no \"IBM\": it has [AAPL]",
		"strategy hold shares 0.5": "an order for 0.5 shares of AAPL: the exchange trades whole shares: set",
		"sizing none":              "no sizing \"none\"", "strategy magic": "no strategy \"magic\"",
	} {
		_, err := Run(t.Context(), Config{Bars: "testdata/AAPL.csv", Settings: settings(t, strings.Fields(flags)...)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", flags, err, want)
		}
	}
}

// TestLimitsHold: a backtest that ignored the limits would promise what the trader does not do.
func TestLimitsHold(t *testing.T) {
	r := run(t, "testdata/AAPL.csv", "strategy", "hold", "shares", "1000")
	if len(r.Trades) != 0 || !r.End.Equal(d("100000")) {
		t.Errorf("an order of 100,000 dollars passed a limit of 25,000: %+v", r.Trades)
	}
	if got := fmt.Sprint(r.Figures()); !strings.Contains(got, "10, the last: max-order-notional refuses: AAPL: 1000 x 99") {
		t.Errorf("the report does not say why nothing was traded: %s", got)
	}
}

// TestCommand prints what the documentation shows, and a page that needs nothing else.
func TestCommand(t *testing.T) {
	html := filepath.Join(t.TempDir(), "report.html")
	var out bytes.Buffer
	cmd := Command()
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs([]string{
		"--bars", "testdata/AAPL.csv", "--fast", "2", "--slow", "4", "--shares", "100", "--html", html,
	})
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"AAPL          100  2026-11-09 09:35       102.11  2026-11-09 09:38        99.89       2.00      -224.00\n",
		"equity             100000.00 to 99776.00\n", "return             -0.22 %\n", "fees               2.00\n",
		"┤", "Sharpe ratio       needs three days",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	doc, err := os.ReadFile("../docs/strategies.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if !strings.Contains(string(doc), strings.TrimRight(line, " \n")+"\n") {
			t.Errorf("docs/strategies.md shows another output, it lacks %q", line)
		}
	}
	text, err := os.ReadFile(html)
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"http:", "https:", "<script", "src=", "@import", "url("} {
		if strings.Contains(string(text), never) {
			t.Errorf("the page has %q", never)
		}
	}
	if !strings.Contains(string(text), "<polyline points=\"10.0,") || !strings.Contains(string(text), "-224.00") {
		t.Errorf("the page has no line or no trade:\n%s", text)
	}
	cmd.SetArgs([]string{"--bars", ""})
	if code, ok := exit.Of(cmd.ExecuteContext(t.Context())); !ok || code != exit.Usage {
		t.Errorf("without bars: exit code %d", code)
	}
}
