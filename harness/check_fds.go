package harness

import (
	"cmp"
	"fmt"
)

// recoveryLeakDetectors are the checks of what a lost session leaves open in the trader.
var recoveryLeakDetectors = []Detector{
	{
		Name: "fds-after-recovery", Group: GroupLeaks, judge: fdsAfterRecovery,
		Doc: fmt.Sprintf("After a recovery the subject holds over Want (default %d) descriptors "+
			"more than before its first session was lost, taken at the same point of each cycle.",
			recoveryFDSlack),
		Least: "one recovery, with a cycle before it and one after it",
		Do: "Close everything that belonged to a session when it is lost, on the path of the " +
			"error as well: socket, timers, pipes, files.",
		Page: "your-trader.md#leaks",
	},
}

// recoveryFDSlack is how many more descriptors a subject may hold after a recovery: the first
// error may open a log, a resolver or a library once, and keep it.
const recoveryFDSlack = 4

// fdsAfterRecovery compares the least number of descriptors on the first session that worked with
// the least on each later one. The least is free of what is open for a moment only.
func fdsAfterRecovery(r *Record, c Check) Finding {
	f := open(c, "recoveries", 1)
	slack := cmp.Or(c.Want, recoveryFDSlack)
	sessions := r.sessionFDs()
	if len(sessions) == 0 {
		return f.undecided("the subject's descriptors could not be read")
	}
	before, most := sessions[0], 0
	for i, s := range sessions[1:] {
		f.Evidence++
		more := s.least - before.least
		most = max(most, more)
		if more > slack {
			f.violated(Example{
				Life: s.at.Life, At: s.at.At,
				What: fmt.Sprintf("%d descriptors after recovery %d, %d before the first loss: %d more, %d allowed",
					s.least, i+1, before.least, more, slack),
			})
		}
	}
	return f.conclude("%d descriptors before the first loss, at most %d more after a recovery; "+
		"a leak of %d for each lost session or fewer would not show",
		before.least, most, slack/max(1, len(sessions)-1))
}

// sessionFDs is the least number of descriptors by session, in order, and where it was seen.
type sessionFDs struct {
	connection, least int
	at                Sample
}

func (r *Record) sessionFDs() []sessionFDs {
	of := map[int]int{} // connections by cycle
	for _, cycle := range r.Cycles {
		of[cycle.Number] = cycle.Connection
	}
	var sessions []sessionFDs
	for _, s := range r.Samples {
		connection, known := of[s.Cycle]
		if !known || s.FDs <= 0 {
			continue
		}
		last := len(sessions) - 1
		switch {
		case last < 0 || sessions[last].connection != connection:
			sessions = append(sessions, sessionFDs{connection, s.FDs, s})
		case s.FDs < sessions[last].least:
			sessions[last].least, sessions[last].at = s.FDs, s
		}
	}
	return sessions
}
