package harness

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// processDetectors are the checks of how a life ends and what it leaves.
var processDetectors = []Detector{
	nothingLeftDetector, logRateDetector,
	{
		Name: "sigterm", Group: GroupProcesses, judge: obeysSIGTERM,
		Doc: fmt.Sprintf("A life did not exit with one of Exits (default 0) within the trader's grace "+
			"after SIGTERM; where none was stated, Within (default %s).", TermWithin),
		Least: "one life that connected and was sent SIGTERM",
		Do: "End the session and exit 0 on SIGTERM, or state how long that takes as the subject's " +
			"grace.",
		Page: "your-trader.md#sigterm",
	},
}

// workDetectors are the checks of what one life does.
var workDetectors = []Detector{
	{
		Name: "completed-handshakes", Group: GroupWork, judge: completedHandshakes, Ledger: true,
		Doc: "Fewer than Want lives (connections of a continuous subject) got from accept to a " +
			"first request after the accounts and the order id were sent.",
		Least: "one connection; of a run that was cut short all lives that the scenario asks for",
		Do: "Send START_API after the version reply, and ask for something once the accounts and " +
			"the order id have come.",
		Page: "your-trader.md#work",
	},
	{
		Name: "exit-codes", Group: GroupWork, judge: exitCodes, Unconnected: true, Ledger: true,
		Doc: fmt.Sprintf("A life that connected exited with a code outside Exits (default 0), or by a "+
			"signal, or still ran after the life limit (default %s from its first connection).",
			DefaultLifeLimit),
		Least: "every life (or Evidence of them) that either connected or gave one of Exits " +
			"other than 0; lives that the scenario's limit or an interrupt cut short are none",
		Do: "Exit 0 when the cycle was done; read its last words below, and say in --exits what " +
			"your other codes mean.",
		Page: "your-trader.md#exit-codes",
	},
	{
		Name: "classified", Group: GroupWork, judge: classified, Unconnected: true, Ledger: true,
		Doc: fmt.Sprintf("A life did not exit in a class that the fault that met it allows "+
			"(ByFault, else Classes; literal Exits win), or not within Within (default %s) of the "+
			"last fault on its connection. Planted zombies count from the life's start.",
			ClassifyWithin),
		Least: "every life, and a table of the trader's exit codes (only 0 is known without)",
		Do: "Give each way in which the Gateway fails an exit code of its own, exit at once, and " +
			"say in subject.exits what the codes mean.",
		Page: "your-trader.md#exit-codes",
	},
}

// completedHandshakes counts lives in mode Once, so that a life that reconnects does not make up
// for one that never got through; a continuous subject has one life and is counted by connection.
func completedHandshakes(r *Record, c Check) Finding {
	f := open(c, "connections", 1)
	made := r.subjects()
	f.Evidence = len(made)
	done := 0
	var without []Life
	if r.Header.Scenario.Subject.Mode == Continuous {
		for _, conn := range made {
			if conn.completed() {
				done++
			}
		}
	} else {
		for _, l := range r.Lives {
			switch {
			case slices.ContainsFunc(r.of(l.Number), Connection.completed):
				done++
			case !r.cut(l):
				without = append(without, l)
			}
		}
	}
	if done < c.Want {
		for _, l := range without {
			f.violated(Example{Life: l.Number, At: l.Started, What: handshakeLost(r.of(l.Number))})
		}
		short := len(r.Lives) < r.livesDue() || slices.ContainsFunc(r.Lives, r.cut)
		if len(without) < c.Want-done && !short {
			f.violated(Example{What: fmt.Sprintf("%d completed, %d wanted", done, c.Want), Missing: true})
		}
		if short && f.Outcome != Fail {
			return f.undecided("%d completed, %d wanted%s", done, c.Want, r.firstCut())
		}
	}
	return f.conclude("%d completed, %d wanted", done, c.Want)
}

// cut reports a life that the harness ended for a reason that says nothing about it: it had not
// connected in time, the scenario's limit was reached, or the run was interrupted.
func (r *Record) cut(l Life) bool {
	interrupted := l.EndedBy == EndedSIGTERM && r.Header.Scenario.Subject.Mode == Once
	return l.EndedBy == EndedNoDial || l.EndedBy == EndedLimit || l.EndedBy == EndedCut || interrupted
}

// livesDue is how many lives a statement about all of them needs: those that the scenario asks for
// when the run ended before them.
func (r *Record) livesDue() int {
	due := max(1, len(r.Lives))
	switch s := r.Header.Scenario.Subject; r.Footer.Stop {
	case StopLimit, StopOverlong, StopInterrupted, StopNeverDialed, StopGateway, StopKilled:
		if s.Mode == Once {
			due = max(due, s.Runs)
		}
	case StopDone, StopExited, StopStalled, StopHarness:
	}
	return due
}

// firstCut says for the detail of a finding which lives were cut short, and by which timer; "" for
// none.
func (r *Record) firstCut() string {
	for _, l := range r.Lives {
		switch {
		case l.EndedBy == EndedNoDial:
			return "; " + r.noDial(l)
		case r.cut(l):
			return fmt.Sprintf("; life %d was cut short", l.Number)
		}
	}
	return ""
}

