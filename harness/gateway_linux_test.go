package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"

	"ibsoak/fakegateway/fault"
)

func init() {
	gateways["gateway-crashes"] = func() int { // panics on SIGWINCH, which the harness knows nothing of
		crash := make(chan os.Signal, 1)
		signal.Notify(crash, syscall.SIGWINCH)
		go func() {
			<-crash
			panic("boom")
		}()
		return GatewayMain(os.Stdin, os.Stdout, os.Stderr)
	}
	subjects["kills-gateway"] = func(args []string) error { // works, then sends the signal --signal N
		n, err := strconv.Atoi(args[len(args)-1])
		if err != nil {
			return err
		}
		if err := work(nil); err != nil {
			return err
		}
		pid, err := listener(os.Getenv("IB_PORT"))
		if err != nil {
			return err
		}
		return syscall.Kill(pid, syscall.Signal(n))
	}
	subjects["kills-gateway-and-stays"] = func(args []string) error {
		if err := subjects["kills-gateway"](args); err != nil {
			return err
		}
		return hang(nil)
	}
	subjects["writes-to-gateway"] = func(args []string) error { // works, then writes --text TEXT into its stdin
		if err := work(nil); err != nil {
			return err
		}
		pid, err := listener(os.Getenv("IB_PORT"))
		if err != nil {
			return err
		}
		return os.WriteFile(fmt.Sprintf("/proc/%d/fd/0", pid), []byte(args[len(args)-1]), 0)
	}
	subjects["takes-port"] = func([]string) error { // listens on the Gateway's port while it is closed
		c, err := connect()
		if err != nil {
			return err
		}
		defer c.Close()
		_ = c.cycle(1) // its answer is what the restart is for
		addr := net.JoinHostPort(os.Getenv("IB_HOST"), os.Getenv("IB_PORT"))
		ln, err := net.Listen("tcp", addr)
		for ; err != nil; ln, err = net.Listen("tcp", addr) {
			<-time.After(time.Millisecond)
		}
		defer ln.Close()
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM) //nolint:forbidigo // a process's own context
		defer stop()
		<-ctx.Done()
		return nil
	}
	subjects["twice-and-on"] = func(args []string) error { // two connections at once, then works
		if err := twice(nil); err != nil {
			return err
		}
		return work(args)
	}
}

// listener is the process that listens on a port.
func listener(port string) (int, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return 0, err
	}
	rows, err := fs.NetTCP() //nolint:staticcheck // a test reads what the kernel says to everybody
	if err != nil {
		return 0, err
	}
	all, err := fs.AllProcs()
	if err != nil {
		return 0, err
	}
	const listen = 10 // TCP_LISTEN
	for _, row := range rows {
		if row.St != listen || strconv.FormatUint(row.LocalPort, 10) != port {
			continue
		}
		for _, p := range all {
			held, err := p.FileDescriptorTargets()
			if err != nil {
				continue
			}
			for _, target := range held {
				if target == fmt.Sprintf("socket:[%d]", row.Inode) {
					return p.PID, nil
				}
			}
		}
	}
	return 0, errors.New("nobody listens on port " + port)
}

// TestRunGatewaySignalled shows that a subject that signals the Gateway fails by the check for it,
// whatever the signal, and that the run is judged from what had been seen.
func TestRunGatewaySignalled(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{
		"SIGKILL": syscall.SIGKILL, "SIGTERM": syscall.SIGTERM, "SIGQUIT": syscall.SIGQUIT,
		"SIGSTOP": syscall.SIGSTOP,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Scenario{
				Subject: Subject{Mode: Once, Runs: 5, Args: []string{strconv.Itoa(int(signal))}},
				Checks: append(checks(gatewayUnharmedName, "exit-codes", "complete-preambles"),
					Check{Name: "completed-handshakes", Want: 5}),
			}
			r, v := soaked(t, "kills-gateway", s, Options{})
			wants(t, r, v, Fail, gatewayUnharmedName)
			if !strings.Contains(v.Sentence, gatewayUnharmedName) || v.failed() != 1 {
				t.Errorf("%d checks failed: %s", v.failed(), v.Sentence)
			}
			end := r.Footer.GatewayEnd
			if end == nil || end.Signal != name || end.Life != 1 || r.Footer.Stop != StopGateway || len(r.Lives) != 1 {
				t.Errorf("end %+v, stop %s, %d lives", end, r.Footer.Stop, len(r.Lives))
			}
			// A Gateway that is ended may not have told of the answer that it wrote last.
			if len(r.subjects()) != 1 || len(r.Cycles) > 1 || !r.Books.Taken {
				t.Errorf("seen: %d connections, %d cycles, books %v", len(r.subjects()), len(r.Cycles), r.Books.Taken)
			}
		})
	}
}

// TestRunGatewayMeddledWith shows that nobody but the harness stops the Gateway by its input, and that
// whoever tries is failed for it, whatever he writes.
func TestRunGatewayMeddledWith(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"the word": "stop\n", "half a line": "s", "an empty line": "\n"} {
		for _, runs := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s in %d lives", name, runs), func(t *testing.T) {
				t.Parallel()
				s := Scenario{
					Subject: Subject{Mode: Once, Runs: runs, Args: []string{text}},
					Checks:  checks(gatewayUnharmedName, "exit-codes"),
				}
				r, v := soaked(t, "writes-to-gateway", s, Options{})
				wants(t, r, v, Fail, gatewayUnharmedName)
				if end := r.Footer.GatewayEnd; end == nil || !end.Meddled || end.Life < 1 || v.failed() != 1 {
					t.Errorf("%d failed, end %+v", v.failed(), end)
				}
			})
		}
	}
}

