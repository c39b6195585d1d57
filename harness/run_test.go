package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway/fault"
)

// soaked runs a subject's habit under a scenario, checks what holds for every run, and gives the
// record and the verdict. What a busy machine left undecided is run again, three times at most.
func soaked(t *testing.T, habit string, s Scenario, o Options) (r *Record, v Verdict) {
	t.Helper()
	for range 3 {
		r, v = soakedOnce(t, habit, s, o)
		if v.Outcome != Inconclusive || !crowded(r) {
			break
		}
	}
	return r, v
}

// crowded reports a run during which this machine had much else to do.
func crowded(r *Record) bool {
	return slices.ContainsFunc(r.Loads, func(l MachineLoad) bool {
		return l.Crowd > 2 || time.Duration(l.Delay) > 100*time.Millisecond
	})
}

func soakedOnce(t *testing.T, habit string, s Scenario, o Options) (*Record, Verdict) {
	t.Helper()
	s.Name, s.Summary = "test", "A test."
	o.Command, o.Bundled, o.Seed, o.OutDir = subject(t, habit), true, 1, t.TempDir()
	r, err := Run(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	v := Judge(r)
	loaded, err := Load(o.OutDir)
	if err != nil {
		t.Fatal(err)
	}
	var live, again bytes.Buffer
	if err := errors.Join(WriteJSON(&live, v), WriteJSON(&again, Judge(loaded))); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(live.Bytes(), again.Bytes()) {
		t.Errorf("verdict on the loaded record\n%s\nwant\n%s", again.String(), live.String())
	}
	if left := tagged(t, r); len(left) > 0 {
		t.Errorf("the run left %v", left)
	}
	if t.Failed() || testing.Verbose() {
		t.Logf("%s: %s\n%s", v.Outcome, v.Sentence, stderrOf(r))
	}
	return r, v
}

// tagged are the processes of the machine that any life of the run has started.
func tagged(t *testing.T, r *Record) []string {
	t.Helper()
	rows, err := readProcesses()
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, row := range rows {
		if strings.HasPrefix(tagOf(row.pid), r.Header.Run+"-") {
			left = append(left, fmt.Sprintf("%s (pid %d)", commandOf(row), row.pid))
		}
	}
	return left
}

// wants fails the test unless the verdict is the outcome and every named check contributed to it.
func wants(t *testing.T, r *Record, v Verdict, want Outcome, checks ...string) {
	t.Helper()
	if v.Outcome != want {
		t.Errorf("outcome %s (%s)\nwant    %s\n%s", v.Outcome, v.Sentence, want, stderrOf(r))
	}
	for _, name := range checks {
		i := slices.IndexFunc(v.Findings, func(f Finding) bool { return f.Check == name })
		if i < 0 || v.Findings[i].Outcome != want {
			t.Errorf("check %s: %+v\nwant %s", name, v.Findings, want)
		}
	}
}

func checks(names ...string) []Check {
	var out []Check
	for _, name := range names {
		out = append(out, Check{Name: name})
	}
	return out
}

func TestRunOnce(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Subject: Subject{Mode: Once, Runs: 3},
		Checks: append(checks("exit-codes", "no-zombies-at-gateway", "no-zombies-at-trader",
			"one-connection-per-client", "complete-preambles", "first-bytes", "books-add-up", "oracles-agree"),
			Check{Name: "completed-handshakes", Want: 3}),
	}
	r, v := soaked(t, "work", s, Options{})
	wants(t, r, v, Pass)
	if len(r.Cycles) != 3 || len(r.Lives) != 3 || len(r.Looks) != 3 || v.Passed != 3 {
		t.Errorf("%d cycles, %d lives, %d looks, %d passed; want 3 of each", len(r.Cycles), len(r.Lives), len(r.Looks), v.Passed)
	}
	for i, c := range r.subjects() {
		if c.Life != i+1 || !c.completed() || c.ClientID == nil || *c.ClientID != 1 {
			t.Errorf("connection %d: life %d, client id %v, completed %v", c.ID, c.Life, c.ClientID, c.completed())
		}
	}
	for _, name := range []string{TranscriptFile, ScheduleFile, "life-001.stdout.log", "life-003.stderr.log"} {
		if _, err := os.Stat(filepath.Join(r.Dir, name)); err != nil {
			t.Errorf("beside the record: %v", err)
		}
	}
	if err := Publish(r.Dir, v); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{VerdictFile, ReportFile, JUnitFile} {
		if _, err := os.Stat(filepath.Join(r.Dir, name)); err != nil {
			t.Errorf("published: %v", err)
		}
	}
	if _, err := Run(t.Context(), r.Header.Scenario, Options{Command: []string{"true"}, OutDir: r.Dir}); err == nil ||
		!strings.Contains(err.Error(), "holds a record already") {
		t.Errorf("a second run into the same directory: %v", err)
	}
}

