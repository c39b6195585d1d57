package campaign_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
	"ibsoak/trader/cli"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

var wholeMonth = flag.Bool("month", false, "a month of nights in place of four of them; see make month")

// The pace of the calendar: a day takes twelve seconds.
const (
	monthScale = 7200
	// blindAfter is the trader's own, in real time: an hour of the calendar.
	blindAfter = 500 * time.Millisecond
	// toldWithin is how much longer it may take until the exit record says so: a cycle that follows an order to its
	// deadline, and whose questions are asked twice.
	toldWithin = 4 * time.Second
	// exitDeadline is how long an order is followed, and how long an exit waits for its stop to give way.
	exitDeadline = time.Second
	// supervised is the pause of a supervisor before it starts a trader again.
	supervised = 200 * time.Millisecond
)

// span is a part of the calendar.
type span struct{ from, to time.Time }

// calendar is what happens besides the nights of profile nightly: its restart every night, IBKR's own resets,
// the cold start on Sundays.
type calendar struct {
	span
	away      span // the Gateway has lost IBKR's servers
	down      span // nothing listens
	elsewhere span // it is logged in to another account
	liquidate time.Time
}

// newYork is a time in New York.
func newYork(t *testing.T, month time.Month, day, hour, minute int) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, month, day, hour, minute, 0, 0, zone)
}

// march is a month in which summer time begins; short is its second weekend, at which it does, and the days around it.
func march(t *testing.T, short bool) calendar {
	t.Helper()
	at := func(day, hour int) time.Time { return newYork(t, time.March, day, hour, 0) }
	if short {
		return calendar{
			// There are hours, which are seconds, to hold something that can be liquidated, and to come back.
			span: span{at(5, 11), at(10, 21)}, liquidate: at(9, 10),
			away: span{at(6, 5), at(6, 20)}, down: span{at(7, 8), at(7, 22)}, elsewhere: span{at(9, 13), at(9, 23)},
		}
	}
	return calendar{
		span: span{at(1, 17), at(31, 17)}, liquidate: at(17, 13),
		away: span{at(4, 10), at(5, 10)}, down: span{at(10, 11), at(11, 11)}, elsewhere: span{at(13, 11), at(13, 22)},
	}
}

// The nights end an outage for a moment, whatever it is: the Gateway restarts before midnight, and IBKR's own resets
// find its servers again after it. Within these times of midnight anything may be.
const (
	beforeReset = 20 * time.Minute
	afterReset  = 30 * time.Minute
)

// parts are what of a span is not around midnight.
func (s span) parts() []span {
	night := time.Date(s.to.Year(), s.to.Month(), s.to.Day(), 0, 0, 0, 0, s.to.Location())
	if !night.After(s.from) {
		return []span{s}
	}
	return []span{{s.from, night.Add(-beforeReset)}, {night.Add(afterReset), s.to}}
}

// blind are the spans in which the trader can see nothing.
func (c calendar) blind() map[string][]span {
	return map[string][]span{"away": c.away.parts(), "down": c.down.parts(), "elsewhere": {c.elsewhere}}
}

// faults are the calendar's events as a schedule has them.
func (c calendar) faults() []fault.Fault {
	at := func(id string, when time.Time, what fault.What) fault.Fault {
		return fault.Fault{ID: id, When: fault.When{At: new(fault.Duration(when.Sub(c.from)))}, What: what}
	}
	login := func(account string) fault.What {
		return fault.What{Do: fault.Operate, Operation: fault.LogIn, Accounts: []string{account}}
	}
	var out []fault.Fault
	for i, part := range c.away.parts() {
		out = append(out, at(fmt.Sprintf("away-%d", i), part.from, fault.What{Do: fault.Operate, Operation: fault.ConnectionLost}))
	}
	if c.down.from.IsZero() {
		return out
	}
	for i, part := range c.down.parts() {
		out = append(out, at(fmt.Sprintf("down-%d", i), part.from, fault.What{Do: fault.Restart, Downtime: &fault.Downtime{
			Refused: fault.Duration(part.to.Sub(part.from)),
		}}))
	}
	return append(out,
		at("back", c.away.to, fault.What{Do: fault.Operate, Operation: fault.ConnectionRestored}),
		at("elsewhere", c.elsewhere.from, login("DU9000002")),
		at("home", c.elsewhere.to, login(account)),
	)
}

// look is what exit.json said at a time of the calendar.
type look struct {
	at    time.Time
	ready bool
	code  exit.Code
}

