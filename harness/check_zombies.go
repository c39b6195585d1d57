package harness

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"ibsoak/fakegateway/fault"
)

// zombieDetectors are the checks of sockets in CLOSE_WAIT.
var zombieDetectors = []Detector{
	{
		Name: "no-zombies-at-gateway", Group: GroupSockets, judge: noZombiesAtGateway,
		Doc: fmt.Sprintf("A socket of the Gateway was in CLOSE_WAIT for longer than Within "+
			"(default %s) or at quiescence: the trader said FIN and left the Gateway holding it. "+
			"What a fault of the Gateway keeps from closing on a healthy Gateway is not counted.",
			ZombieBound),
		Least: "one connection; in a scenario that kills, one of every life, killed",
		Do: "On a Gateway that never closes only a reset frees it: set SO_LINGER to on with 0 " +
			"seconds before connect, so that the kernel resets however the program ends.",
		Page: "your-trader.md#sockets",
	},
	{
		Name: "no-zombies-at-trader", Group: GroupSockets, judge: noZombiesAtTrader,
		Doc: fmt.Sprintf("A socket of the trader was in CLOSE_WAIT for longer than Within "+
			"(default %s) or at quiescence: the Gateway said FIN and the trader did not close.",
			ZombieBound),
		Least: "one connection; in a scenario that kills, one of every life, killed",
		Do:    "Read until end of file in every state, also while waiting, and then close the socket.",
		Page:  "your-trader.md#sockets",
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
	if r.Header.Scenario.Subject.kills() {
		f = open(c, "killed lives", max(1, len(r.Lives)))
		for _, l := range r.Lives {
			if l.EndedBy == EndedKillAt && len(r.of(l.Number)) > 0 {
				f.Evidence++
			}
		}
	}
	bound := cmp.Or(c.Within, ZombieBound)
	if !r.knowsZombies(side, bound) {
		return f.broken("a made-up socket beyond %s is not told from one within it", bound)
	}
	for _, z := range r.zombies(side, bound) {
		f.blames(z.perhaps, z.Example)
	}
	if why := r.zombiesTowards(f, side, bound); why != "" && f.Outcome != Fail {
		return f.undecided("%s", why)
	}
	return f.conclude("longest stay in CLOSE_WAIT %s, %s allowed, %s%s",
		round(r.longestStay(side)), bound, r.witnesses(), r.keptByFaults(side))
}

// witnesses says which oracles stand behind a statement about all sockets.
func (r *Record) witnesses() string {
	switch gap := time.Duration(r.Footer.LongestGap); {
	case r.Header.Kernel != "":
		return "by the Gateway's timing alone"
	case gap > OracleFloor:
		return fmt.Sprintf("by the Gateway's timing alone: the kernel's table was not read for %s", round(gap))
	}
	return "by both oracles"
}

// zombie is a socket that stayed in CLOSE_WAIT.
type zombie struct {
	Client netip.AddrPort
	Example
	// perhaps is set when the machine was too busy to say that the trader stayed.
	perhaps bool
}

// zombies are the sockets of one side that were in CLOSE_WAIT for longer than bound or at
// quiescence, each once, by whichever oracle saw it. Planted ones are not the subject's, nor is
// what a fault keeps from closing.
func (r *Record) zombies(side Side, bound time.Duration) []zombie {
	var found []zombie
	at := map[netip.AddrPort]int{} // places in found
	add := func(z zombie, client netip.AddrPort, format string, args ...any) {
		z.Client = client
		z.What = fmt.Sprintf("%s's end of %s: %s", side, client, fmt.Sprintf(format, args...))
		i, known := at[client]
		switch {
		case !known:
			at[client] = len(found)
			found = append(found, z)
		case found[i].perhaps && !z.perhaps:
			found[i] = z
		}
	}
	of := func(conn Connection, at Moment) zombie {
		return zombie{Example: Example{Life: conn.Life, Connection: conn.ID, At: at}}
	}
	for _, conn := range r.subjects() {
		d, ok := conn.closeWait(side, r.Footer.Ended)
		late := r.lateness(d.length(), bound, d.From, d.To)
		switch z := of(conn, d.From); {
		case !ok || r.keptByFault(conn, side):
		case late != lateNot:
			z.perhaps = late == latePerhaps
			add(z, conn.Remote, "CLOSE_WAIT for %s%s, %s (Gateway's timing)",
				round(d.length()), pending(d.Pending), conn.reached())
		case d.Pending:
			add(z, conn.Remote, "CLOSE_WAIT at the end, %s (Gateway's timing)", conn.reached())
		}
	}
	for _, s := range r.Sightings {
		conn := r.connectionOf(s.Client, s.First)
		least, _ := s.dwell(r.Footer.Ended)
		late := r.lateness(least, bound, s.First, s.Last)
		if s.Side != side || s.Planted || late == lateNot || r.keptByFault(conn, side) {
			continue
		}
		z := of(conn, s.First)
		z.perhaps = late == latePerhaps
		add(z, s.Client, "CLOSE_WAIT for %s%s (kernel's table)", round(least), acceptQueue(s))
	}
	for _, l := range r.Looks {
		left := l.Gateway
		if side == TraderSide {
			left = l.Trader
		}
		for _, client := range left {
			conn := r.connectionOf(client, l.At)
			conn.Life = cmp.Or(conn.Life, l.Life)
			if !r.keptByFault(conn, side) {
				add(of(conn, l.At), client, "CLOSE_WAIT at quiescence, %s (kernel's table)", conn.reached())
			}
		}
	}
	return found
}

// knowsZombies shows the check two sockets before any of the run's: one that stayed twice as long
// as it may, and one that left at once. A check that does not convict exactly the first of them
// must not judge others.
func (r *Record) knowsZombies(side Side, bound time.Duration) bool {
	const zombiePort, other = 1, 2
	control := &Record{Header: r.Header}
	for port, stay := range map[uint16]time.Duration{zombiePort: 2 * bound, other: 0} {
		fin, out := Moment(time.Second), Moment(time.Second+stay)
		conn := Connection{
			Remote:     netip.AddrPortFrom(netip.IPv4Unspecified(), port),
			GatewayFIN: fin, ClientFIN: out, Closed: out,
		}
		if side == GatewaySide {
			conn.GatewayFIN, conn.ClientFIN = out, fin
		}
		control.Connections = append(control.Connections, conn)
	}
	found := control.zombies(side, bound)
	return len(found) == 1 && found[0].Client.Port() == zombiePort
}

// keptByFault reports a socket of the Gateway that stays in CLOSE_WAIT because a fault of the
// Gateway goes on sending, reads nothing or holds it. A Gateway whose fault or profile is to ignore
// the client's FIN is another thing: leaving it nothing to hold is then what is asked.
func (r *Record) keptByFault(conn Connection, side Side) bool {
	if side != GatewaySide || conn.ID == 0 {
		return false
	}
	return slices.ContainsFunc(r.receiptsOn(conn.ID), func(receipt Receipt) bool {
		return receipt.Planned == fault.SendAfterEOF || receipt.Planned == fault.StopReading ||
			receipt.Planned == fault.Hold
	})
}

// keptByFaults says how many sockets were left out for that; "" for none.
func (r *Record) keptByFaults(side Side) string {
	n := 0
	for _, conn := range r.subjects() {
		if _, ok := conn.closeWait(side, r.Footer.Ended); ok && r.keptByFault(conn, side) {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; %s kept by a fault of the Gateway not counted", count(n, "sockets"))
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

// longestStay is the longest stay of the subject's connections in CLOSE_WAIT at one side.
func (r *Record) longestStay(side Side) time.Duration {
	var longest time.Duration
	for _, conn := range r.subjects() {
		if d, ok := conn.closeWait(side, r.Footer.Ended); ok && !r.keptByFault(conn, side) {
			longest = max(longest, d.length())
		}
	}
	for _, s := range r.Sightings {
		kept := r.keptByFault(r.connectionOf(s.Client, s.First), side)
		if least, _ := s.dwell(r.Footer.Ended); s.Side == side && !s.Planted && !kept {
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
	return fmt.Sprintf("by the Gateway's timing and %s of the kernel's table, at most %s apart",
		count(r.Footer.Looks, "readings"), round(time.Duration(r.Footer.LongestGap)))
}
