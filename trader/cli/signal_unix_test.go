//go:build unix

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/trader/exit"
)

// TestSignals stops a real process in several phases: it ends by itself with 0 within 3 s.
func TestSignals(t *testing.T) {
	received := func(what string) func(v *fakegateway.View) bool {
		return func(v *fakegateway.View) bool { return v.Received(what) > 0 }
	}
	for _, c := range []struct {
		name  string
		cfg   fakegateway.Config
		until func(v *fakegateway.View) bool
		sig   os.Signal
		want  exit.Code
	}{
		{
			"handshaking",
			fakegateway.Config{Profile: "mute"},
			func(v *fakegateway.View) bool { return len(v.Connections()) > 0 && v.Connections()[0].Preamble },
			syscall.SIGTERM, exit.OK,
		},
		{"ready", fakegateway.Config{}, received("reqHistoricalData"), syscall.SIGINT, exit.OK},
		{"terminal gone", fakegateway.Config{}, received("reqHistoricalData"), syscall.SIGHUP, exit.OK},
		{
			"reconciling", on(fault.When{Inbound: "reqExecutions"}, fault.What{Do: fault.Mute}),
			received("reqExecutions"), syscall.SIGTERM, exit.OK,
		},
		{
			"mid-order", on(fault.When{Inbound: "placeOrder"}, fault.What{Do: fault.Mute}),
			received("placeOrder"), syscall.SIGTERM, exit.OrderUnknown,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if s, ok := c.sig.(syscall.Signal); ok && signal.Ignored(s) {
				t.Skipf("%s is ignored here, as under nohup: the trader ignores it too", s)
			}
			r := newRig(t, c.cfg)
			child := startChild(t, r)
			r.await(c.name, c.until)
			begin := time.Now()
			if err := child.Process.Signal(c.sig); err != nil {
				t.Fatal(err)
			}
			err := child.Wait()
			if took := time.Since(begin); took > 3*time.Second {
				t.Errorf("the stop took %s", took)
			}
			if code := child.ProcessState.ExitCode(); code != int(c.want) {
				t.Errorf("ended with %d (%v), want %d", code, err, c.want)
			}
		})
	}
}

// TestSecondSignalEndsItAtOnce: while the first one waits for an order's answer.
func TestSecondSignalEndsItAtOnce(t *testing.T) {
	r := newRig(t, on(fault.When{Inbound: "placeOrder"}, fault.What{Do: fault.Mute}))
	child := startChild(t, r)
	r.await("an order", func(v *fakegateway.View) bool { return v.Received("placeOrder") > 0 })
	stopping := child.Stderr.(*told)
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-stopping.heard
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := child.Wait()
	status, ok := child.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v (%v), want the second SIGTERM", child.ProcessState, err)
	}
}

// told passes a process's stderr on and closes heard when it says that it is stopping.
type told struct {
	to    io.Writer
	heard chan struct{}
	once  sync.Once
}

func (w *told) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("trader: stopping")) {
		w.once.Do(func() { close(w.heard) })
	}
	return w.to.Write(p)
}

// TestKilledAroundTheOrder kills a real process when its order has reached the Gateway; the next
// life books the fill and sends nothing.
func TestKilledAroundTheOrder(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	child := startChild(t, r)
	r.await("an order", func(v *fakegateway.View) bool { return v.Received("placeOrder") > 0 })
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Error("a killed trader ended well")
	}
	if got := r.record(); got.Name != "running" || got.PID != child.Process.Pid {
		t.Errorf("after a kill the record says %s, pid %d, want running and %d", got.Name, got.PID, child.Process.Pid)
	}
	r.await("the Gateway to notice", func(v *fakegateway.View) bool {
		return !v.Connections()[0].Closed.IsZero()
	})
	r.wantOnce(exit.OK)
	r.wantBooks(1)
}

// TestALogThatNobodyReadsEndsNothing: the reader of stderr is gone.
func TestALogThatNobodyReadsEndsNothing(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	child := newChild(t, r)
	child.Stderr = writer
	if err := errors.Join(child.Start(), writer.Close(), reader.Close()); err != nil {
		t.Fatal(err)
	}
	r.await("cycles", func(v *fakegateway.View) bool { return v.Received("reqCurrentTime") >= 3 })
	if running := r.record(); running.Name != "running" || !running.Ready || running.PID != child.Process.Pid {
		t.Errorf("while it runs the record says %+v", running)
	}
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err != nil || r.record().Name != "ok" {
		t.Errorf("ended with %v, the record says %+v", err, r.record())
	}
}

// TestAnOrderLeftWorkingIsNamed, in the record and on stderr.
func TestAnOrderLeftWorkingIsNamed(t *testing.T) {
	r := newRig(t, fakegateway.Config{Semantics: session.Semantics{FillLatency: time.Hour}})
	run := r.start()
	r.await("an order", func(*fakegateway.View) bool { return len(r.gw.Books().Orders) == 1 })
	run.stop()
	record := r.record()
	ref := r.gw.Books().Orders[0].OrderRef
	if record.Name != "ok" || len(record.Left) != 1 || record.Left[0].Intent != ref {
		t.Errorf("the record says %+v, want the order %s", record, ref)
	}
	if !strings.Contains(run.out.String(), "trader: left at the broker: BUY 1 AAPL") {
		t.Errorf("stderr does not name it\n%s", run.out.String())
	}
}

// record is the state directory's exit record.
func (r *rig) record() (record Record) {
	r.t.Helper()
	data, err := os.ReadFile(filepath.Join(r.state, RecordName))
	if err == nil {
		err = json.Unmarshal(data, &record)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return record
}

// startChild runs this test's binary as the trader.
func startChild(t *testing.T, r *rig) *exec.Cmd {
	t.Helper()
	child := newChild(t, r)
	child.Stderr = &told{to: t.Output(), heard: make(chan struct{})}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	return child
}

// newChild is startChild's process before its start.
func newChild(t *testing.T, r *rig) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a stop takes three seconds
	t.Cleanup(cancel)
	child := exec.CommandContext(ctx, self)
	_, port := r.gw.HostPort()
	child.Args = append([]string{"trader"}, r.args("--port", strconv.Itoa(port))...)
	child.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	child.WaitDelay = 5 * time.Second
	t.Cleanup(func() {
		if child.Process == nil || child.ProcessState != nil {
			return
		}
		if err := errors.Join(child.Process.Kill(), child.Wait()); err != nil {
			t.Log(err)
		}
	})
	return child
}