func TestRunContinuous(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Subject: Subject{Mode: Continuous, Interval: 2 * time.Second, Cycles: 20},
		Checks: append(checks("sigterm", "steady-fds", "steady-threads", "no-zombies-at-gateway"),
			Check{Name: "one-connection", Want: 1}, Check{Name: "cycles", Want: 20}),
	}
	r, v := soaked(t, "work", s, Options{TimeScale: 100})
	wants(t, r, v, Pass)
	if n := len(r.cycleSamples()); n < 18 {
		t.Errorf("%d samples at cycles after warm-up, want 18 or more", n)
	}
	for _, sample := range r.Samples {
		if sample.FDs < 4 || sample.Threads < 1 || sample.RSSBytes < 1<<20 {
			t.Errorf("sample %+v is not of a living process", sample)
		}
	}
	if l := r.Lives[0]; l.EndedBy != EndedSIGTERM || l.TermSent == 0 || r.Footer.Stop != StopDone {
		t.Errorf("ended by %s, stop %s", l.EndedBy, r.Footer.Stop)
	}
}

func TestRunForATime(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Subject: Subject{Mode: Continuous, Interval: 20 * time.Second, For: 40 * time.Second},
		Checks:  checks("sigterm", "cycles"),
	}
	for _, habit := range []string{"work", "wakes"} { // a start is no part of the time
		r, v := soaked(t, habit, s, Options{TimeScale: 100})
		wants(t, r, v, Pass)
		if len(r.Cycles) == 0 {
			continue
		}
		if took := r.Lives[0].TermSent.Since(r.Cycles[0].Requested); took < 400*time.Millisecond {
			t.Errorf("%s: stopped %s after its first cycle, want 40 s at time scale 100", habit, took)
		}
	}
}

func TestRunFindsProbes(t *testing.T) {
	t.Parallel()
	s := Scenario{Subject: Subject{Mode: Once, Runs: 1}, Checks: checks("complete-preambles")}
	r, v := soaked(t, "probe", s, Options{})
	wants(t, r, v, Fail, "complete-preambles")
}

func TestRunFindsTwoConnections(t *testing.T) {
	t.Parallel()
	s := Scenario{Subject: Subject{Mode: Once, Runs: 1}, Checks: checks("one-connection-per-client")}
	r, v := soaked(t, "twice", s, Options{})
	wants(t, r, v, Fail, "one-connection-per-client")
}

// TestRunKillsTheDeaf shows that a subject that ignores SIGTERM ends by SIGKILL and fails.
func TestRunKillsTheDeaf(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Subject: Subject{Mode: Continuous, Interval: 50 * time.Millisecond, Cycles: 2},
		Checks:  []Check{{Name: "sigterm", Within: 300 * time.Millisecond}},
	}
	const grace = 400 * time.Millisecond
	r, v := soaked(t, "deaf", s, Options{termGrace: grace})
	wants(t, r, v, Fail, "sigterm")
	if l := r.Lives[0]; l.EndedBy != EndedSIGKILL || l.KillSent.Since(l.TermSent) < grace {
		t.Errorf("ended by %s, SIGKILL %s after SIGTERM", l.EndedBy, l.KillSent.Since(l.TermSent))
	}
	for _, sample := range r.Samples {
		if sample.At > r.Lives[0].TermSent {
			t.Errorf("sampled at %s, told to end at %s", sample.At, r.Lives[0].TermSent)
		}
	}
}

