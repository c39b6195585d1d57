//go:build unix

package harness

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ibsoak/fakegateway/fault"
)

// says fails the test unless an example of the check says so.
func says(t *testing.T, v Verdict, check, text string) {
	t.Helper()
	var said []string
	for _, f := range v.Findings {
		for _, e := range f.Examples {
			if f.Check == check && strings.Contains(e.What, text) {
				return
			}
			said = append(said, f.Check+": "+e.What)
		}
	}
	t.Errorf("%s says nothing like %q:\n%s", check, text, strings.Join(said, "\n"))
}

func TestRunFindsWhatIsLeft(t *testing.T) {
	t.Parallel()
	once := Subject{Mode: Once, Runs: 1}
	killed := Subject{
		Mode: Once, Runs: 1, KillAt: &fault.When{Inbound: "reqHistoricalData", Nth: 2},
		Args: []string{"--interval", "20ms"},
	}
	continuous := Subject{Mode: Continuous, Interval: 10 * time.Millisecond, Cycles: 3}
	cases := []struct {
		name, habit string
		subject     Subject
		says        string
	}{
		{"a child in the group", "orphan", once, "left 1 process, which the harness ended: "},
		{"a daemon with the session's socket", "inherits", once, "(ESTABLISHED)"},
		{"a session", "inherits", once, "was not over"},
		{"a daemon of a life that was killed", "daemon", killed, "subject hang (pid "},
		{"a daemon of a life that obeyed SIGTERM", "daemon", continuous, "subject hang (pid "},
		{"a daemon that connects later", "late", once, "after the end of life 1, when none ran"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, v := soaked(t, c.habit, Scenario{Subject: c.subject, Checks: checks("nothing-left")}, Options{})
			wants(t, r, v, Fail, "nothing-left")
			says(t, v, "nothing-left", c.says)
			var left int
			for _, p := range r.Processes {
				if p.Left && p.Gone != 0 && p.Ended != (c.habit == "late") {
					left++
				}
			}
			if left != 1 {
				t.Errorf("processes %+v; want one that was left, and ended by the harness or, the late one, by itself", r.Processes)
			}
		})
	}
}

// TestRunSeesWhoHoldsTheOutput has a life hand its stdout to a process outside of its tree: what
// cannot be seen in any table of processes shows by that.
func TestRunSeesWhoHoldsTheOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	taken := make(chan *os.File, 1)
	go func() { taken <- takeFile(listener) }()
	t.Setenv("IBSOAK_TEST_SOCKET", path)
	r, v := soaked(t, "holds-output", Scenario{Subject: Subject{Mode: Once, Runs: 1}, Checks: checks("nothing-left")}, Options{})
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
	if f := <-taken; f == nil {
		t.Error("no file was handed over")
	} else if err := f.Close(); err != nil {
		t.Error(err)
	}
	wants(t, r, v, Fail, "nothing-left")
	says(t, v, "nothing-left", "its output is still open")
}

// takeFile takes a descriptor from the first connection; nil: there was none.
func takeFile(listener *net.UnixListener) *os.File {
	conn, err := listener.AcceptUnix()
	if err != nil {
		return nil
	}
	defer conn.Close()
	control := make([]byte, syscall.CmsgSpace(4))
	_, n, _, _, err := conn.ReadMsgUnix(make([]byte, 1), control)
	if err != nil {
		return nil
	}
	messages, err := syscall.ParseSocketControlMessage(control[:n])
	if err != nil || len(messages) == 0 {
		return nil
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) == 0 {
		return nil
	}
	return os.NewFile(uintptr(fds[0]), "stdout")
}

// TestRunEndsOverlongLives shows that lives that do not end fail the trader, and that they neither
// reach the scenario's limit nor are all lived through.
func TestRunEndsOverlongLives(t *testing.T) {
	t.Parallel()
	cases := []struct {
		habit string
		grace time.Duration
		says  string
	}{
		{"lingers", 0, "after its last cycle; exit 0 after life-limit"},
		{"obstinate", 100 * time.Millisecond, "ended by SIGKILL (life-limit)"},
		{"silent", 0, "after its start, without a cycle; exit 143 after life-limit"},
	}
	for _, c := range cases {
		t.Run(c.habit, func(t *testing.T) {
			t.Parallel()
			s := Scenario{
				Subject: Subject{Mode: Once, Runs: 10, LifeLimit: 300 * time.Millisecond},
				Checks:  checks("exit-codes", "nothing-left"), Limit: 5 * time.Minute,
			}
			r, v := soaked(t, c.habit, s, Options{termGrace: c.grace})
			wants(t, r, v, Fail, "exit-codes")
			says(t, v, "exit-codes", c.says)
			if len(r.Lives) != MaxOverlong || r.Footer.Stop != StopOverlong {
				t.Errorf("%d lives, stop %s", len(r.Lives), r.Footer.Stop)
			}
			if !strings.Contains(v.Sentence, "3 lives in a row did not end by themselves within 300ms, 3 of 10 were started") {
				t.Errorf("sentence: %s", v.Sentence)
			}
		})
	}
	t.Run("another would not fit", func(t *testing.T) {
		t.Parallel()
		s := Scenario{
			Subject: Subject{Mode: Once, Runs: 10, LifeLimit: 300 * time.Millisecond},
			Checks:  checks("exit-codes"), Limit: TermGrace + SettleTime,
		}
		r, v := soaked(t, "lingers", s, Options{})
		wants(t, r, v, Fail, "exit-codes")
		if len(r.Lives) != 1 || r.Footer.Stop != StopOverlong {
			t.Errorf("%d lives, stop %s", len(r.Lives), r.Footer.Stop)
		}
	})
	t.Run("the scenario's limit", func(t *testing.T) {
		t.Parallel()
		s := Scenario{
			Subject: Subject{Mode: Once, Runs: 2}, Checks: checks("exit-codes", "nothing-left"),
			Limit: 700 * time.Millisecond,
		}
		r, v := soaked(t, "lingers", s, Options{})
		wants(t, r, v, Inconclusive, "exit-codes")
		if l := r.Lives[0]; l.EndedBy != EndedLimit || r.Footer.Stop != StopLimit {
			t.Errorf("ended by %s, stop %s", l.EndedBy, r.Footer.Stop)
		}
		if !strings.Contains(v.Sentence, "the scenario's limit of 700ms was reached in life 1 of 2") {
			t.Errorf("sentence: %s", v.Sentence)
		}
	})
}

