package harness

import (
	"cmp"
	"fmt"
	"strings"

	"ibsoak/fakegateway/fault"
)

// nothingLeftDetector and logRateDetector are the checks of what a life does to the machine.
var (
	nothingLeftDetector = Detector{
		Name: "nothing-left", Group: GroupProcesses, judge: nothingLeft, Unconnected: true,
		Doc: fmt.Sprintf("%s after the end of a life one of its processes was still there, whatever it "+
			"had done to its parent, group, session or environment; or a session of the life was not "+
			"over; or its output was still open; or something connected more than %s after its end, or "+
			"asked for something more than %s after it.",
			SettleTime, LateAfter, AskedAfter),
		Least: "every life, with its processes followed and its end looked at; lives that the harness " +
			"cut short are none",
		Do: "End and wait for everything that the trader has started before it exits, or start it " +
			"outside of the trader.",
		Page: "your-trader.md#processes",
	}
	logRateDetector = Detector{
		Name: "log-rate", Group: GroupProcesses, judge: logRate,
		Doc: fmt.Sprintf("A life and its children wrote more than %d MiB to stdout and stderr within %s.",
			LogStormBytes>>20, LogWindow),
		Least: "one life that connected",
		Do: "Limit how often the same message is logged: a storm fills a disk and hides the line that " +
			"matters.",
		Page: "your-trader.md#output",
	}
)

// growthDetectors are the checks of processes that grow in number.
var growthDetectors = []Detector{{
	Name: "steady-processes", Group: GroupLeaks, judge: steadyProcesses,
	Doc: "The number of processes, those counted that have ended and that their parent has not " +
		"waited for, keeps rising in the second half of the cycles.",
	Least: fmt.Sprintf("%d cycles", processCycles),
	Do:    "Wait for every child that ends, and start none a cycle that stays.",
	Page:  "your-trader.md#processes",
}}

const (
	// processCycles is how many cycles it takes to call the number of processes steady. Only their
	// second half is judged, in processBlocks blocks: a pool of workers fills up in the first.
	processCycles = 40
	processBlocks = 4
)

func nothingLeft(r *Record, c Check) Finding {
	f := open(c, "lives", r.livesDue())
	followed, looked := r.followed(), r.looked()
	for _, l := range r.Lives {
		if r.cut(l) {
			continue // a launcher that the harness stopped in the middle of its start answers for nobody
		}
		if followed[l.Number] && looked[l.Number] {
			f.Evidence++
		}
		if n := len(l.Leftovers); n > 0 {
			f.violated(Example{
				Life: l.Number, At: l.Exited,
				What: fmt.Sprintf("left %s, which the harness ended: %s", count(n, "processes"),
					strings.Join(l.Leftovers, "; ")),
			})
		}
		if l.OutputHeld {
			f.violated(Example{
				Life: l.Number, At: l.Exited,
				What: "its output is still open: a process that the harness could not see holds it",
			})
		}
	}
	unclear := append(r.leftSessions(f), r.leftTowards(f)...)
	unclear = append(unclear, r.lateConnections(f)...)
	unclear = append(unclear, r.outsiders()...)
	r.lateRequests(f)
	for _, look := range r.Looks {
		if look.Blind != "" {
			unclear = append(unclear, fmt.Sprintf("after life %d: %s", look.Life, look.Blind))
		}
	}
	if len(unclear) > 0 && f.Outcome != Fail {
		return f.undecided("%s", unclear[0])
	}
	return f.conclude("%s followed by parent, group, session, environment%s%s",
		count(len(r.Processes)+r.Footer.ProcessesDropped, "processes"), r.unseen(), r.firstCut())
}

// followed are the lives whose first process was taken up.
func (r *Record) followed() map[int]bool {
	out := map[int]bool{}
	for _, p := range r.Processes {
		if p.Related == RelatedStarted {
			out[p.Life] = true
		}
	}
	return out
}

// looked are the lives whose end was looked at.
func (r *Record) looked() map[int]bool {
	out := map[int]bool{}
	for _, look := range r.Looks {
		out[look.Life] = out[look.Life] || look.Blind == ""
	}
	return out
}

// unseen says what else the following used, and what it could not use.
func (r *Record) unseen() string {
	if len(r.Header.Unfollowed) == 0 {
		return ", cgroup and as orphans"
	}
	return "; " + strings.Join(r.Header.Unfollowed, "; ")
}

// leftSessions finds the sessions that a life left, each once. The kernel is asked first: a socket
// that no process has open is none, whatever the Gateway has seen of its end. Where it could not be
// asked the Gateway's word counts, unless a fault keeps the Gateway from seeing the end.
func (r *Record) leftSessions(f *Finding) (unclear []string) {
	seen := map[int]bool{}
	for _, look := range r.Looks {
		for _, s := range look.Open {
			if s.Connection == 0 {
				continue // towards a keeper: see leftTowards
			}
			conn := r.connectionNumber(s.Connection)
			if s.State == SessionGone || seen[s.Connection] || r.cut(r.lifeNumber(conn.Life)) {
				continue
			}
			seen[s.Connection] = true
			if s.State == "" && (conn.Held || len(conn.Faults) > 0) {
				unclear = append(unclear, fmt.Sprintf("whether the trader has ended connection %d is not known: "+
					"a fault holds it, and the kernel could not be asked", s.Connection))
				continue
			}
			what := fmt.Sprintf("connection %d from %s was not over %s after the end of life %d",
				s.Connection, s.Client, round(look.At.Since(r.lifeNumber(look.Life).Exited)), look.Life)
			if s.State != "" {
				what += ": " + s.State
			}
			if s.Holder != "" {
				what += ", held by " + s.Holder
			}
			f.violated(Example{Life: conn.Life, Connection: s.Connection, At: look.At, What: what})
		}
	}
	return unclear
}

