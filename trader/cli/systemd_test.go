package cli

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/trader/exit"
	"ibsoak/trader/status"
)

const unit = "../../deploy/trader.service"

// TestTheUnitIsOne, by systemd's own judgement.
func TestTheUnitIsOne(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("SKIPPED: no systemd-analyze, so nobody has checked deploy/trader.service")
	}
	text, err := os.ReadFile(unit)
	if err != nil {
		t.Fatal(err)
	}
	// The program is looked for too, and is not installed where this test runs.
	installed := filepath.Join(t.TempDir(), "trader.service")
	with := strings.Replace(string(text), "ExecStart=/usr/local/bin/trader", "ExecStart=/bin/true", 1)
	if err := os.WriteFile(installed, []byte(with), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", installed)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "trader.service:") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestTheUnitKnowsTheExitCodes that another start cannot repair.
func TestTheUnitKnowsTheExitCodes(t *testing.T) {
	text, err := os.ReadFile(unit)
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "RestartPreventExitStatus=")
	line, _, _ := strings.Cut(after, "\n")
	codes := []exit.Code{exit.UnsupportedVersion, exit.WrongAccount, exit.Zombies, exit.Interlock, exit.State, exit.NotFlat, exit.Usage}
	var want []string
	for _, c := range codes {
		want = append(want, fmt.Sprint(int(c)))
		if name := fmt.Sprintf("%d %s", c, c); !strings.Contains(string(text), name) {
			t.Errorf("the unit does not explain %s", name)
		}
	}
	if line != strings.Join(want, " ") {
		t.Errorf("the unit does not restart after %s, want %s", line, want)
	}
}

// TestSystemdIsTold that the trader is ready, not before it is, that it is well, and that it stops.
func TestSystemdIsTold(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "n")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Skipf("no such sockets here: %v", err)
	}
	defer func() { _ = conn.Close() }()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", "2000000")
	t.Setenv("WATCHDOG_PID", fmt.Sprint(os.Getpid()))
	r := newRig(t, fakegateway.Config{})
	run := r.start()
	hear := func(want string) (before []string) {
		t.Helper()
		if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for {
			data := make([]byte, 4096)
			n, err := conn.Read(data)
			if err != nil {
				t.Fatalf("%v, waiting for %s after %q", err, want, before)
			}
			said := string(data[:n])
			if strings.HasPrefix(said, want) {
				return before
			}
			before = append(before, said)
		}
	}
	if early := strings.Join(hear("READY=1"), " "); !strings.Contains(early, "STATUS=starting") {
		t.Errorf("before it was ready: %s", early)
	}
	if n := r.gw.Connections()[0].MessagesIn["reqPositions"]; n == 0 {
		t.Error("it was ready before it had reconciled")
	}
	hear("WATCHDOG=1")
	hear("WATCHDOG=1")
	go run.cancel()
	hear("STOPPING=1")
	<-run.done
}

// TestTheWatchdogIsFedByUsefulCycles, or by the search for a session, and by nothing else.
func TestTheWatchdogIsFedByUsefulCycles(t *testing.T) {
	now := time.Now()
	s := status.Snapshot{Step: now, Patience: time.Minute, Session: status.Session{State: status.Synced}}
	var dog watchdog
	check := func(what string, want bool) {
		t.Helper()
		if fed := dog.fed(&s, now); fed != want {
			t.Errorf("%s: fed %v", what, fed)
		}
	}
	check("a session without a cycle yet", false)
	s.Cycle.Useful = now
	check("a cycle", true)
	check("the same cycle", false)
	s.Cycle.Interval, s.Cycle.Useful = 10*time.Minute, now.Add(-19*time.Minute)
	check("a long interval before the next one", true)
	s.Cycle.Useful = now.Add(-21 * time.Minute)
	check("a cycle that is overdue", false)
	s.Session.State = status.Waiting
	check("no session", true)
	s.Session.State = status.Degraded
	check("IBKR away", true)
	s.Session.State = status.Connected
	check("a session that does not get anywhere", false)
	s.Session.State, s.Step = status.Waiting, now.Add(-time.Hour)
	check("an engine without steps", false)
}