// month is a supervised trader under a calendar.
type month struct {
	t          *testing.T
	more       []string // arguments of every life
	cal        calendar
	gw         *fakegateway.Server
	began      time.Time
	dir        string
	lives      int
	exits      map[int]int // by code
	looks      []look
	liquidated int64
}

// TestMonth runs the trader through nights, weekends, outages, another login and a liquidation, under a
// supervisor that starts it again, and judges by the Gateway's books, ledger and transcript.
func TestMonth(t *testing.T) {
	skipWithoutSignals(t)
	// At this scale 0.2 s of this machine are 24 minutes of the Gateway's.
	const tries, starved = 3, 200 * time.Millisecond
	for try := 1; ; try++ {
		m := newMonth(t, march(t, !*wholeMonth))
		late := latest(m.run)
		bad := m.judged()
		if len(bad) == 0 {
			return
		}
		if try == tries || late < starved {
			t.Fatalf("in %s, on a machine that was up to %s late:\n\t%s", m.dir, late, few(bad))
		}
		t.Logf("try %d does not count: the machine was %s late, and\n\t%s", try, late, few(bad))
	}
}

// latest is how late a thread beside the work was at most.
func latest(work func()) (late time.Duration) {
	const every = 10 * time.Millisecond
	done, measured := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(measured)
		for due := time.Now().Add(every); ; due = time.Now().Add(every) {
			select {
			case <-time.After(every):
				late = max(late, time.Since(due))
			case <-done:
				return
			}
		}
	}()
	work()
	close(done)
	<-measured
	return late
}

// judged is what was wrong with the month.
func (m *month) judged() (bad []string) {
	t := m.t
	truth := m.gw.Books()
	mine := m.books()
	bad = differences(truth, mine)
	bad = append(bad, outsideGate(m.gw.Transcript())...)
	bad = append(bad, outsideHours(truth.Orders, monthScale)...)
	for _, symbol := range []string{"AAPL", "KO"} {
		bad = append(bad, exposure(truth, account, symbol, shares)...)
	}
	bad = append(bad, m.recoveries()...)
	bad = append(bad, m.blindness()...)
	bad = append(bad, m.ends()...)
	if n := m.gw.TranscriptDropped(); n > 0 {
		bad = append(bad, fmt.Sprintf("%d frames of the transcript were not kept", n))
	}
	if m.liquidated == 0 {
		bad = append(bad, "nothing was liquidated: nothing was held")
	}
	sessions := map[int]int{}
	for _, c := range m.gw.Connections() {
		if !c.FirstRequested.IsZero() {
			sessions[c.Epoch]++
		}
	}
	t.Logf("%s to %s in %s: %d restarts, %d connections, %d lives, exits %v, %d orders, %d executions, %d frames",
		m.cal.from.Format(time.DateTime), m.cal.to.Format(time.DateTime), time.Since(m.began).Round(time.Second),
		len(sessions)-1, len(m.gw.Connections()), m.lives, m.exits, len(truth.Orders), len(truth.Executions),
		len(m.gw.Transcript()))
	return bad
}

func newMonth(t *testing.T, cal calendar) *month {
	t.Helper()
	var cfg fakegateway.Config
	cfg.Seed, cfg.Profile, cfg.SessionsOnly = 1, "nightly", true
	cfg.Clock = fakegateway.Clock{Start: cal.from, Scale: monthScale}
	cfg.TranscriptFrames = 1 << 20
	cfg.FillLatency, cfg.MaxFillShares = time.Minute, 2
	cfg.Schedule.Faults = cal.faults()
	gw, err := fakegateway.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "ibsoak-month-") //nolint:usetesting // what failed is to be looked at
	if err != nil {
		t.Fatal(err)
	}
	m := &month{t: t, cal: cal, gw: gw, began: time.Now(), dir: dir, exits: map[int]int{}}
	t.Cleanup(func() {
		if err := gw.Close(); err != nil {
			t.Error(err)
		}
		if !t.Failed() {
			_ = os.RemoveAll(dir)
		}
	})
	return m
}

func (m *month) now() time.Time {
	return m.cal.from.Add(time.Duration(float64(time.Since(m.began)) * monthScale))
}

// run supervises until the calendar is over, then ends the trader with SIGTERM.
func (m *month) run() {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), time.Duration(float64(m.cal.to.Sub(m.cal.from))/monthScale))
	defer cancel()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		m.watch(ctx)
	}()
	for ctx.Err() == nil {
		m.life(ctx)
		pause := time.NewTimer(supervised)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
		}
	}
	<-watched
}

