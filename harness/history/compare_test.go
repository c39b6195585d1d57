package history

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ibsoak/harness"
)

const ms = harness.Moment(time.Millisecond)

// run is a record of so many lives. Dialling takes some milliseconds, and added more.
func run(lives int, seed uint64, added harness.Moment) *harness.Record {
	random := rand.New(rand.NewPCG(seed, 2))
	r := &harness.Record{Header: harness.Header{
		Version: harness.RecordVersion, TimeScale: 1, Command: []string{"/tmp/go-build1/trader", "--x"},
		Scenario: harness.Scenario{
			Name: "ten", Subject: harness.Subject{Mode: harness.Once, Runs: lives},
			Checks: []harness.Check{{Name: "completed-handshakes", Want: lives}},
		},
		Started: time.Date(2026, 3, 2, 15, 30, 0, 0, time.UTC),
	}}
	for n := 1; n <= lives; n++ {
		at := harness.Moment(n) * 1000 * ms
		dial := 2*ms + harness.Moment(random.Int64N(int64(4*ms))) + added
		step := harness.Moment(random.Int64N(int64(ms)))
		r.Lives = append(r.Lives, harness.Life{Number: n, Started: at, Exited: at + 900*ms, EndedBy: harness.EndedItself})
		r.Connections = append(r.Connections, harness.Connection{
			ID: n, Life: n, Preamble: true, Accepted: at, PreambleRead: at + dial, VersionSent: at + dial + step + 1,
			StartAPIRead: at + dial + 2*step + 2, BootstrapSent: at + dial + 3*step + 3, FirstRequested: at + dial + 4*step + 4,
			ClientFIN: at + 800*ms, GatewayFIN: at + 801*ms, Closed: at + 801*ms, ClosedFirst: "client",
		})
	}
	r.Footer = harness.Footer{Ended: harness.Moment(lives+1) * 1000 * ms, Stop: harness.StopDone}
	return r
}

func compared(t *testing.T, a, b *harness.Record) Comparison {
	t.Helper()
	c, err := Compare(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c Comparison) phase(name string) PhaseChange {
	for _, p := range c.Phases {
		if p.Phase == name {
			return p
		}
	}
	return PhaseChange{}
}

func TestSlowerPhase(t *testing.T) {
	c := compared(t, run(40, 1, 0), run(40, 2, 5*ms))
	if p := c.phase("dial"); p.Verdict != Slower || p.P > 1e-6 || p.Effect < 0.9 || p.NA != 40 || p.B <= p.A {
		t.Errorf("%+v", p)
	}
	if p := c.phase("version"); p.Verdict != Same {
		t.Errorf("%+v", p)
	}
	if !c.Worse() || !c.Shown() {
		t.Error("it is not worse")
	}
	back := compared(t, run(40, 2, 5*ms), run(40, 1, 0))
	if p := back.phase("dial"); p.Verdict != Faster || p.Effect > 0.1 || back.Worse() {
		t.Errorf("the other way round: %+v", p)
	}
}

// TestSameRunsDoNotDiffer compares two hundred pairs of runs of the same trader.
func TestSameRunsDoNotDiffer(t *testing.T) {
	worse := 0
	for seed := range uint64(200) {
		if compared(t, run(30, 2*seed, 0), run(30, 2*seed+1, 0)).Worse() {
			worse++
		}
	}
	if worse > 2 { // p is 0.01, and the median must move as well
		t.Errorf("%d of 200 pairs of the same trader are worse", worse)
	}
}

func TestTooFew(t *testing.T) {
	c := compared(t, run(leastEach-1, 1, 0), run(40, 2, 50*ms))
	if p := c.phase("dial"); p.Verdict != TooFew || c.Shown() {
		t.Errorf("%+v", p)
	}
	if p := compared(t, run(leastEach, 1, 0), run(leastEach, 2, 50*ms)).phase("dial"); p.Verdict != Slower {
		t.Errorf("with the least that it takes: %+v", p)
	}
	broken := run(40, 2, 0)
	broken.Footer.Errors = []string{"the harness fell over"}
	if compared(t, run(40, 1, 0), broken).Shown() {
		t.Error("a run that shows nothing was compared")
	}
}

func TestChecksThatChange(t *testing.T) {
	a, b := run(10, 1, 0), run(10, 1, 0)
	b.Connections[3].FirstRequested = 0
	b.Header.Seed = 7
	c := compared(t, a, b)
	if len(c.Checks) != 1 || c.Checks[0].A != harness.Pass || c.Checks[0].B != harness.Fail || !c.Worse() {
		t.Errorf("%+v", c.Checks)
	}
	if len(c.Other) != 1 || c.Other[0] != "seed: 0 and 7" {
		t.Errorf("%q", c.Other)
	}
	for _, x := range []struct {
		CheckChange
		worse bool
	}{
		{CheckChange{A: harness.Pass, B: harness.Inconclusive}, true},
		{CheckChange{A: harness.Inconclusive, B: harness.Pass}, false},
		{CheckChange{A: harness.Fail, B: harness.Inconclusive}, false},
		{CheckChange{A: harness.Pass}, true}, // it is not asked any more
		{CheckChange{B: harness.Fail}, true},
		{CheckChange{A: harness.Pass, B: harness.Inconclusive, Informational: true}, false},
	} {
		if x.Worse() != x.worse {
			t.Errorf("%+v: worse %t", x.CheckChange, x.Worse())
		}
	}
}

func TestWhatCannotBeCompared(t *testing.T) {
	other, fast := run(10, 1, 0), run(10, 1, 0)
	other.Header.Scenario.Name, fast.Header.TimeScale = "eleven", 60
	for says, b := range map[string]*harness.Record{"two scenarios, ten and eleven": other, "time scales are 1 and 60": fast} {
		if _, err := Compare(run(10, 1, 0), b); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}
