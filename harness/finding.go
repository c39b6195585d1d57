package harness

import (
	"fmt"
	"slices"
	"strings"
)

// open starts the finding of a check. least is the detector's own least evidence; a scenario can
// ask for more, never for less.
func open(c Check, unit string, least int) *Finding {
	return &Finding{Check: c.Name, Unit: unit, Least: max(least, c.Evidence)}
}

// violated notes a violation; the finding keeps the first maxExamples of them.
func (f *Finding) violated(e Example) {
	if i, known := slices.BinarySearch(f.Lives, e.Life); e.Life != 0 && !known {
		f.Lives = slices.Insert(f.Lives, i, e.Life)
	}
	f.Outcome = Fail
	if len(f.Examples) < maxExamples {
		f.Examples = append(f.Examples, e)
	}
}

// doubted notes what would be a violation if the machine had not been too busy to say whose doing
// it was. Without a violation the finding is then inconclusive.
func (f *Finding) doubted(e Example) {
	if f.busy == "" {
		f.busy = e.What
	}
}

// blames notes a violation, or a doubt when the machine may have done it.
func (f *Finding) blames(perhaps bool, e Example) {
	if perhaps {
		f.doubted(e)
		return
	}
	f.violated(e)
}

// late notes what took longer than it may, unless the machine was the reason. It reports whether
// there was anything to note.
func (f *Finding) late(l lateness, e Example) bool {
	switch l {
	case lateSurely:
		f.violated(e)
	case latePerhaps:
		f.doubted(e)
	case lateNot:
	}
	return l != lateNot
}

// conclude settles the outcome: a violation is a failure whatever the evidence; without one, too
// little evidence is inconclusive, never a pass. The detail is formatted as by fmt.Sprintf.
func (f *Finding) conclude(format string, args ...any) Finding {
	f.Detail = fmt.Sprintf(format, args...)
	switch {
	case f.Outcome == Fail:
	case f.busy != "":
		f.Outcome = Inconclusive
		f.Detail = fmt.Sprintf("this machine was too busy to judge it: %s; %s", f.busy, f.Detail)
	case f.Evidence < f.Least:
		f.Outcome = Inconclusive
		f.Detail = fmt.Sprintf("%s seen, %d needed; %s", count(f.Evidence, f.Unit), f.Least, f.Detail)
	default:
		f.Outcome = Pass
	}
	return *f
}

// undecided is an inconclusive finding that says why.
func (f *Finding) undecided(format string, args ...any) Finding {
	f.Outcome = Inconclusive
	f.Detail = fmt.Sprintf(format, args...)
	return *f
}

// broken is the finding that the harness, not the subject, is at fault.
func (f *Finding) broken(format string, args ...any) Finding {
	f.Outcome = Inconclusive
	f.Harness = fmt.Sprintf(format, args...)
	f.Detail = f.Harness
	return *f
}

// count says "1 life" and "3 lives" for the unit "lives". The first plural in a unit is what is counted:
// "orders after a lost session".
func count(n int, unit string) string {
	words := strings.Fields(unit)
	for i, word := range words {
		if n == 1 && strings.HasSuffix(word, "s") {
			words[i] = singular(word)
			break
		}
	}
	return fmt.Sprintf("%d %s", n, strings.Join(words, " "))
}

func singular(plural string) string {
	for _, end := range []struct{ many, one string }{{"lives", "life"}, {"ies", "y"}, {"sses", "ss"}, {"s", ""}} {
		if stem, ok := strings.CutSuffix(plural, end.many); ok {
			return stem + end.one
		}
	}
	return plural
}