// TestTheLimitIsTheSubjects has the Gateway take longer to start than the scenario's limit: a machine can be
// that busy.
func TestTheLimitIsTheSubjects(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := Scenario{
		Subject: Subject{Mode: Once, Runs: 2}, Checks: checks("exit-codes", "nothing-left"),
		Limit: 2 * time.Second,
	}
	r, v := soaked(t, "lingers", s, Options{GatewayCommand: []string{"sh", "-c", "sleep 2.5; exec \"$0\" " + GatewayWord, self}})
	wants(t, r, v, Inconclusive, "exit-codes")
	if len(r.Lives) == 0 || r.Lives[0].EndedBy != EndedLimit {
		t.Errorf("lives: %+v", r.Lives)
	}
}

// TestRunBlamesNoTimer has a later life take too long to connect: that is the harness's timer, named
// with the way to change it, and no failure.
func TestRunBlamesNoTimer(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Subject: Subject{Mode: Once, Runs: 3, Trader: Trader{ConnectWithin: 2 * time.Second}},
		Checks: append(checks("exit-codes", "complete-preambles"),
			Check{Name: "completed-handshakes", Want: 3}),
	}
	r, v := soaked(t, "slow-second", s, Options{})
	wants(t, r, v, Inconclusive, "exit-codes", "completed-handshakes")
	if !strings.Contains(v.Sentence, "life 2 had not connected within 2s, when the harness stopped it: "+
		"a trader that needs longer says so with --connect-within") {
		t.Errorf("sentence: %s", v.Sentence)
	}
	if len(r.Lives) != 2 || r.Lives[1].EndedBy != EndedNoDial {
		t.Errorf("lives %+v", r.Lives)
	}
}

func TestRunBoundsOutput(t *testing.T) {
	t.Parallel()
	r, v := soaked(t, "storms", Scenario{Subject: Subject{Mode: Once, Runs: 1}, Checks: checks("log-rate")}, Options{})
	wants(t, r, v, Fail, "log-rate")
	says(t, v, "log-rate", "17.0 MiB in all")
	if l := r.Lives[0]; l.StdoutBytes != stormBytes || l.StderrBytes != 0 || l.BusiestBytes != stormBytes {
		t.Errorf("counted %d and %d bytes, the busiest %d", l.StdoutBytes, l.StderrBytes, l.BusiestBytes)
	}
	kept, err := os.ReadFile(filepath.Join(r.Dir, "life-001.stdout.log"))
	if err != nil {
		t.Fatal(err)
	}
	const note = "\n[15728640 bytes left out here: a log keeps the first and the last 1048576]\n"
	if n := bytes.Count(kept, []byte{'x'}); n != 2<<10*1023 || !bytes.Contains(kept, []byte(note)) {
		t.Errorf("the log has %d bytes, %d of them x; want two MiB and a note", len(kept), n)
	}
}

// TestRunFindsBreeders has a trader start a child a cycle that it never waits for.
func TestRunFindsBreeders(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Subject: Subject{Mode: Continuous, Interval: 5 * time.Millisecond, Cycles: 50},
		Checks:  checks("steady-processes", "nothing-left"),
	}
	r, v := soaked(t, "breeds", s, Options{})
	wants(t, r, v, Fail, "steady-processes")
	says(t, v, "steady-processes", "ended and not waited for")
	for _, f := range v.Findings {
		if f.Check == "nothing-left" && f.Outcome != Pass {
			t.Errorf("nothing-left: %s %+v", f.Outcome, f.Examples)
		}
	}
	for _, s := range r.cycleSamples() {
		if !s.OwnsSession {
			t.Errorf("sample %+v is of a process without the session", s)
		}
	}
}
