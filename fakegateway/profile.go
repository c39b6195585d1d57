package fakegateway

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
)

// Profile is a Gateway with a named sickness, as data.
type Profile struct {
	Name    string
	Summary string // a sentence
	Quirks  Quirks
	// Schedule is in force behind the configured one.
	Schedule fault.Schedule
	// Startup is how the Gateway comes up, at the start and after every restart that does not say.
	Startup fault.Downtime
	// Daily is what it does at times of the day, on the scenario's clock.
	Daily []Daily
	// Dialog is in force where Semantics does not say another.
	Dialog Dialog
}

// Quirks are behaviours that are not at a point of one connection but a matter of the whole
// Gateway's state. That real Gateways have them is a diagnosis from users' logs, never a fact.
type Quirks struct {
	// LeakOnEOF never closes a socket whose client has sent FIN.
	LeakOnEOF bool `yaml:"leakOnEof"`
	// LeakProbes never closes a socket whose client has sent FIN and nothing before.
	LeakProbes bool `yaml:"leakProbes"`
	// SilentFrom answers no new client while so many sockets are in CLOSE_WAIT. 0 is never.
	SilentFrom int `yaml:"silentFrom"`
	// FailFirst is how many clients get no answer after each start of the Gateway.
	FailFirst int `yaml:"failFirst"`
	// CrashOnFIN is how soon after its bootstrap a client's FIN makes the Gateway mute for
	// everybody, until a restart. A FIN during the bootstrap always does. 0 is never.
	CrashOnFIN time.Duration `yaml:"crashOnFin"`
}

// with adds other quirks, which prevail.
func (q Quirks) with(more Quirks) Quirks {
	return Quirks{
		LeakOnEOF: q.LeakOnEOF || more.LeakOnEOF, LeakProbes: q.LeakProbes || more.LeakProbes,
		SilentFrom: cmp.Or(more.SilentFrom, q.SilentFrom),
		FailFirst:  cmp.Or(more.FailFirst, q.FailFirst),
		CrashOnFIN: cmp.Or(more.CrashOnFIN, q.CrashOnFIN),
	}
}

func (q Quirks) validate() error {
	if q.SilentFrom < 0 || q.FailFirst < 0 || q.CrashOnFIN < 0 {
		return wrong("quirks", "a number is below 0")
	}
	return nil
}

const (
	healthy    = "healthy"
	heldLimit  = 3
	crashAfter = time.Second
	upPhase    = fault.Duration(time.Second)
	slowAnswer = fault.Duration(50 * time.Millisecond)
)

// Profiles are the known ones, the healthy one first.
var Profiles = []Profile{
	{
		Name:    healthy,
		Summary: "Does what a good Gateway does, and answers a client's FIN with its own.",
	},
	{
		Name: "leaky",
		Summary: "Never closes a socket whose client has sent FIN, and with 3 such zombies " +
			"accepts new clients but answers them nothing.",
		Quirks: Quirks{LeakOnEOF: true, SilentFrom: heldLimit},
	},
	{
		Name:    "mute",
		Summary: "Accepts every client and answers nothing, not even the version.",
		Schedule: one("mute", "a Gateway that is stuck", fault.Where{},
			fault.When{Phase: fault.Accepted}, fault.What{Do: fault.Mute}),
	},
	{
		Name: "starting",
		Summary: "Comes up in phases of 1 s each, at the start and after every restart: port " +
			"closed, TCP only, version reply only, ready.",
		Startup: fault.Downtime{Refused: upPhase, AcceptMute: upPhase, VersionOnly: upPhase},
	},
	{
		Name: "crash-on-fin",
		Summary: "Goes mute for everybody, until a restart, when a client sends FIN during its " +
			"bootstrap or within 1 s after it.",
		Quirks: Quirks{CrashOnFIN: crashAfter},
	},
	{
		Name: "nightly",
		Summary: "Restarts at 23:45 in New York, loses IBKR's servers at 00:05 (1100, 1102) and at " +
			"00:20 (1100, 1101), and on Sundays cold-starts at 07:00 with a second factor at 07:03.",
		Daily: nightly(),
	},
	{
		Name: "dialog",
		Summary: "Shows the incoming connection dialog for every address that it has not accepted " +
			"yet: nothing is read until the operator answers (POST /dialog).",
		Dialog: DialogPerAddress,
	},
	{
		Name: "two-factor",
		Summary: "Comes up in phases of 1 s each, and sends accounts and ids only when the second " +
			"factor was approved (POST /2fa).",
		Startup: fault.Downtime{Refused: upPhase, AcceptMute: upPhase, Approval: true},
	},
	{
		Name:    "first-only",
		Summary: "Serves the first client and answers nothing to all later ones.",
		Schedule: one("later-clients", "the first works, the rest hang",
			fault.Where{FromConnection: 2},
			fault.When{Phase: fault.Accepted}, fault.What{Do: fault.Mute}),
	},
	{
		Name:    "slow",
		Summary: "Holds every message to a client back by 50 ms.",
		Schedule: one("slow", "a Gateway under load", fault.Where{},
			fault.When{Outbound: fault.Any}, fault.What{Do: fault.Delay, For: slowAnswer}),
	},
}

