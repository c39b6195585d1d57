package harness

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"ibsoak/fakegateway"
)

// What an hour must have been like, in parts of the scenario's interval or of the planned time.
const (
	// paceLeast is the least time between two cycles, in intervals. paceExcused is how many may
	// stand closer before the check speaks: after a late cycle the next one is on time again, and
	// a session begins with what its preparation takes.
	paceLeast   = 0.5
	paceExcused = 3

	// paceBlind is the part of the time that the harness may have been behind: at paceLeast, twice that part of
	// the cycles could have come at once.
	paceBlind = 0.25

	// paceTotal is the least part of the planned time that all cycles must have taken. A run in
	// which they took less than paceBurst of it was no trader's pace, whoever set it.
	paceTotal = 0.9
	paceBurst = 0.25

	// leastPause is the median pause between a cycle and the next by which a subject with a pace of
	// its own shows that it has one.
	leastPause = 100 * time.Millisecond

	// silentFor is how many times the longest pause between its cycles a subject whose pace
	// cannot be set must be silent before that counts as an end of its work.
	silentFor = 3
)

// cycleDetectors are the checks of whether the work of a claim was done.
var cycleDetectors = []Detector{
	{
		Name: "cycles", Group: GroupWork, judge: cyclesSeen,
		Doc: "A life showed fewer than Want cycles of work (default 1; a continuous subject in all " +
			"its run). A cycle is an answered request for data (history, ticks, contract details, " +
			"positions, account), an order that the Gateway took, or an interval in which a " +
			"subscription brought updates; what is asked for in one go is one. Positions, account " +
			"and contract details count only for a trader that asks for no market data. Questions of " +
			"bookkeeping (time, ids, open orders, executions), unknown messages, refused requests, " +
			"answers to a client that had left and answers that nobody had read when it left (on " +
			"Linux, by the kernel's count) are none. A life that asked only for reference " +
			"data, or for what the rules do not know, is inconclusive: name its cycle by " +
			"subject.cycle.",
		Least: "every life that no fault and no kill of the scenario kept from it",
		Do: "Wait for the answer to a request before you leave; where your trader works by other " +
			"messages, name them by subject.cycle.",
		Page: "your-trader.md#work",
	},
	{
		Name: "pace", Group: GroupWork, judge: paced,
		Doc: fmt.Sprintf("Cycles on one connection came closer together than %.0f %% of the interval, "+
			"more than %d of them in a row, or all cycles took less than %.0f %% of the time that "+
			"as many intervals take; both at the run's time scale. A subject whose pace cannot be "+
			"set, because {interval} is neither in its command nor in its arguments, is "+
			"inconclusive, unless all its cycles came within %.0f %% of that time without pauses of "+
			"%s between them.",
			100*paceLeast, paceExcused, 100*paceTotal, 100*paceBurst, leastPause),
		Least: "all cycles that the scenario asks for, two at the least",
		Do: "Take the interval from the command line ({interval} in the command, or " +
			"subject.continuousArgs) and keep it between two cycles.",
		Page: "your-trader.md#work",
	},
}

func cyclesSeen(r *Record, c Check) Finding {
	f := cyclesOfLives
	if r.Header.Scenario.Subject.Mode == Continuous {
		f = cyclesOfRun
	}
	found := f(r, c)
	switch unseen := r.Header.UnreadUnseen; {
	case found.Outcome != Pass:
	case r.Footer.UnreadLost != "":
		return found.undecided("%s, but answers that were never read may have been missed: %s", found.Detail,
			r.Footer.UnreadLost)
	case r.Header.Keeper != nil:
		found.Detail += "; whether answers were read is not seen through a keeper"
	case unseen != "":
		found.Detail += "; whether answers were read could not be seen: " + unseen
	}
	return found
}

