package harness

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// zombieDetectors are the checks of sockets in CLOSE_WAIT.
var zombieDetectors = []Detector{
	{
		Name: "no-zombies-at-gateway", Group: GroupSockets, judge: noZombiesAtGateway,
		Doc: "A socket of the Gateway was in CLOSE_WAIT for longer than Within (default 1 s) or " +
			"at quiescence: the trader said FIN and left the Gateway holding it.",
		Least: "one connection; in a scenario that kills, one of every life, killed",
	},
	{
		Name: "no-zombies-at-trader", Group: GroupSockets, judge: noZombiesAtTrader,
		Doc: "A socket of the trader was in CLOSE_WAIT for longer than Within (default 1 s) or " +
			"at quiescence: the Gateway said FIN and the trader did not close.",
		Least: "one connection; in a scenario that kills, one of every life, killed",
	},
}

func noZombiesAtGateway(r *Record, c Check) Finding { return r.lookedAt(noZombies(r, c, GatewaySide)) }

func noZombiesAtTrader(r *Record, c Check) Finding { return r.lookedAt(noZombies(r, c, TraderSide)) }

// noZombies takes both oracles' word: each alone is enough to convict. Where the scenario kills
// the subject, only connections of lives that were killed are evidence, and every life must have
// one: what a life leaves that exits by itself is another question.
func noZombies(r *Record, c Check, side Side) Finding {
	f := open(c, "connections", 1)
	f.Evidence = len(r.subjects())
	if r.Header.Scenario.Subject.KillAt != nil {
		f = open(c, "killed lives", max(1, len(r.Lives)))
		for _, l := range r.Lives {
			if l.EndedBy == EndedKillAt && len(r.of(l.Number)) > 0 {
				f.Evidence++
			}
		}
	}
	bound := cmp.Or(c.Within, ZombieBound)
	for _, z := range r.zombies(side, bound) {
		f.violated(z.Example)
	}
	longest := r.longestStay(side)
	witnesses := "by both oracles"
	if r.Header.Kernel != "" {
		witnesses = "by the Gateway's timing alone"
	}
	return f.conclude("longest stay in CLOSE_WAIT %s, %s allowed, %s", round(longest), bound, witnesses)
}

// zombie is a socket that stayed in CLOSE_WAIT.
type zombie struct {
	Client netip.AddrPort
	Example
}

// zombies are the sockets of one side that were in CLOSE_WAIT for longer than bound or at
// quiescence, each once, by whichever oracle saw it. Planted ones are not the subject's.
func (r *Record) zombies(side Side, bound time.Duration) []zombie {
	var found []zombie
	add := func(client netip.AddrPort, life, conn int, at Moment, format string, args ...any) {
		if slices.ContainsFunc(found, func(z zombie) bool { return z.Client == client }) {
			return
		}
		found = append(found, zombie{client, Example{
			Life: life, Connection: conn, At: at,
			What: fmt.Sprintf("%s's end of %s: %s", side, client, fmt.Sprintf(format, args...)),
		}})
	}
	for _, conn := range r.subjects() {
		d, ok := conn.closeWait(side, r.Footer.Ended)
		switch {
		case ok && d.length() > bound:
			add(conn.Remote, conn.Life, conn.ID, d.From, "CLOSE_WAIT for %s%s, %s (Gateway's timing)",
				round(d.length()), pending(d.Pending), conn.reached())
		case ok && d.Pending:
			add(conn.Remote, conn.Life, conn.ID, d.From, "CLOSE_WAIT at the end, %s (Gateway's timing)",
				conn.reached())
		}
	}
	for _, s := range r.Sightings {
		if least, _ := s.dwell(r.Footer.Ended); s.Side == side && !s.Planted && least > bound {
			conn := r.connectionOf(s.Client, s.First)
			add(s.Client, conn.Life, conn.ID, s.First, "CLOSE_WAIT for %s%s (kernel's table)",
				round(least), acceptQueue(s))
		}
	}
	for _, l := range r.Looks {
		left := l.Gateway
		if side == TraderSide {
			left = l.Trader
		}
		for _, client := range left {
			conn := r.connectionOf(client, l.At)
			add(client, cmp.Or(conn.Life, l.Life), conn.ID, l.At, "CLOSE_WAIT at quiescence (kernel's table)")
		}
	}
	return found
}

// pending marks a stay that the run's end cut off.
func pending(is bool) string {
	if is {
		return " and still there at the end"
	}
	return ""
}

// acceptQueue marks a socket that no program has taken from the listener yet.
func acceptQueue(s Sighting) string {
	if s.Side == GatewaySide && s.Inode == 0 {
		return " in the accept queue"
	}
	return ""
}

// reached names the last phase of the handshake that the connection reached.
func (c Connection) reached() string {
	switch {
	case c.completed():
		return "after a complete handshake"
	case c.BootstrapSent != 0:
		return "before a first request"
	case c.StartAPIRead != 0:
		return "after START_API"
	case c.VersionSent != 0:
		return "before START_API"
	case c.Preamble:
		return "after the preamble"
	default:
		return "before a complete preamble"
	}
}

// connectionOf is the latest connection from that address that was accepted by then: a kernel
// may give the same port out twice in a long run.
func (r *Record) connectionOf(client netip.AddrPort, at Moment) Connection {
	var match Connection
	for _, c := range r.Connections {
		if c.Remote == client && (match.ID == 0 || c.Accepted <= at) {
			match = c
		}
	}
	return match
}

// longestStay is the longest stay of the subject's connections in CLOSE_WAIT at one side.
func (r *Record) longestStay(side Side) time.Duration {
	var longest time.Duration
	for _, conn := range r.subjects() {
		if d, ok := conn.closeWait(side, r.Footer.Ended); ok {
			longest = max(longest, d.length())
		}
	}
	for _, s := range r.Sightings {
		if least, _ := s.dwell(r.Footer.Ended); s.Side == side && !s.Planted {
			longest = max(longest, least)
		}
	}
	return longest
}

// oracles says which oracles stand behind a statement about sockets.
func (r *Record) oracles() string {
	if r.Header.Kernel != "" {
		return "by the Gateway's timing alone: " + r.Header.Kernel
	}
	return fmt.Sprintf("by the Gateway's timing and %d readings of the kernel's table, at most %s apart",
		r.Footer.Looks, round(time.Duration(r.Footer.LongestGap)))
}
