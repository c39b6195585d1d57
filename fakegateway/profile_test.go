package fakegateway

import (
	"errors"
	"syscall"
	"testing"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

func TestProfilesAreValid(t *testing.T) {
	for _, p := range Profiles {
		if err := p.Schedule.Validate(); err != nil || p.Summary == "" {
			t.Errorf("profile %s: %q, %v", p.Name, p.Summary, err)
		}
	}
	if _, err := New(Config{Profile: "jolly"}); err == nil {
		t.Error("an unknown profile: no error")
	}
}

func TestLeakyFallsSilentWithThreeZombies(t *testing.T) {
	s := startServer(t, Config{Profile: "leaky"})
	for i := range heldLimit {
		dial(t, s).connect(1).close()
		await(t, s, "another zombie", func(v *View) bool { return v.InCloseWait() == i+1 })
	}
	c := dial(t, s)
	c.greet()
	row(t, s, heldLimit+1, "the greeting", func(r Connection) bool { return r.Preamble })
	c.wantSilence()
	c.close()
	await(t, s, "the fourth zombie", func(v *View) bool { return v.InCloseWait() == heldLimit+1 })
	if err := s.Restart(fault.Downtime{}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	dial(t, s).connect(1)
}

func TestLeakyForgetsAClientThatResets(t *testing.T) {
	s := startServer(t, Config{Profile: "leaky"})
	for i := range 2 * heldLimit {
		dial(t, s).connect(1).abort()
		row(t, s, i+1, "its end", func(r Connection) bool { return !r.Closed.IsZero() })
	}
}

func TestMuteProfile(t *testing.T) {
	s := startServer(t, Config{Profile: "mute"})
	c := dial(t, s)
	c.greet()
	row(t, s, 1, "the greeting", func(r Connection) bool { return r.Preamble })
	c.wantSilence()
}

func TestStartingProfile(t *testing.T) {
	s := startServer(t, Config{Profile: "starting", Clock: Clock{Scale: 10}})
	await(t, s, "the closed port", func(v *View) bool { return v.Stage() == Refusing })
	if err := dialError(t, s, patience); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial: %v, want refused", err)
	}
	await(t, s, "the port", func(v *View) bool { return v.Stage() != Refusing })
	dial(t, s).connect(1)
	if got := s.stage.Now(); got != Ready {
		t.Errorf("a client is up at stage %s", got)
	}
}

func TestCrashOnFINMutesEverybodyUntilARestart(t *testing.T) {
	s := startServer(t, Config{Profile: "crash-on-fin"})
	bystander := dial(t, s).connect(1)
	dial(t, s).connect(2).close()
	await(t, s, "the crash", func(v *View) bool { return len(v.Receipts()) == 1 })
	bystander.askTime()
	await(t, s, "a request", func(v *View) bool { return v.Received("reqCurrentTime") == 1 })
	bystander.wantSilence()
	late := dial(t, s)
	late.greet()
	row(t, s, 3, "the greeting", func(r Connection) bool { return r.Preamble })
	late.wantSilence()
	if err := s.Restart(fault.Downtime{}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	dial(t, s).connect(1)
}

func TestFirstOnlyProfile(t *testing.T) {
	s := startServer(t, Config{Profile: "first-only"})
	first := dial(t, s).connect(1)
	second := dial(t, s)
	second.greet()
	row(t, s, 2, "the greeting", func(r Connection) bool { return r.Preamble })
	second.wantSilence()
	first.askTime()
	first.until(wire.CurrentTime)
}

func TestSlowProfile(t *testing.T) {
	s := startServer(t, Config{Profile: "slow"})
	c := dial(t, s)
	c.hello()
	c.startAPI(1)
	c.until(wire.NextValidID)
	r := row(t, s, 1, "startApi", func(r Connection) bool { return !r.StartAPIRead.IsZero() })
	if took := s.Receipts()[1].At.Sub(r.StartAPIRead); took < 50e6 {
		t.Errorf("the second message was held back after %s, want 50 ms or more", took)
	}
}