// cyclesOfLives asks every life for its own: one that did more does not make up for another.
func cyclesOfLives(r *Record, c Check) Finding {
	f := open(c, "lives", 1)
	want, done := cmp.Or(c.Want, 1), 0
	least := max(r.Header.Scenario.Subject.Runs, len(r.Lives))
	var unknown string
	for _, l := range r.Lives {
		n := r.cyclesOf(l.Number)
		if n < want && r.prevented(l) {
			least--
			continue
		}
		f.Evidence++
		if n >= want {
			done++
			continue
		}
		why, known := r.unshown(l.Number)
		if n > 0 {
			why, known = fmt.Sprintf("%s shown, %d wanted", count(n, "cycles"), want), true
		}
		switch {
		case known:
			f.violated(Example{Life: l.Number, At: l.Exited, What: "no cycle was shown: " + why})
		case unknown == "":
			unknown = fmt.Sprintf("life %d: %s", l.Number, why)
		}
	}
	f.Least = max(f.Least, least)
	if unknown != "" && f.Outcome != Fail {
		return f.undecided("%s", unknown)
	}
	return f.conclude("work shown by %d of %s", done, count(f.Evidence, "lives"))
}

func (r *Record) cyclesOf(life int) int {
	if r.index != nil {
		return r.index.cycles[life]
	}
	n := 0
	for _, c := range r.readCycles() {
		if c.Life == life {
			n++
		}
	}
	return n
}

// prevented reports a life whose work the scenario itself cut off.
func (r *Record) prevented(l Life) bool {
	if l.EndedBy == EndedKillAt || l.EndedBy == EndedUnstart {
		return true
	}
	return slices.ContainsFunc(r.of(l.Number), func(c Connection) bool {
		return slices.ContainsFunc(r.receiptsOn(c.ID), func(receipt Receipt) bool {
			return receipt.fell() && receipt.Planned.PreventsAnswer()
		})
	})
}

// unshown says why a life has no cycle. known is false when it may have worked in a way that the
// rules cannot recognise.
func (r *Record) unshown(life int) (why string, known bool) {
	made := r.of(life)
	if !slices.ContainsFunc(made, func(c Connection) bool { return c.BootstrapSent != 0 }) {
		return handshakeLost(made), true
	}
	work, other, all := r.requests(life)
	rule := r.Header.Scenario.Subject.Cycle
	switch {
	case r.Footer.MessagesLost > 0:
		return fmt.Sprintf("%s could not be kept, so what it asked for is not known",
			count(r.Footer.MessagesLost, "messages")), false
	case rule != CycleRule{}:
		return fmt.Sprintf("nothing that subject.cycle names (%s) was done; it asked for %s", rule, all), true
	case r.leftUnread(life) != "":
		return r.leftUnread(life), true
	case work != "":
		return fmt.Sprintf("it asked for %s, and nothing of it was answered in full while it was there%s",
			work, r.errors(life)), true
	case other != "":
		return fmt.Sprintf("it asked for %s, which may be its work or not; name its cycle by subject.cycle",
			other), false
	case all != "":
		return fmt.Sprintf("it asked only for %s, which is no work", all), true
	}
	return "it asked for nothing", true
}

// leftUnread says of a life that its answers came and were never read; "" if not.
func (r *Record) leftUnread(life int) string {
	for _, i := range r.indexes().did[life] {
		c := r.Cycles[i]
		if u, unread := r.unreadAnswer(c); unread {
			return fmt.Sprintf("the answer to its %s came and was never read: it left with %d of %d bytes unread",
				c.Kind, u.Unread, u.Received)
		}
	}
	return ""
}

// requests lists what a life asked for, with how often: what is work, what may be work, and all.
func (r *Record) requests(life int) (work, other, all string) {
	counts := [3]map[string]int{{}, {}, {}}
	for _, i := range r.indexes().said[life] {
		m := r.Messages[i]
		if !m.FromClient || m.Kind == startAPI {
			continue
		}
		counts[2][m.Kind]++
		switch {
		case isWork(m.Kind):
			counts[0][m.Kind]++
		case !isBookkeeping(m.Kind):
			counts[1][m.Kind]++
		}
	}
	return listed(counts[0]), listed(counts[1]), listed(counts[2])
}

// errors names the errors by which the Gateway refused what a life asked for.
func (r *Record) errors(life int) string {
	codes := map[string]int{}
	for _, i := range r.indexes().said[life] {
		if m := r.Messages[i]; m.Kind == errorMessage && m.ReqID >= 0 && endsRequest(m.Code) {
			codes[strconv.Itoa(m.Code)]++
		}
	}
	if len(codes) == 0 {
		return ""
	}
	return "; the Gateway answered with error " + listed(codes)
}