// lateConnections finds what connected when no life ran. A Gateway that does not accept for a time
// takes connections late by itself.
func (r *Record) lateConnections(f *Finding) (unclear []string) {
	for _, receipt := range r.Receipts {
		if receipt.Planned == fault.BacklogFull {
			return nil
		}
	}
	for _, conn := range r.own() {
		l := r.lifeNumber(conn.Life)
		switch after := conn.Accepted.Since(l.Exited); {
		case conn.Life == 0:
			unclear = append(unclear, fmt.Sprintf("connection %d from %s was made before the first life: "+
				"somebody else uses the Gateway's port", conn.ID, conn.Remote))
		case l.Exited != 0 && after > LateAfter:
			f.violated(Example{
				Life: conn.Life, Connection: conn.ID, At: conn.Accepted,
				What: fmt.Sprintf("%s connected %s after the end of life %d, when none ran",
					conn.Remote, round(after), conn.Life),
			})
		}
	}
	return unclear
}

// lateRequests finds what was asked for on the sessions of a life that had ended: some process has
// worked on. Where a fault of the Gateway acts nobody knows when its bytes came.
func (r *Record) lateRequests(f *Finding) {
	seen := map[int]bool{}
	for _, m := range r.Messages {
		if !m.FromClient || seen[m.Connection] {
			continue
		}
		l, read := r.lifeNumber(m.Life), cmp.Or(m.Begun, m.At)
		after := read.Since(l.Exited)
		if l.Exited == 0 || after <= AskedAfter || r.cut(l) {
			continue
		}
		if conn := r.connectionNumber(m.Connection); conn.Held || len(conn.Faults) > 0 {
			continue
		}
		seen[m.Connection] = f.late(r.lateness(after, AskedAfter, l.Exited, read), Example{
			Life: l.Number, Connection: m.Connection, At: read,
			What: fmt.Sprintf("asked for %s on connection %d %s after the end of life %d", m.Kind, m.Connection,
				round(after), l.Number),
		})
	}
}

// outsiders finds lives whose sessions something else makes: a container's daemon, a service, a
// program that was there before. What those leave nobody has followed.
func (r *Record) outsiders() (unclear []string) {
	own := map[int]bool{}
	for _, s := range r.Samples {
		own[s.Life] = own[s.Life] || s.OwnsSession
	}
	for _, s := range r.Samples {
		if s.Foreign != 0 && !own[s.Life] {
			unclear = append(unclear, fmt.Sprintf("connection %d is open in no process of life %d: something "+
				"outside of it, a container or a service, makes its sessions, and what that leaves is not "+
				"followed", s.Foreign, s.Life))
		}
	}
	return unclear
}

func logRate(r *Record, c Check) Finding {
	f := open(c, "lives", 1)
	var most, all int64
	for _, l := range r.Lives {
		if len(r.of(l.Number)) > 0 {
			f.Evidence++
		}
		most, all = max(most, l.BusiestBytes), all+l.StdoutBytes+l.StderrBytes
		if l.BusiestBytes > LogStormBytes {
			f.violated(Example{
				Life: l.Number, At: l.Exited,
				What: fmt.Sprintf("wrote %s within %s, %s in all; %s allowed", mib(float64(l.BusiestBytes)),
					min(LogWindow, round(l.Exited.Since(l.Started))), mib(float64(l.StdoutBytes+l.StderrBytes)),
					mib(LogStormBytes)),
			})
		}
	}
	return f.conclude("%s in all, at most %s within %s, %s allowed",
		kib(float64(all)), kib(float64(most)), LogWindow, mib(LogStormBytes))
}

// steadyProcesses judges the second half of the cycles: a count that is taken at the same point of
// each either stays or does not. It fails when the least values of four successive blocks never
// fall, rise at least twice, and end above the first.
func steadyProcesses(r *Record, c Check) Finding {
	f := open(c, "cycles", processCycles)
	samples := r.processSamples()
	f.Evidence = len(samples)
	f.Informational = c.Evidence == 0 && f.Evidence < f.Least
	half := samples[len(samples)/2:]
	if len(half) < processBlocks {
		return f.conclude("too few cycles for a statement about processes")
	}
	var least [processBlocks]int
	rises, falls := 0, 0
	for i := range least {
		block := half[i*len(half)/processBlocks : (i+1)*len(half)/processBlocks]
		least[i] = block[0].Processes
		for _, s := range block {
			least[i] = min(least[i], s.Processes)
		}
		switch {
		case i == 0:
		case least[i] > least[i-1]:
			rises++
		case least[i] < least[i-1]:
			falls++
		}
	}
	last := half[len(half)-1]
	if f.Evidence >= f.Least && falls == 0 && rises >= 2 {
		f.violated(Example{
			Life: last.Life, At: last.At,
			What: fmt.Sprintf("processes rose from %d to %d in %d cycles, %d of them ended and not waited for",
				least[0], last.Processes, len(half), last.Unreaped),
		})
	}
	return f.conclude("least number of processes by quarter of %d cycles: %v; one more every %d cycles would show",
		len(half), least, max(1, len(half)/processBlocks))
}

// processSamples are the samples of the last life that were taken when a cycle was answered.
func (r *Record) processSamples() []Sample {
	var out []Sample
	for _, s := range r.Samples {
		if s.Life == len(r.Lives) && s.Cycle > 0 && s.Processes > 0 {
			out = append(out, s)
		}
	}
	return out
}

func kib(bytes float64) string { return fmt.Sprintf("%.1f KiB", bytes/(1<<10)) }

func mib(bytes float64) string { return fmt.Sprintf("%.1f MiB", bytes/(1<<20)) }