// noDial says that a life was stopped because it had not connected, and what to do about that.
func (r *Record) noDial(l Life) string {
	return fmt.Sprintf("life %d had not connected within %s, when the harness stopped it: "+
		"a trader that needs longer says so with --connect-within",
		l.Number, cmp.Or(r.Header.Scenario.Subject.ConnectWithin, DialWithin))
}

// neverConnected says that the subject made no connection, and why when the harness knows.
func (r *Record) neverConnected() string {
	for _, l := range r.Lives {
		if l.EndedBy == EndedNoDial {
			return "the subject never connected: " + r.noDial(l)
		}
	}
	return "the subject never connected"
}

// handshakeLost says how far a life got.
func handshakeLost(made []Connection) string {
	if len(made) == 0 {
		return "never connected"
	}
	last := made[len(made)-1]
	switch {
	case last.StartAPIRead == 0 && last.VersionSent == 0 && !last.Preamble:
		return "no complete preamble"
	case last.VersionSent == 0:
		return "no version reply was sent"
	case last.StartAPIRead == 0:
		return "no START_API came"
	case last.BootstrapSent == 0:
		return "accounts and order id were not sent"
	default:
		return "no request followed the handshake"
	}
}

// speaks reports whether a life is evidence about exit codes: it connected, or its code says
// something that only a trader would say. A subject that never connects and exits 0 or with a
// code of its own may never have tried.
func speaks(r *Record, l Life, exits []int) bool {
	if len(r.of(l.Number)) > 0 {
		return true
	}
	return l.Signal == "" && l.ExitCode != 0 && slices.Contains(exits, l.ExitCode)
}

func allowedExits(c Check) []int {
	if len(c.Exits) == 0 {
		return []int{0}
	}
	return c.Exits
}

// ended describes how a life ended.
func (l Life) ended() string {
	switch {
	case l.EndedBy == EndedCut:
		return "running when the run was cut short"
	case l.EndedBy == EndedUnstart:
		return "not started: " + l.Error
	case l.Signal != "" && l.EndedBy == EndedItself:
		return "ended by " + l.Signal
	case l.Signal != "":
		return fmt.Sprintf("ended by %s (%s)", l.Signal, l.EndedBy)
	case l.EndedBy != EndedItself:
		return fmt.Sprintf("exit %d after %s", l.ExitCode, l.EndedBy)
	default:
		return fmt.Sprintf("exit %d", l.ExitCode)
	}
}

// exitedWith reports an exit with one of the codes, of the life's own accord or on SIGTERM.
func (l Life) exitedWith(codes []int) bool {
	own := l.EndedBy == EndedItself || l.EndedBy == EndedSIGTERM
	return own && l.Signal == "" && slices.Contains(codes, l.ExitCode)
}

func exitCodes(r *Record, c Check) Finding {
	f := open(c, "lives", r.livesDue())
	exits := allowedExits(c)
	good := 0
	for _, l := range r.Lives {
		if !speaks(r, l, exits) || r.cut(l) {
			continue
		}
		f.Evidence++
		if l.exitedWith(exits) {
			good++
			continue
		}
		f.violated(Example{Life: l.Number, At: l.Exited, What: r.overlong(l) + l.ended()})
	}
	return f.conclude("%d of %d lives exited with one of %v%s", good, len(r.Lives), exits, r.firstCut())
}

// overlong says what a life that reached its limit had done last; "" for any other.
func (r *Record) overlong(l Life) string {
	if l.EndedBy != EndedOverlong {
		return ""
	}
	from, what := l.Started, "its start, without a cycle"
	for _, i := range r.indexes().did[l.Number] {
		if cycle := r.Cycles[i]; cycle.Answered <= l.TermSent {
			from, what = cycle.Answered, "its last cycle"
		}
	}
	return fmt.Sprintf("still running %s after %s; ", round(l.TermSent.Since(from)), what)
}

func obeysSIGTERM(r *Record, c Check) Finding {
	f := open(c, "lives", 1)
	within := cmp.Or(r.Header.Scenario.Subject.Grace, c.Within, TermWithin)
	exits := allowedExits(c)
	var slowest time.Duration
	for _, l := range r.Lives {
		if l.TermSent == 0 || len(r.of(l.Number)) == 0 || l.EndedBy == EndedNoDial {
			continue
		}
		f.Evidence++
		took := l.Exited.Since(l.TermSent)
		slowest = max(slowest, took)
		switch {
		case f.late(r.lateness(took, within, l.TermSent, l.Exited), Example{
			Life: l.Number, At: l.TermSent,
			What: fmt.Sprintf("gone only after %s", round(took)),
		}):
		case l.Signal != "" || !slices.Contains(exits, l.ExitCode):
			f.violated(Example{Life: l.Number, At: l.Exited, What: l.ended()})
		}
	}
	return f.conclude("slowest exit %s after SIGTERM, %s allowed", round(slowest), within)
}

// round shortens a duration to what a reader can use.
func round(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d >= time.Second:
		return d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond)
	default:
		return d.Round(100 * time.Nanosecond)
	}
}
