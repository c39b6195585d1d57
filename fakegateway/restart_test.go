package fakegateway

import (
	"bytes"
	"context"
	"errors"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// dialError dials and wants an error.
func dialError(t *testing.T, s *Server, timeout time.Duration) error {
	t.Helper()
	d := net.Dialer{Timeout: timeout}
	c, err := d.DialContext(t.Context(), "tcp", s.Addr())
	if err == nil {
		t.Cleanup(func() { _ = c.Close() })
	}
	return err
}

func TestRefuseClosesThePortAndKeepsIt(t *testing.T) {
	s := startServer(t, Config{})
	c := dial(t, s).connect(1)
	if _, err := s.Inject(fault.Fault{
		When: fault.When{At: ptr(fault.Duration(0))},
		What: fault.What{Do: fault.Refuse, For: ms(100)},
	}); err != nil {
		t.Fatal(err)
	}
	receipt(t, s, fault.Refuse, "port closed")
	if err := dialError(t, s, patience); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial: %v, want refused", err)
	}
	c.askTime() // connections live on
	c.until(wire.CurrentTime)
	await(t, s, "the port", func(v *View) bool { return v.Stage() == Ready })
	dial(t, s).connect(2)
}

func TestFullAcceptQueueDropsEverySYN(t *testing.T) {
	s := startServer(t, Config{})
	lasts := 300 * time.Millisecond
	if _, err := s.Inject(fault.Fault{
		When: fault.When{At: ptr(fault.Duration(0))},
		What: fault.What{Do: fault.BacklogFull, For: fault.Duration(lasts)},
	}); err != nil {
		t.Fatal(err)
	}
	receipt(t, s, fault.BacklogFull, "accept queue full")
	var timeout net.Error
	if err := dialError(t, s, lasts/3); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("dial: %v, want a timeout", err)
	}
	dial(t, s).connect(1) // the kernel sends the SYN again when the queue has room
	if rows := s.Connections(); len(rows) != 1 {
		t.Errorf("%d rows, want 1: %+v", len(rows), rows)
	}
}

func TestRestartComesBackInPhasesOnTheSamePort(t *testing.T) {
	for _, end := range []fault.Action{fault.FIN, fault.RST} {
		t.Run(string(end), func(t *testing.T) {
			s := startServer(t, Config{})
			addr := s.Addr()
			old := dial(t, s).connect(1)
			down := fault.Downtime{Refused: ms(100), AcceptMute: ms(100), VersionOnly: ms(100)}
			if err := s.Restart(down, end); err != nil {
				t.Fatal(err)
			}
			if err := dialError(t, s, patience); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("dial: %v, want refused", err)
			}
			if end == fault.RST {
				old.wantRST()
			} else {
				old.wantFIN()
			}
			await(t, s, "the port", func(v *View) bool { return v.Stage().Order() >= AcceptMute.Order() })
			c := dial(t, s)
			c.hello()
			c.startAPI(1)
			c.until(wire.NextValidID)
			if s.Addr() != addr {
				t.Errorf("came back on %s, was on %s", s.Addr(), addr)
			}
			r := s.Connections()[1]
			if r.Epoch != 1 {
				t.Errorf("ledger: %+v", r)
			}
			for _, r := range s.Receipts() {
				if r.Planned != fault.Restart || r.Mismatch != "" {
					t.Errorf("receipt %+v", r)
				}
			}
		})
	}
}