func TestRunEndsLeftovers(t *testing.T) {
	t.Parallel()
	s := Scenario{Subject: Subject{Mode: Once, Runs: 1}, Checks: checks("exit-codes")}
	r, v := soaked(t, "orphan", s, Options{})
	wants(t, r, v, Pass)
	if l := r.Lives[0]; len(l.Leftovers) != 1 {
		t.Fatalf("leftovers %v, want one", l.Leftovers)
	}
}

func TestRunKillsAtAPoint(t *testing.T) {
	t.Parallel()
	points := map[string]fault.When{
		"phase":   {Phase: fault.BootstrapSent},
		"inbound": {Inbound: "reqHistoricalData", Nth: 2},
		"bytes":   {BytesOut: new(int64(1))},
	}
	for name, when := range points {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Scenario{
				Subject: Subject{Mode: Once, Runs: 2, KillAt: &when},
				Checks:  checks("no-zombies-at-gateway"),
			}
			// The scenario is one of single cycles; the subject goes on, to be there for the kill.
			s.Subject.Args = []string{"--interval", "20ms"}
			r, v := soaked(t, "work", s, Options{})
			wants(t, r, v, Pass, "no-zombies-at-gateway")
			for _, l := range r.Lives {
				if l.EndedBy != EndedKillAt || l.Signal == "" || l.KillPoint == "" {
					t.Errorf("life %d: %+v", l.Number, l)
				}
			}
		})
	}
}

func TestRunNeverDialled(t *testing.T) {
	t.Parallel()
	s := Scenario{Subject: Subject{Mode: Once, Runs: 10}, Checks: checks("exit-codes", "first-bytes")}
	r, v := soaked(t, "hang", s, Options{dialWithin: 100 * time.Millisecond})
	wants(t, r, v, Inconclusive, "exit-codes", "first-bytes")
	if len(r.Lives) != 1 || r.Footer.Stop != StopNeverDialed || r.Lives[0].EndedBy != EndedNoDial {
		t.Errorf("%d lives, stop %s; want one life and never-dialled", len(r.Lives), r.Footer.Stop)
	}
}

func TestRunRefusalSpeaks(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Gateway: Gateway{PlantedZombies: 2}, Subject: Subject{Mode: Once, Runs: 2},
		Checks: []Check{
			{Name: "classified", Exits: []int{20}, Within: 5 * time.Second},
			{Name: "one-connection"},
			{Name: "oracles-agree"},
		},
	}
	r, v := soaked(t, "refuses", s, Options{})
	wants(t, r, v, Pass)
	if n := v.Sockets[0]; n.Planted != 2 || n.Zombies != 0 {
		t.Errorf("sockets %+v; want 2 planted and no zombie of the subject's", n)
	}
}