func (m *month) life(ctx context.Context) {
	m.t.Helper()
	log, err := os.OpenFile(filepath.Join(m.dir, "trader.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		m.t.Fatal(err)
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		m.t.Fatal(err)
	}
	host, port := m.gw.HostPort()
	args := append([]string{
		traderWord, "--host", host, "--port", strconv.Itoa(port),
		"--state", filepath.Join(m.dir, "state"), "--symbols", "AAPL,KO", "--strategy", "alternate",
		"--shares", strconv.Itoa(shares), "--interval", "50ms",
		"--request-timeout", "1s", "--order-deadline", exitDeadline.String(), "--reconnect-base", "50ms", "--blind-after", blindAfter.String(),
		"--on-zombies", "warn", "--zombie-limit", "1ms", "--account", account,
	}, slices.Concat(unlimited(), fastClock(), aroundMidnight, m.more)...)
	cmd := exec.CommandContext(m.t.Context(), self, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.lives++
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	defer stop()
	_ = cmd.Wait()
	m.exits[cmd.ProcessState.ExitCode()]++
}

// watch reads the exit record, as a supervisor does, and liquidates when its day has come and shares are held.
func (m *month) watch(ctx context.Context) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		var record cli.Record
		text, err := os.ReadFile(filepath.Join(m.dir, "state", cli.RecordName))
		if err == nil && json.Unmarshal(text, &record) == nil {
			m.looks = append(m.looks, look{m.now(), record.Ready, record.Code})
		}
		if m.liquidated == 0 && m.now().After(m.cal.liquidate) && m.gw.Books().Holding(account, "AAPL") > 0 {
			if closed, err := m.gw.Liquidate(account, 0); err == nil {
				for _, x := range closed {
					m.liquidated += x.Shares
				}
			}
		}
	}
}

// recoveries wants one session that was asked something for each time that the Gateway came up. While another
// account is logged in the supervisor tries again and again, and each try ends by itself.
func (m *month) recoveries() (bad []string) {
	sessions := map[int]int{}
	first := map[int]time.Time{}
	for _, c := range m.gw.Connections() {
		if _, met := first[c.Epoch]; !met {
			first[c.Epoch] = c.Accepted
		}
		if !c.FirstRequested.IsZero() {
			sessions[c.Epoch]++
		}
	}
	last := 0
	for epoch, began := range first {
		last = max(last, epoch)
		at := m.cal.from.Add(time.Duration(float64(began.Sub(m.began)) * monthScale))
		if !at.Before(m.cal.elsewhere.from) && at.Before(m.cal.elsewhere.to) {
			continue
		}
		next, ended := first[epoch+1]
		short := ended && next.Sub(began) < longestWait
		if n := sessions[epoch]; n > 1 || n == 0 && !short {
			bad = append(bad, fmt.Sprintf("recovery: %d sessions after restart %d, at %s", n, epoch, at.Format(time.DateTime)))
		}
	}
	if planned := m.cal.restarts(); last < planned {
		bad = append(bad, fmt.Sprintf("recovery: the Gateway came up %d times again, %d are planned", last, planned))
	}
	slices.Sort(bad)
	return bad
}

// longestWait is the trader's longest pause between two attempts, and some: a Gateway that was up for less may
// have been missed.
const longestWait = 4 * time.Second

// restarts is how often the Gateway comes up again: each night, on Sundays, after outages and with each login.
func (c calendar) restarts() int {
	n := len(c.down.parts()) + 2
	for day := c.from; day.Before(c.to); day = day.AddDate(0, 0, 1) {
		night := time.Date(day.Year(), day.Month(), day.Day(), 23, 45, 0, 0, day.Location())
		if night.Before(c.to) {
			n++
		}
		if cold := night.Add(-16 * time.Hour); cold.Weekday() == time.Sunday && cold.After(c.from) && cold.Before(c.to) {
			n++
		}
	}
	return n
}

// blindness wants the exit record to say within the trader's time that it is blind in each long outage, all
// through it, and that it is not any more afterwards.
func (m *month) blindness() (bad []string) {
	for name, parts := range m.cal.blind() {
		for _, part := range parts {
			if !part.from.IsZero() {
				bad = append(bad, m.blindIn(name, part)...)
			}
		}
	}
	return bad
}