// A client that gives up while nothing is answered has said who it is all the same: without that, it
// would look like a port probe.
func TestPreambleIsFiledWhileNothingIsAnswered(t *testing.T) {
	s := startServer(t, Config{})
	if err := s.Restart(fault.Downtime{AcceptMute: fault.Duration(time.Hour)}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	await(t, s, "the port", func(v *View) bool { return v.Stage().Order() >= AcceptMute.Order() })
	dial(t, s).greet()
	await(t, s, "the preamble", func(v *View) bool {
		rows := v.Connections()
		return len(rows) == 1 && rows[0].Preamble
	})
	r := s.Connections()[0]
	if r.Greeting != "v100..225" || !r.PreambleRead.IsZero() || r.ServerVersion != 0 {
		t.Errorf("ledger: %+v", r)
	}
}

func TestRestartWhileComingUpBeginsAgain(t *testing.T) {
	s := startServer(t, Config{})
	if err := s.Restart(fault.Downtime{Refused: fault.Duration(time.Hour)}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(fault.Downtime{Refused: ms(1)}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	await(t, s, "the port", func(v *View) bool { return v.Stage() == Ready })
	dial(t, s).connect(1)
}

func TestRestartByFaultEndsTheConnectionThatCausedIt(t *testing.T) {
	s := startServer(t, faults(fault.Fault{
		When: fault.When{Inbound: "reqCurrentTime"},
		What: fault.What{Do: fault.Restart, Downtime: &fault.Downtime{Refused: ms(20)}},
	}))
	c := dial(t, s).connect(1)
	c.askTime()
	c.wantFIN()
	await(t, s, "the port", func(v *View) bool {
		return v.Stage() == Ready && len(v.Receipts()) == 2
	})
	dial(t, s).connect(1)
}

func TestPlantedZombies(t *testing.T) {
	s := startServer(t, faults(fault.Fault{
		Where: fault.Where{Connection: 1},
		When:  fault.When{Phase: fault.BootstrapSent}, What: fault.What{Do: fault.FIN},
	}))
	if err := s.PlantZombies(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Connections() {
		if !r.Planted || !r.Held || !r.InCloseWait() || r.BytesIn != 0 {
			t.Errorf("ledger: %+v", r)
		}
	}
	dial(t, s).connect(1).wantFIN() // connection 1 of the schedule is the first that is not planted
	if err := s.Restart(fault.Downtime{}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	if n := (&View{s: s}).InCloseWait(); n != 0 {
		t.Errorf("%d zombies outlived a restart", n)
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	s, err := Start(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PlantZombies(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	c := dial(t, s).connect(1)
	events, stop := s.Watch()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for over := time.Now().Add(patience); ; runtime.Gosched() { // one that has said Done is about to end
		owner, stacks := remainingOwner()
		if owner == "" {
			break
		}
		if time.Now().After(over) {
			t.Errorf("a goroutine of %s is left:\n%s", owner, stacks)
			break
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
	stop()
	for range events { // ends when it was closed
	}
	c.wantFIN()
	if err := dialError(t, s, patience); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial: %v, want refused", err)
	}
	err = s.Wait(t.Context(), "what never comes", func(*View) bool { return false })
	if !errors.Is(err, ErrClosed) || !strings.Contains(err.Error(), "what never comes") {
		t.Errorf("wait: %v", err)
	}
	if err := s.Restart(fault.Downtime{}, fault.FIN); !errors.Is(err, ErrClosed) {
		t.Errorf("restart: %v", err)
	}
}

// remainingOwner names a part of a Gateway that has a goroutine; "" for none.
func remainingOwner() (owner string, stacks []byte) {
	stacks = make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, owner := range []string{
		"connection.(*Conn)", "connection.(*reader)", "connection.(*writer)", "listener.(*Port)",
		"fakegateway.(*Server)",
	} {
		if bytes.Contains(stacks, []byte(owner)) {
			return owner, stacks
		}
	}
	return "", nil
}

func TestWaitNamesWhatItWaitedFor(t *testing.T) {
	s := startServer(t, Config{})
	dial(t, s).connect(9)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	err := s.Wait(ctx, "a second client", func(v *View) bool { return len(v.Connections()) == 2 })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("wait: %v", err)
	}
	for _, part := range []string{"a second client", "1 connections", "#1", "bootstrap-sent"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestWatchCountsWhatItLost(t *testing.T) {
	s := startServer(t, Config{})
	events, stop := s.Watch()
	defer stop()
	const lost = 10
	for range 4096 + lost {
		s.board.Announce(Event{Kind: EventBooks})
	}
	for range 4096 {
		if e := <-events; e.Dropped != 0 {
			t.Fatalf("event %+v before any was lost", e)
		}
	}
	s.board.Announce(Event{Kind: EventBooks})
	if e := <-events; e.Dropped < lost {
		t.Errorf("event %+v, want %d or more lost before it", e, lost)
	}
}