// TestRunStops shows that a subject whose work never comes ends the run as a failure of the
// subject, by its own timer or by the scenario's limit, and that an interrupt leaves it open.
func TestRunStops(t *testing.T) {
	t.Parallel()
	mute := []fault.Fault{{ID: "mute", When: fault.When{Inbound: "reqHistoricalData", Nth: 2}, What: fault.What{Do: fault.StopWriting}}}
	s := Scenario{
		Gateway: Gateway{Faults: mute},
		Subject: Subject{Mode: Continuous, Interval: 10 * time.Millisecond, Cycles: 5},
		Checks:  []Check{{Name: "cycles", Want: 5}},
	}
	t.Run("stalled", func(t *testing.T) {
		t.Parallel()
		r, v := soaked(t, "work", s, Options{margin: 300 * time.Millisecond})
		wants(t, r, v, Fail, "cycles")
		if r.Footer.Stop != StopStalled {
			t.Errorf("stop %s", r.Footer.Stop)
		}
	})
	t.Run("limit", func(t *testing.T) {
		t.Parallel()
		limited := s
		limited.Limit = 400 * time.Millisecond
		r, v := soaked(t, "work", limited, Options{})
		wants(t, r, v, Fail, "cycles")
		if r.Footer.Stop != StopLimit || !strings.Contains(v.Sentence, "the scenario's limit of 400ms was reached") {
			t.Errorf("stop %s: %s", r.Footer.Stop, v.Sentence)
		}
	})
	t.Run("interrupted while the Gateway starts", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		early := s
		early.Name = "test"
		r, err := Run(ctx, early, Options{Command: subject(t, "work"), OutDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		if v := Judge(r); v.Outcome != Inconclusive || r.Footer.Stop != StopInterrupted ||
			!strings.Contains(v.Sentence, "it was interrupted") {
			t.Errorf("%s, stop %s: %s", v.Outcome, r.Footer.Stop, v.Sentence)
		}
		if _, err := os.Stat(filepath.Join(r.Dir, RecordFile)); err != nil {
			t.Error(err)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		interrupted := s
		interrupted.Name = "test"
		r, err := Run(ctx, interrupted, Options{
			Command: subject(t, "work"), OutDir: t.TempDir(),
			Progress: func(p Progress) {
				if p.Cycles > 0 {
					cancel()
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		v := Judge(r)
		if v.Outcome != Inconclusive || r.Footer.Stop != StopInterrupted ||
			!strings.Contains(v.Sentence, "it was interrupted") {
			t.Errorf("%s, stop %s: %s", v.Outcome, r.Footer.Stop, v.Sentence)
		}
	})
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	good := Scenario{Name: "test", Subject: Subject{Mode: Once, Runs: 1}, Checks: checks("exit-codes")}
	cases := []struct {
		name   string
		change func(*Scenario, *Options)
		says   string
	}{
		{"no command", func(_ *Scenario, o *Options) { o.Command = nil }, "no command"},
		{"no name", func(s *Scenario, _ *Options) { s.Name = "../up" }, "name"},
		{"no check", func(s *Scenario, _ *Options) { s.Checks = nil }, "no checks"},
		{"unknown check", func(s *Scenario, _ *Options) { s.Checks = checks("no-ghosts") }, `find check "no-ghosts"`},
		{"no runs", func(s *Scenario, _ *Options) { s.Subject.Runs = 0 }, "runs 0"},
		{"no end", func(s *Scenario, _ *Options) { s.Subject = Subject{Mode: Continuous, Interval: 1} }, "would not end"},
		{"no mode", func(s *Scenario, _ *Options) { s.Subject.Mode = "" }, `mode ""`},
		{"kill points without an interval", func(s *Scenario, _ *Options) {
			s.Subject.KillPoints = []fault.When{{Phase: fault.Accepted}}
		}, "killPoints"},
		{"kill points by the clock", func(s *Scenario, _ *Options) {
			s.Subject.KillPoints, s.Subject.Interval = []fault.When{{At: new(fault.Duration)}}, 1
		}, "kill at"},
		{"planted lives without zombies", func(s *Scenario, _ *Options) { s.Gateway.PlantedLives = 1 }, "planted lives"},
		{"unknown exit class", func(s *Scenario, _ *Options) {
			s.Checks = []Check{{Name: "classified", Classes: []ExitClass{"tired"}}}
		}, `exit class "tired"`},
		{"kill by the clock", func(s *Scenario, _ *Options) { s.Subject.KillAt = &fault.When{At: new(fault.Duration)} }, "kill at"},
		{"unknown profile", func(s *Scenario, _ *Options) { s.Gateway.Profile = "grumpy" }, "grumpy"},
		{"bad fault", func(s *Scenario, _ *Options) { s.Gateway.Faults = []fault.Fault{{}} }, "no action"},
		{"scale", func(_ *Scenario, o *Options) { o.TimeScale = -1 }, "time scale"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, o := good, Options{Command: []string{"true"}, OutDir: t.TempDir()}
			c.change(&s, &o)
			if _, err := Run(t.Context(), s, o); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestRunWithoutTheCommand(t *testing.T) {
	t.Parallel()
	s := Scenario{Name: "test", Subject: Subject{Mode: Once, Runs: 3}, Checks: checks("exit-codes")}
	for _, command := range [][]string{{"/no/such/trader"}, {"true", "{prot}"}} {
		r, err := Run(t.Context(), s, Options{Command: command, OutDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		if v := Judge(r); v.Outcome != HarnessError || len(r.Lives) != 1 || r.Footer.Stop != StopHarness {
			t.Errorf("%v: %s, %d lives, stop %s", command, v.Outcome, len(r.Lives), r.Footer.Stop)
		}
	}
}
