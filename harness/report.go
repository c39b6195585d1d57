package harness

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ibsoak/fakegateway/fault"
)

// block is one part of a report: a heading, a table, and sentences under it.
type block struct {
	heading string
	grid
	notes []string
}

// pageReport is the whole report on a verdict as Markdown shows it: what was checked, then the
// measurements behind it.
func pageReport(v Verdict) []block {
	blocks := []block{checksBlock(v)}
	if b := violationsBlock(v); len(b.rows) > 0 {
		blocks = append(blocks, b)
	}
	if b := remediesBlock(v); len(b.rows) > 0 {
		blocks = append(blocks, b)
	}
	if len(v.Lives) > 0 {
		blocks = append(blocks, livesBlock(v))
	}
	return append(blocks, measurements(v, faultsShown)...)
}

// measurements are what the checks rest on.
func measurements(v Verdict, faults int) []block {
	blocks := []block{timingsBlock(v), socketsBlock(v)}
	if len(v.Faults) > 0 {
		blocks = append(blocks, faultsBlock(v, faults))
	}
	if len(v.Recovery) > 0 {
		blocks = append(blocks, recoveryBlock(v))
	}
	return blocks
}

// grouped are the findings in the order of the groups, each group's in the scenario's order.
func (v Verdict) grouped() []Finding {
	found := slices.Clone(v.Findings)
	slices.SortStableFunc(found, func(a, b Finding) int {
		return slices.Index(Groups, a.Group) - slices.Index(Groups, b.Group)
	})
	return found
}

// result is the outcome in words.
func (f Finding) result() string {
	switch {
	case f.Harness != "":
		return string(HarnessError)
	case f.Informational:
		return string(f.Outcome) + " (information)"
	}
	return string(f.Outcome)
}

func checksBlock(v Verdict) block {
	b := block{heading: "Checks", grid: grid{header: []string{"group", "check", "result", "evidence", "detail"}}}
	for _, f := range v.grouped() {
		b.rows = append(b.rows, []string{
			string(f.Group), f.Check, f.result(), count(f.Evidence, f.Unit), f.Detail,
		})
	}
	for _, e := range v.Harness {
		b.notes = append(b.notes, "Harness: "+e)
	}
	return b
}

func violationsBlock(v Verdict) block {
	b := block{heading: "Violations", grid: grid{
		right: []int{1, 2, 3}, header: []string{"check", "life", "connection", "at", "what"},
	}}
	for _, f := range v.grouped() {
		for _, e := range f.Examples {
			b.rows = append(b.rows, []string{
				f.Check, orDash(e.Life), orDash(e.Connection), momentOrDash(e.At), e.What,
			})
		}
	}
	return b
}

// remediesBlock says what to do about each check that failed.
func remediesBlock(v Verdict) block {
	b := block{heading: "What to do", grid: grid{header: []string{"check", "what to do", "more"}}}
	for _, f := range v.grouped() {
		if f.Outcome == Fail && f.Do != "" {
			b.rows = append(b.rows, []string{f.Check, f.Do, docsPath(f.Page)})
		}
	}
	return b
}

// docsPath is where a page is in the repository.
func docsPath(page string) string {
	if page == "" {
		return ""
	}
	return "docs/" + page
}

// livesShown bounds the table of lives in a report; all of them are in the JUnit file.
const livesShown = 20

func livesBlock(v Verdict) block {
	b := block{
		heading: "Lives", grid: grid{
			right: []int{0, 2}, header: []string{"life", "result", "took", "end", "reason", "last words"},
		},
	}
	lives := v.worstFirst()
	for _, l := range lives[:min(len(lives), livesShown)] {
		reason := "-"
		if len(l.Reasons) > 0 {
			reason = l.Reasons[0]
		}
		b.rows = append(b.rows, []string{
			fmt.Sprint(l.Number), string(l.Outcome), round(time.Duration(l.Took)).String(), l.End, reason,
			strings.Join(l.Stderr, " / "),
		})
	}
	if hidden := len(lives) - livesShown; hidden > 0 {
		b.notes = append(b.notes,
			fmt.Sprintf("In %s: %s, with no worse result.", JUnitFile, count(hidden, "more lives")))
	}
	if len(lives) > 1 {
		b.notes = append(b.notes, v.tally())
	}
	return b
}

// worstFirst are the lives that did not pass, then the others, each in order of time.
func (v Verdict) worstFirst() []LifeVerdict {
	lives := slices.Clone(v.Lives)
	slices.SortStableFunc(lives, func(a, b LifeVerdict) int { return rank(a.Outcome) - rank(b.Outcome) })
	return lives
}

func rank(o Outcome) int {
	return slices.Index([]Outcome{HarnessError, Fail, Inconclusive, Pass}, o)
}