// nightly is a Gateway's day as its operators set it up: a restart every night, IBKR's own reset of
// its servers around it, and on Sundays a cold start that needs the second factor. How long a
// restart takes is an assumption; the times are IBC's and users' logs'.
func nightly() []Daily {
	operate := func(at TimeOfDay, o fault.Operation) Daily {
		return Daily{At: at, What: fault.What{Do: fault.Operate, Operation: o}}
	}
	restart := func(at TimeOfDay, on Weekday, d fault.Downtime) Daily {
		return Daily{At: at, On: on, What: fault.What{Do: fault.Restart, Downtime: &d}}
	}
	seconds := func(n int) fault.Duration { return fault.Duration(n) * fault.Duration(time.Second) }
	approve := operate("07:03", fault.ApproveLogin)
	approve.On = "sunday"
	return []Daily{
		operate("00:05", fault.ConnectionLost), operate("00:05:21", fault.ConnectionRestored),
		operate("00:20", fault.ConnectionLost), operate("00:21", fault.ConnectionDataLost),
		restart("23:45", "", fault.Downtime{
			Refused: seconds(60), AcceptMute: seconds(20), VersionOnly: seconds(10),
		}),
		restart("07:00", "sunday", fault.Downtime{
			Refused: seconds(60), AcceptMute: seconds(30), Approval: true,
		}),
		approve,
	}
}

func one(id, why string, where fault.Where, when fault.When, what fault.What) fault.Schedule {
	return fault.Schedule{Faults: []fault.Fault{
		{ID: id, Why: why, Where: where, When: when, What: what},
	}}
}

func profileNamed(name string) (Profile, error) {
	names := make([]string, 0, len(Profiles))
	for _, p := range Profiles {
		if p.Name == cmp.Or(name, healthy) {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Profile{}, fmt.Errorf("%q: want one of %s", name, strings.Join(names, ", "))
}

// applyQuirks decides what becomes of a connection that was just accepted. The caller holds mu.
func (s *Server) applyQuirks(c *connection.Conn) {
	q := s.profile.Quirks
	switch {
	case c.IsPlanted(), s.crashed:
		c.SetMuted(true)
		c.IgnoreClientFIN()
		return
	case q.SilentFrom > 0 && s.board.InCloseWait() >= q.SilentFrom, s.sinceUp <= q.FailFirst:
		c.SetMuted(true)
	}
	if q.LeakOnEOF {
		c.IgnoreClientFIN()
	}
}

// clientLeft is told of every FIN of a client, before it is answered.
func (s *Server) clientLeft(c *connection.Conn) {
	limit := s.profile.Quirks.CrashOnFIN
	if limit <= 0 {
		return
	}
	fatal := false
	c.Look(func(r *Connection) {
		inBootstrap := !r.StartAPIRead.IsZero() && r.BootstrapSent.IsZero()
		soonAfter := !r.BootstrapSent.IsZero() && r.ClientFIN.Sub(r.BootstrapSent) < limit
		fatal = inBootstrap || soonAfter
	})
	if fatal {
		s.crash(c)
	}
}

// crash makes the Gateway mute for everybody.
func (s *Server) crash(by *connection.Conn) {
	s.mu.Lock()
	s.crashed = true
	s.mu.Unlock()
	for _, c := range s.open() {
		c.SetMuted(true)
		c.IgnoreClientFIN()
	}
	s.board.File(fault.Receipt{
		Fault: s.profile.Name, Planned: fault.Mute, Connection: by.Number(), At: time.Now(),
		Point: "client FIN", Wire: "nothing, on every connection, until a restart",
	})
}