// blindIn is blindness of one span.
func (m *month) blindIn(name string, s span) (bad []string) {
	late := time.Duration(float64(blindAfter+toldWithin) * monthScale)
	seen, well := 0, false
	for _, l := range m.looks {
		running := l.code == cli.Running
		switch {
		case l.at.After(s.from.Add(late)) && l.at.Before(s.to):
			seen++
			if running && l.ready {
				bad = append(bad, fmt.Sprintf("blind: %s since %s, and at %s the record says ready", name,
					s.from.Format(time.DateTime), l.at.Format(time.DateTime)))
			}
		case l.at.After(s.to) && running && l.ready:
			well = true
		}
	}
	if !well {
		bad = append(bad, fmt.Sprintf("blind: never ready again after %s", name))
	}
	if seen == 0 {
		bad = append(bad, fmt.Sprintf("blind: nobody looked during %s", name))
	}
	return bad
}

// ends wants each life to end as it should: by another account's login, or by SIGTERM in good order.
func (m *month) ends() (bad []string) {
	for code, n := range m.exits {
		if code != int(exit.OK) && code != int(exit.WrongAccount) {
			bad = append(bad, fmt.Sprintf("exit: %d lives ended with %d %s", n, code, exit.Code(code)))
		}
	}
	if m.exits[int(exit.OK)] != 1 {
		bad = append(bad, fmt.Sprintf("exit: %d lives ended with 0, want the last one only", m.exits[int(exit.OK)]))
	}
	return bad
}

func (m *month) books() journal.Books {
	m.t.Helper()
	b, err := journal.ReadBooks(m.t.Context(), filepath.Join(m.dir, "state"))
	if err != nil {
		m.t.Fatal(err)
	}
	return b
}

// TestMonthCatches shows that blindness which nobody is told of is found, and an order outside the gate.
func TestMonthCatches(t *testing.T) {
	skipWithoutSignals(t)
	m := dayOfSilence(t)
	if !slices.ContainsFunc(m.blindness(), func(b string) bool { return strings.Contains(b, "the record says ready") }) {
		t.Errorf("a trader that never says that it is blind was not found: %v of %d looks", m.blindness(), len(m.looks))
	}
	if bad := outsideGate(m.gw.Transcript()); len(bad) > 0 {
		t.Errorf("it ordered outside its gate: %v", bad)
	}
	for name, c := range gateFrames() {
		if bad := outsideGate(c.frames); len(bad) != c.bad {
			t.Errorf("%s: %v, want %d", name, bad, c.bad)
		}
	}
	for name, c := range hourOrders(t) {
		if bad := outsideHours([]exchange.Order{c.order}, monthScale); len(bad) != c.bad {
			t.Errorf("%s: %v, want %d", name, bad, c.bad)
		}
	}
}

type hourCase struct {
	order exchange.Order
	bad   int
}

// hourOrders are orders around the close, and on a Saturday.
func hourOrders(t *testing.T) map[string]hourCase {
	t.Helper()
	order := func(day, hour int, action exchange.Action, kind exchange.OrderType) exchange.Order {
		return exchange.Order{OrderID: 1, Symbol: "AAPL", Action: action, Type: kind, PlacedAt: newYork(t, time.March, day, hour, 30)}
	}
	return map[string]hourCase{
		"an entry in hours":               {order(5, 15, exchange.Buy, exchange.MarketOrder), 0},
		"an entry that was on its way":    {order(5, 16, exchange.Buy, exchange.MarketOrder), 0},
		"an entry an hour too late":       {order(5, 17, exchange.Buy, exchange.MarketOrder), 1},
		"an exit that waited for a stop":  {order(5, 18, exchange.Sell, exchange.MarketOrder), 0},
		"an exit that waited too long":    {order(5, 19, exchange.Sell, exchange.MarketOrder), 1},
		"an exit before the opening":      {order(5, 8, exchange.Sell, exchange.MarketOrder), 1},
		"an exit on a Saturday":           {order(7, 12, exchange.Sell, exchange.MarketOrder), 1},
		"a stop, which waits for a price": {order(7, 12, exchange.Sell, exchange.StopOrder), 0},
	}
}

// dayOfSilence is a day in which the Gateway loses IBKR's servers and the trader says nothing of it. One that was
// not ready before that had nothing to be silent about: the day is made again.
func dayOfSilence(t *testing.T) *month {
	t.Helper()
	at := func(hour int) time.Time { return newYork(t, time.March, 5, hour, 0) }
	const tries = 3
	for range tries {
		m := newMonth(t, calendar{span: span{at(1), at(23)}, away: span{at(10), at(22)}, liquidate: at(24)})
		m.more = []string{"--blind-after", "1000h"}
		m.run()
		if slices.ContainsFunc(m.looks, func(l look) bool { return l.ready && l.at.Before(m.cal.away.from) }) {
			return m
		}
	}
	t.Fatalf("the trader was not ready in its first %s in %d days", time.Duration(float64(at(10).Sub(at(1)))/monthScale), tries)
	return nil
}