func timingsBlock(v Verdict) block {
	b := block{
		heading: "Handshake, on the Gateway's clock", grid: grid{
			right: []int{2, 3, 4, 5, 6}, spare: []int{1},
			header: []string{"phase", "from .. to", "n", "p50", "p90", "p99", "max"},
		},
	}
	for _, t := range v.Timings {
		row := []string{t.Phase, t.From + " .. " + t.To, fmt.Sprint(t.N), "-", "-", "-", "-"}
		if t.N > 0 {
			row[3], row[4], row[6] = short(t.P50), short(t.P90), short(t.Max)
		}
		if t.N >= PercentileFloor {
			row[5] = short(t.P99)
		}
		b.rows = append(b.rows, row)
	}
	b.notes = append(b.notes, fmt.Sprintf("p99 is left out below n = %d.", PercentileFloor))
	return b
}

func socketsBlock(v Verdict) block {
	b := block{heading: "Sockets", grid: grid{
		right: []int{1, 2, 3, 4, 5, 6}, spare: []int{7},
		header: []string{
			"end", "in CLOSE_WAIT", "longest", "seen by kernel", "longest", "zombies", "planted",
			"most at once by state",
		},
	}}
	planted := 0
	for _, s := range v.Sockets {
		var states []string
		for _, name := range sortedKeys(s.States) {
			states = append(states, fmt.Sprintf("%s %d", name, s.States[name]))
		}
		planted += s.Planted
		b.rows = append(b.rows, []string{
			string(s.Side), fmt.Sprint(s.Passed), short(s.Longest), fmt.Sprint(s.Seen),
			short(s.SeenLongest), fmt.Sprint(s.Zombies), fmt.Sprint(s.Planted), strings.Join(states, ", "),
		})
	}
	if planted == 0 {
		b.grid = b.without(6)
	}
	b.notes = append(b.notes, "Judged "+v.Oracles+".")
	return b
}

// faultsShown bounds the table of faults on a page, faultsOnTerminal that on a terminal; all of them
// are in the verdict.
const (
	faultsShown      = 40
	faultsOnTerminal = 8
)

func faultsBlock(v Verdict, shown int) block {
	b := block{heading: "Faults", grid: grid{
		right: []int{3}, header: []string{"fault", "planned", "when", "times", "on the wire"},
	}}
	// Those that went wrong first.
	faults := slices.Clone(v.Faults)
	slices.SortStableFunc(faults, func(a, b FaultDelivery) int { return trouble(b) - trouble(a) })
	for _, f := range faults[:min(len(faults), shown)] {
		wire := f.Wire
		switch {
		case f.Times == 0:
			wire = "not delivered"
		case f.Mismatch != "":
			wire += " (mismatch: " + f.Mismatch + ")"
		}
		b.rows = append(b.rows, []string{f.ID, string(f.Planned), f.When, fmt.Sprint(f.Times), wire})
	}
	if hidden := len(faults) - shown; hidden > 0 {
		b.notes = append(b.notes,
			fmt.Sprintf("In %s: %s, with no worse delivery.", VerdictFile, count(hidden, "more faults")))
	}
	return b
}

func trouble(f FaultDelivery) int {
	switch {
	case f.Mismatch != "":
		return 2
	case f.Times == 0:
		return 1
	}
	return 0
}

func recoveryBlock(v Verdict) block {
	b := block{
		heading: "Recoveries", grid: grid{
			right:  []int{0, 1, 2, 3, 4},
			header: []string{"life", "lost", "served again", "first cycle", "took"},
		},
	}
	for _, r := range v.Recovery {
		b.rows = append(b.rows, []string{
			fmt.Sprint(r.Life), momentOrDash(r.Lost), momentOrDash(r.Served), momentOrDash(r.Cycle),
			short(r.Took),
		})
	}
	b.notes = append(b.notes, "Counted from the moment at which the Gateway would have served.")
	return b
}

// conditions say how the run was made: what a reader must know before comparing it with another.
func conditions(v Verdict) []string {
	scale := "Time scale 1: real time."
	if v.TimeScale != 1 {
		scale = fmt.Sprintf("Time scale %g: the Gateway's clock and the subject's interval ran %g times faster than "+
			"real time. The cycles are the same, the hours are not: timers, memory and descriptors over hours "+
			"were not shown.", v.TimeScale, v.TimeScale)
	}
	subject := fmt.Sprintf("Subject: %s", strings.Join(v.Command, " "))
	if k := v.Keeper; k != nil {
		subject += fmt.Sprintf(". It connected to a keeper (pid %d, %s); handshakes and sockets above are the "+
			"keeper's at the Gateway, and each check says what it judged.", k.PID, k.Addr)
	}
	return []string{
		v.Summary,
		subject,
		fmt.Sprintf("Seed %d. Started %s, took %s, %s, on %s/%s with %d CPUs, %s.", v.Seed, v.Started,
			round(time.Duration(v.Took)), count(v.Cycles, "cycles"), v.Host.OS, v.Host.Arch, v.Host.CPUs, v.Host.Go),
		scale,
	}
}

func orDash(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func momentOrDash(m Moment) string {
	if m == 0 {
		return "-"
	}
	return time.Duration(m).Round(time.Millisecond).String()
}

func short(d fault.Duration) string { return round(time.Duration(d)).String() }