// listed writes "reqIds (2), reqPositions".
func listed(counts map[string]int) string {
	names := slices.Sorted(maps.Keys(counts))
	for i, name := range names {
		if name == fakegateway.KindMalformed {
			names[i] = "what the Gateway could not read"
		}
		if n := counts[name]; n > 1 {
			names[i] += fmt.Sprintf(" (%d)", n)
		}
	}
	return strings.Join(names, ", ")
}

// cyclesOfRun counts the cycles of a continuous subject.
func cyclesOfRun(r *Record, c Check) Finding {
	f := open(c, "connections", 1)
	f.Evidence = len(r.subjects())
	read := r.readCycles()
	want, n := cmp.Or(c.Want, 1), len(read)
	if n >= want {
		return f.conclude("%d seen, %d wanted", n, want)
	}
	if r.Footer.Stop == StopInterrupted {
		return f.undecided("%d of %d cycles when the run was interrupted", n, want)
	}
	if n == 0 {
		life := 1
		if len(r.Lives) > 0 {
			life = r.Lives[0].Number
		}
		why, known := r.unshown(life)
		if !known {
			return f.undecided("%s", why)
		}
		f.violated(Example{
			Life: life, Missing: true,
			What: fmt.Sprintf("no cycle was shown: %s; the run ended: %s", why, r.Footer.Stop),
		})
		return f.conclude("none seen, %d wanted", want)
	}
	last := read[n-1]
	if !r.Header.paceable() && !r.silent() {
		return f.undecided("%d of %d cycles: they come slower than the scenario's interval, and %s",
			n, want, unpaceable)
	}
	f.violated(Example{
		Life: last.Life, Connection: last.Connection, At: last.Answered,
		What:    fmt.Sprintf("the last of %d was seen here; the run ended: %s", n, r.Footer.Stop),
		Missing: true,
	})
	return f.conclude("%d seen, %d wanted", n, want)
}

// unpaceable is what a subject lacks whose pace cannot be set.
const unpaceable = "its pace cannot be set: put {interval} into its command, or into subject.continuousArgs"

// paceable reports whether the subject is told its interval.
func (h Header) paceable() bool { return h.Scenario.Subject.paceable(h.Command) }

func (s Subject) paceable(command []string) bool {
	told := func(word string) bool { return strings.Contains(word, "{interval}") }
	if slices.ContainsFunc(command, told) {
		return true
	}
	for _, value := range s.Env {
		if told(value) {
			return true
		}
	}
	if !slices.Contains(command, "{args}") {
		return false
	}
	return s.ContinuousArgs == nil || slices.ContainsFunc(s.ContinuousArgs, told)
}

// silent reports a subject whose last cycle is much longer ago than any of its cycles from the one
// before. One that has shown no pace yet is not called silent.
func (r *Record) silent() bool {
	var longest time.Duration
	for i := 1; i < len(r.Cycles); i++ {
		longest = max(longest, r.Cycles[i].Answered.Since(r.Cycles[i-1].Answered))
	}
	last := r.Cycles[len(r.Cycles)-1].Answered
	return longest > 0 && r.stopped().Since(last) > silentFor*longest
}

// stopped is when the subject's last life was asked to end, or had ended.
func (r *Record) stopped() Moment {
	if len(r.Lives) == 0 {
		return r.Footer.Ended
	}
	l := r.Lives[len(r.Lives)-1]
	return cmp.Or(earliest(l.TermSent, l.KillSent, l.Exited), r.Footer.Ended)
}

// planned is the time from the first to the last of the cycles that the scenario asks for, in a run at
// this time scale; 0 when it asks for none.
func (s Subject) planned(scale float64) time.Duration {
	return time.Duration(float64(s.pace()) * float64(max(s.Cycles-1, 0)) / cmp.Or(scale, 1))
}

// burst reports that all cycles the scenario asks for came in a small part of the planned time.
func burst(cycles []Cycle, s Subject, scale float64) bool {
	if s.Cycles < 2 || len(cycles) < s.Cycles {
		return false
	}
	took := cycles[s.Cycles-1].Requested.Since(cycles[0].Requested)
	return float64(took) < paceBurst*float64(s.planned(scale))
}

