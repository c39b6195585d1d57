package harness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ClassifyWithin is how soon after a fault a life is to have said by its exit what it met, where
// a scenario does not say.
const ClassifyWithin = time.Second

// classified holds each life against the class of the fault that met it: one code for every
// failure says as little as none. A life that no fault met is held against Classes, without haste.
func classified(r *Record, c Check) Finding {
	f := open(c, "lives", max(1, len(r.Lives)))
	within := cmp.Or(c.Within, ClassifyWithin)
	j := &classifying{Record: r, Check: c, finding: f, within: within}
	for _, l := range r.Lives {
		if !r.cut(l) {
			j.life(l)
		}
	}
	what := "exits as the faults ask"
	if len(c.Exits) > 0 {
		what = fmt.Sprintf("exits in %v", c.Exits)
	}
	if len(j.unknown) > 0 {
		what = fmt.Sprintf("nobody has said what an exit with %s means: give the table of exit "+
			"codes (subject.exits, --exits)", strings.Join(j.unknown, " or "))
	}
	allowed := within.String() + " allowed"
	if j.slowest > within {
		allowed += ", and what this machine cost (" + r.strain() + ")"
	}
	return f.conclude("%s; slowest %s, %s", what, round(j.slowest), allowed)
}

// classifying is a judgement under way.
type classifying struct {
	*Record
	Check
	finding *Finding
	within  time.Duration
	slowest time.Duration
	unknown []string // exit codes without a meaning
}

func (j *classifying) life(l Life) {
	trader := j.Header.Scenario.Subject.Trader
	met := j.metBy(l)
	allowed := j.classesFor(met.id)
	made := len(j.of(l.Number))
	own := l.Signal == "" && (l.EndedBy == EndedItself || l.EndedBy == EndedSIGTERM)
	if len(j.Exits)+len(allowed) == 0 || made == 0 && (!own || l.ExitCode == 0) {
		return // nothing is asked of it, or it may never have tried
	}
	verdict := trader.judge(l.ExitCode, allowed)
	if len(j.Exits) > 0 {
		verdict = exitOther
		if slices.Contains(j.Exits, l.ExitCode) {
			verdict = exitWanted
		} else if made == 0 {
			return
		}
	}
	late := j.late(l, met)
	switch {
	case !own:
		j.wrong(l, "%s, %s", l.ended(), met)
	case made > 0 && slices.Equal(allowed, []ExitClass{ExitZombies}):
		j.wrong(l, "dialled %s, %s", count(made, "times"), met)
	case made == 0 && verdict == exitOther && len(trader.classesOf(l.ExitCode)) == 0,
		late == lateNot && verdict == exitUnknown:
		if code := fmt.Sprint(l.ExitCode); !slices.Contains(j.unknown, code) {
			j.unknown = append(j.unknown, code)
		}
	case verdict == exitOther:
		j.wrong(l, "%s%s, %s; wanted %s", l.ended(), meaning(trader, l.ExitCode), met, j.wanted(allowed))
	default:
		j.finding.Evidence++
		j.finding.late(late, Example{
			Life: l.Number, At: l.Exited,
			What: fmt.Sprintf("%s %s after %s", l.ended(), round(l.Exited.Since(met.at)), met.since),
		})
	}
}

func (j *classifying) wrong(l Life, format string, args ...any) {
	j.finding.Evidence++
	j.finding.violated(Example{Life: l.Number, At: l.Exited, What: fmt.Sprintf(format, args...)})
}

func (j *classifying) wanted(allowed []ExitClass) string {
	if len(j.Exits) > 0 {
		return fmt.Sprintf("one of %v", j.Exits)
	}
	return orList(allowed)
}

// meaning is what a code means in the trader, in brackets; "" when nobody has said.
func meaning(t Trader, code int) string {
	if classes := t.classesOf(code); len(classes) > 0 {
		return " (" + orList(classes) + ")"
	}
	return ""
}

// late judges the time from the fault to the exit. A life that no fault met has all of its limit.
func (j *classifying) late(l Life, met meeting) lateness {
	if met.id == "" {
		return lateNot
	}
	took := l.Exited.Since(met.at)
	j.slowest = max(j.slowest, took)
	return j.latenessOf(cmp.Or(met.work, workAllowed), took, j.within+met.more, met.at, l.Exited)
}

// meeting is the fault that met a life.
type meeting struct {
	id    string // "": none did
	at    Moment
	since string        // from what the time is counted
	more  time.Duration // that the program takes by itself until then
	work  time.Duration // of computing that is in the time; 0: workAllowed
}

func (m meeting) String() string {
	if m.id == "" {
		return "met by no fault"
	}
	return "met by " + m.id
}

// metBy is the last fault on one of the life's connections, or of the listener during it. Planted
// zombies meet a life that they outlive.
func (r *Record) metBy(l Life) meeting {
	if receipt, ok := r.faultOn(l); ok {
		return meeting{id: receipt.Fault, at: receipt.At, since: "fault " + receipt.Fault}
	}
	for _, i := range r.indexes().planted {
		if c := r.Connections[i]; c.Accepted <= l.Started && (c.Closed == 0 || c.Closed >= l.Exited) {
			return meeting{
				id: PlantedFault, at: l.Started, since: "its start",
				more: r.Header.Scenario.Subject.ConnectWithin, work: startAllowed,
			}
		}
	}
	return meeting{at: l.Started, since: "its start"}
}
