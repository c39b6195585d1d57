package harness

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// processDetectors are the checks of how a life ends and what it leaves.
var processDetectors = []Detector{
	{
		Name: "sigterm", Group: GroupProcesses, judge: obeysSIGTERM,
		Doc: "A life did not exit within Within (default 3 s) of SIGTERM with one of Exits " +
			"(default 0), or left processes behind.",
		Least: "one life that connected and was sent SIGTERM",
	},
}

// workDetectors are the checks of what one life does.
var workDetectors = []Detector{
	{
		Name: "completed-handshakes", Group: GroupWork, judge: completedHandshakes,
		Doc: "Fewer than Want lives (connections of a continuous subject) got from accept to a " +
			"first request after the accounts and the order id were sent.",
		Least: "one connection",
	},
	{
		Name: "exit-codes", Group: GroupWork, judge: exitCodes, Unconnected: true,
		Doc: "A life that connected exited with a code outside Exits (default 0), or by a signal.",
		Least: "every life (or Evidence of them) that either connected or gave one of Exits " +
			"other than 0",
	},
	{
		Name: "classified", Group: GroupWork, judge: classified, Unconnected: true,
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
			if slices.ContainsFunc(r.of(l.Number), Connection.completed) {
				done++
			} else {
				without = append(without, l)
			}
		}
	}
	if done < c.Want {
		for _, l := range without {
			f.violated(Example{Life: l.Number, At: l.Started, What: handshakeLost(r.of(l.Number))})
		}
		if len(without) < c.Want-done {
			f.violated(Example{What: fmt.Sprintf("%d completed, %d wanted", done, c.Want)})
		}
	}
	return f.conclude("%d completed, %d wanted", done, c.Want)
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
	f := open(c, "lives", max(1, len(r.Lives)))
	exits := allowedExits(c)
	good := 0
	for _, l := range r.Lives {
		if !speaks(r, l, exits) {
			continue
		}
		f.Evidence++
		if l.exitedWith(exits) {
			good++
			continue
		}
		f.violated(Example{Life: l.Number, At: l.Exited, What: l.ended()})
	}
	return f.conclude("%d of %d lives exited with one of %v", good, len(r.Lives), exits)
}

func obeysSIGTERM(r *Record, c Check) Finding {
	f := open(c, "lives", 1)
	within := cmp.Or(c.Within, TermWithin)
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
		case len(l.Leftovers) > 0:
			f.violated(Example{
				Life: l.Number, At: l.Exited,
				What: fmt.Sprintf("left %s running: %v", count(len(l.Leftovers), "processes"), l.Leftovers),
			})
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