// pauses reports cycles with time between them.
func pauses(cycles []Cycle) bool {
	gaps := make([]time.Duration, 0, len(cycles))
	for i := 1; i < len(cycles); i++ {
		gaps = append(gaps, cycles[i].Requested.Since(cycles[i-1].Answered))
	}
	slices.Sort(gaps)
	return len(gaps) > 0 && gaps[len(gaps)/2] >= leastPause
}

// paced holds the cycles against the scenario's clock.
func paced(r *Record, c Check) Finding {
	s, scale := r.Header.Scenario.Subject, r.Header.TimeScale
	f := open(c, "cycles", max(2, s.Cycles))
	f.Evidence = len(r.Cycles)
	if s.Mode != Continuous {
		return f.undecided("lives of mode %s have no pace", s.Mode)
	}
	if len(r.Cycles) < 2 {
		return f.conclude("no pace was shown")
	}
	planned := s.planned(scale)
	took := r.stopped().Since(r.Cycles[0].Requested)
	if burst(r.Cycles, s, scale) {
		first, last := r.Cycles[0], r.Cycles[s.Cycles-1]
		if !r.Header.paceable() && pauses(r.Cycles) {
			return f.undecided("%d cycles within %s, planned over %s, and %s", s.Cycles,
				round(last.Requested.Since(first.Requested)), round(planned), unpaceable)
		}
		f.violated(Example{
			Life: last.Life, Connection: last.Connection, At: last.Requested,
			What: fmt.Sprintf("%d cycles within %s, planned over %s: a burst",
				s.Cycles, round(last.Requested.Since(first.Requested)), round(planned)),
		})
		return f.conclude("%d cycles in a burst", s.Cycles)
	}
	r.judgePace(f, took, planned)
	if lag := time.Duration(r.Footer.LongestLag); f.Outcome != Fail && float64(lag) > paceBlind*float64(took) {
		return f.undecided("this machine was too busy: the harness was %s behind in %s, and half of the cycles could "+
			"have come at once", round(lag), round(took))
	}
	if f.Outcome == Fail && !r.Header.paceable() {
		what := f.Examples[0].What
		f.Examples, f.Lives = nil, nil
		return f.undecided("%s, and %s", what, unpaceable)
	}
	return f.conclude("%d cycles in %s, %s planned", len(r.Cycles), round(took), round(planned))
}

// judgePace notes the cycles that came too early, and a run that was too short for its cycles.
func (r *Record) judgePace(f *Finding, took, planned time.Duration) {
	s, scale := r.Header.Scenario.Subject, cmp.Or(r.Header.TimeScale, 1)
	least := time.Duration(paceLeast * float64(s.pace()) / scale)
	lag := time.Duration(r.Footer.LongestLag)
	for _, early := range tooEarly(r.Cycles, least, lag) {
		f.violated(Example{
			Life: early.Life, Connection: early.Connection, At: early.Requested,
			What: fmt.Sprintf("cycle %d and those before it came closer than %s together%s",
				early.Number, round(least), excused(lag, least)),
		})
	}
	if len(r.Cycles) >= s.Cycles && float64(took) < paceTotal*float64(planned) {
		f.violated(Example{
			Life: r.Cycles[0].Life, At: r.stopped(),
			What: fmt.Sprintf("%d cycles took %s, planned over %s", len(r.Cycles), round(took), round(planned)),
		})
	}
}

// excused says how far a busy machine widened the check.
func excused(lag, least time.Duration) string {
	if lag < least {
		return ""
	}
	return fmt.Sprintf(" (this machine was busy: the harness was %s behind, which is allowed for)", round(lag))
}

// tooEarly lists the cycles that are ahead of one every least, on one connection. paceExcused may
// be, and as many as fit into the time that the harness itself was behind.
func tooEarly(cycles []Cycle, least, lag time.Duration) []Cycle {
	type allowance struct {
		left float64
		at   Moment
	}
	most := paceExcused + float64(lag)/float64(least)
	by := map[int]*allowance{}
	var out []Cycle
	for _, c := range cycles {
		a, known := by[c.Connection]
		if !known {
			a = &allowance{left: most, at: c.Requested}
			by[c.Connection] = a
		}
		a.left = min(most, a.left+float64(c.Requested.Since(a.at))/float64(least))
		a.at = max(a.at, c.Requested)
		if a.left < 1 {
			out = append(out, c)
			continue
		}
		a.left--
	}
	return out
}