// TestRunGatewayPortTaken shows that a Gateway that cannot come back because a process of the subject
// listens in its place is the subject's doing.
func TestRunGatewayPortTaken(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Subject: Subject{Mode: Continuous, Interval: time.Second, For: time.Hour},
		Checks:  checks(gatewayUnharmedName),
		Gateway: Gateway{Faults: []fault.Fault{{
			Where: fault.Where{Connection: 1}, When: fault.When{Inbound: "reqHistoricalData"},
			What: fault.What{Do: fault.Restart, Downtime: &fault.Downtime{Refused: fault.Duration(time.Second)}},
		}}},
	}
	r, v := soaked(t, "takes-port", s, Options{})
	wants(t, r, v, Fail, gatewayUnharmedName)
	if !strings.Contains(v.Sentence, "had taken its port") {
		t.Error(v.Sentence)
	}
}

// TestRunGatewayCrashes shows that a Gateway that fails by itself is nobody else's fault.
func TestRunGatewayCrashes(t *testing.T) {
	t.Parallel()
	command := subject(t, "gateway-crashes")
	s := Scenario{
		Subject: Subject{Mode: Once, Runs: 3, Args: []string{strconv.Itoa(int(syscall.SIGWINCH))}},
		Checks:  checks(gatewayUnharmedName),
	}
	r, v := soaked(t, "kills-gateway-and-stays", s, Options{GatewayCommand: command[:3]})
	wants(t, r, v, HarnessError)
	if !strings.Contains(v.Sentence, "by itself with exit code 2") || len(r.Lives) != 1 {
		t.Errorf("%d lives: %s", len(r.Lives), v.Sentence)
	}
}

// killedHarness runs a subject's habit under a harness of its own, and ends that with SIGKILL when
// the journal has enough cycles.
func killedHarness(t *testing.T, habit string) *Record {
	t.Helper()
	dir := t.TempDir()
	command := subject(t, "harness")
	cmd := exec.CommandContext(t.Context(), command[0], append(command[1:3], habit, dir)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	const enough = 3
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for cycles := 0; cycles < enough; {
		text, _ := os.ReadFile(filepath.Join(dir, JournalFile))
		cycles = bytes.Count(text, []byte(`"type":"cycle"`))
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("the journal has %d cycles: %s", cycles, text)
		}
	}
	pid, err := listenerOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	for {          // the Gateway ends with its harness
		if _, err := os.Stat(fmt.Sprintf("/proc/%d/fd/0", pid)); err != nil {
			break
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatal("the Gateway outlived its harness")
		}
	}
	if _, err := Load(dir); err == nil {
		t.Fatal("there is a whole record")
	}
	r, err := LoadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Footer.Stop != StopKilled || len(r.Cycles) < enough || len(r.Lives) != 1 || r.Lives[0].EndedBy != EndedCut ||
		len(r.subjects()) == 0 || r.subjects()[0].Life != 1 || !r.Books.Taken {
		t.Errorf("recovered: stop %s, %d cycles, lives %+v, %d connections, books %v",
			r.Footer.Stop, len(r.Cycles), r.Lives, len(r.subjects()), r.Books.Taken)
	}
	if !r.followed()[1] || r.Footer.LongestLag == 0 {
		t.Errorf("recovered: processes %+v, footer %+v", r.Processes, r.Footer)
	}
	return r
}

// listenerOf is the process of the Gateway whose files are in dir.
func listenerOf(dir string) (int, error) {
	r := &Record{}
	err := eachLine(filepath.Join(dir, JournalFile), func(text []byte) error {
		e := entry{}
		return errors.Join(strict(text, &e), r.enter(e))
	})
	if err != nil || r.Header.Gateway.Port() == 0 {
		return 0, fmt.Errorf("no Gateway in the journal of %s: %w", dir, err)
	}
	return listener(strconv.Itoa(int(r.Header.Gateway.Port())))
}

func TestHarnessKilled(t *testing.T) {
	t.Parallel()
	t.Run("nothing was wrong", func(t *testing.T) {
		t.Parallel()
		v := Judge(killedHarness(t, "work"))
		if v.Outcome != Inconclusive || !strings.Contains(v.Sentence, "soak was killed") {
			t.Errorf("%s: %s", v.Outcome, v.Sentence)
		}
		for _, f := range v.Findings {
			if f.Outcome != Inconclusive {
				t.Errorf("%s: %s (%s)", f.Check, f.Outcome, f.Detail)
			}
		}
	})
	t.Run("a failure was shown", func(t *testing.T) {
		t.Parallel()
		r := killedHarness(t, "twice-and-on")
		wants(t, r, Judge(r), Fail, "one-connection-per-client")
	})
}

// TestRunInterrupted shows that an interrupt leaves what was shown, and nothing that was to come.
func TestRunInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := Scenario{
		Name: "test", Summary: "A test.", Subject: Subject{Mode: Once, Runs: 50},
		Checks: append(checks("one-connection-per-client", "exit-codes", "first-bytes"), Check{Name: "completed-handshakes", Want: 50}),
	}
	r, err := Run(ctx, s, Options{
		Command: subject(t, "twice"), OutDir: t.TempDir(),
		Progress: func(p Progress) {
			if p.Life == 2 && p.Done == 1 {
				cancel()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	v := Judge(r)
	wants(t, r, v, Fail, "one-connection-per-client")
	if v.failed() != 1 || r.Footer.Stop != StopInterrupted || len(v.Lives) != 2 || v.Lives[1].Outcome != Inconclusive {
		t.Errorf("%d failed, stop %s, lives %+v", v.failed(), r.Footer.Stop, v.Lives)
	}
}
