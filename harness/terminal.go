package harness

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// lastWords is how many lines of a life's stderr stand beside a life that did not pass, and
	// lastWordBytes how long each may be.
	lastWords     = 5
	lastWordBytes = 400

	// livesOnTerminal and examplesOnTerminal bound what a terminal shows; all of it is in the files.
	livesOnTerminal    = 3
	examplesOnTerminal = 3
)

// lastOf is the end of what a life said.
func lastOf(lines []string) []string {
	lines = slices.Clone(lines[max(0, len(lines)-lastWords):])
	for i, line := range lines {
		lines[i] = strings.ToValidUTF8(line[:min(len(line), lastWordBytes)], "")
	}
	return lines
}

// Report is how a verdict is shown on a terminal.
type Report struct {
	Dir       string // of the record; "" leaves it out
	Width     int    // of the terminal, in characters; 0: 80
	AllChecks bool   // a line for each check that passed, in place of one for its group
}

// Write writes the verdict first, then what each group of checks says, then the measurements.
func (r Report) Write(w io.Writer, v Verdict) error {
	if r.Width <= 0 {
		r.Width = defaultWidth
	}
	p := &printer{Report: r}
	// One line, however long: scripts read it.
	p.line(printable(fmt.Sprintf("%s %s: %s", strings.ToUpper(string(v.Outcome)), v.Scenario, v.Sentence)))
	p.para("", "%s", v.Summary)
	p.line("")
	for _, g := range Groups {
		p.group(v, g)
	}
	for _, e := range v.Harness {
		p.labelled("error", e)
	}
	p.lives(v)
	for _, b := range measurements(v, faultsOnTerminal) {
		p.line("")
		p.line(b.heading)
		p.WriteString(b.text(r.Width))
		for _, note := range b.notes {
			p.para("", "%s", note)
		}
	}
	p.line("")
	for _, line := range conditions(v)[1:] {
		p.para("", "%s", line)
	}
	if r.Dir != "" {
		p.line("The record is in " + r.Dir + "; judge it again with: soak judge " + r.Dir)
	}
	return write(w, p.String())
}

// printer lays text out for a terminal.
type printer struct {
	Report
	strings.Builder
}

func (p *printer) line(text string) { p.WriteString(strings.TrimRight(text, " ") + "\n") }

// para writes a paragraph; its lines begin with so many blanks as the indent has characters, the
// first with the indent itself.
func (p *printer) para(indent, format string, args ...any) {
	blank := strings.Repeat(" ", utf8.RuneCountInString(indent))
	const narrowest = 20
	for i, line := range wrap(printable(fmt.Sprintf(format, args...)), max(p.Width-len(blank), narrowest)) {
		if i > 0 {
			indent = blank
		}
		p.line(indent + line)
	}
}

// labelWidth is the column in which groups stand.
const labelWidth = 11

func (p *printer) labelled(label, text string) {
	p.para(fmt.Sprintf("%-*s", labelWidth, label), "%s", text)
}

// group writes what the checks of a group found: a line for each that did not pass, one for those
// that did, and one for those that had nothing to look at and that the scenario does not rest on.
func (p *printer) group(v Verdict, g Group) {
	label := string(g)
	say := func(text string) {
		p.labelled(label, text)
		label = ""
	}
	var passed []Finding
	var silent []string
	for _, f := range v.Findings {
		switch {
		case f.Group != g:
		case f.Informational && f.Outcome == Inconclusive && f.Harness == "" && !p.AllChecks:
			silent = append(silent, f.Check)
		case f.Outcome == Pass && f.Harness == "" && !f.Informational && !p.AllChecks:
			passed = append(passed, f)
		case f.Informational && f.Harness == "":
			say(fmt.Sprintf("for information: %s (%s): %s", f.Check, count(f.Evidence, f.Unit), f.Detail))
		case f.Outcome == Pass:
			say(fmt.Sprintf("%s %s (%s): %s", f.result(), f.Check, count(f.Evidence, f.Unit), f.Detail))
		default:
			said := strings.ToUpper(f.result())
			say(fmt.Sprintf("%s %s (%s): %s", said, f.Check, count(f.Evidence, f.Unit), f.Detail))
			p.reasons(f)
		}
	}
	if len(passed) > 0 {
		details := make([]string, len(passed))
		for i, f := range passed {
			details[i] = f.Detail
		}
		text := fmt.Sprintf("%s passed: %s", count(len(passed), "checks"), strings.Join(details, "; "))
		say(shortened(printable(text), p.Width-labelWidth))
	}
	if len(silent) > 0 { // what they are about did not happen in this run
		say(fmt.Sprintf("%s not needed here: %s", count(len(silent), "checks"), strings.Join(silent, ", ")))
	}
}

// reasons writes the violations of a finding, and what to do about it.
func (p *printer) reasons(f Finding) {
	at := strings.Repeat(" ", labelWidth)
	for _, e := range f.Examples[:min(len(f.Examples), examplesOnTerminal)] {
		p.para(at+"- ", "%s", e.sentence())
	}
	if len(f.Examples) > examplesOnTerminal {
		p.para(at+"- ", "more in %s", ReportFile)
	}
	if f.Harness != "" {
		return
	}
	if f.Outcome == Fail && f.Do != "" {
		p.para(at+"  ", "What to do: %s", f.Do)
	}
	if f.Page != "" {
		p.para(at+"  ", "More: %s", docsPath(f.Page))
	}
}

// sentence is where and when a violation was, and what it was.
func (e Example) sentence() string {
	var where []string
	if e.Life != 0 {
		where = append(where, fmt.Sprintf("life %d", e.Life))
	}
	if e.Connection != 0 {
		where = append(where, fmt.Sprintf("connection %d", e.Connection))
	}
	if e.At != 0 {
		where = append(where, "at "+momentOrDash(e.At))
	}
	if len(where) == 0 {
		return e.What
	}
	return strings.Join(where, ", ") + ": " + e.What
}

// lives writes the lives that did not pass, each with its last words.
func (p *printer) lives(v Verdict) {
	lives := slices.DeleteFunc(v.worstFirst(), func(l LifeVerdict) bool { return l.Outcome == Pass })
	if len(lives) == 0 {
		return
	}
	slices.SortStableFunc(lives, func(a, b LifeVerdict) int { // what was said explains most
		return min(len(b.Stderr), 1) - min(len(a.Stderr), 1)
	})
	p.line("")
	p.line("Lives that did not pass")
	for _, l := range lives[:min(len(lives), livesOnTerminal)] {
		words := ""
		if len(l.Stderr) > 0 {
			words = "; last words:"
		}
		p.para(fmt.Sprintf("%-*s", labelWidth, fmt.Sprintf("life %d:", l.Number)), "%s after %s, %s%s",
			l.End, round(time.Duration(l.Took)), l.Outcome, words)
		for _, line := range l.Stderr {
			p.para(strings.Repeat(" ", labelWidth)+"| ", "%s", line)
		}
	}
	if hidden := len(lives) - livesOnTerminal; hidden > 0 {
		p.para("", "%s did not pass: see %s.", count(hidden, "more lives"), ReportFile)
	}
}

// shortened is text that fits into one line.
func shortened(text string, width int) string {
	const cut = " ..."
	if utf8.RuneCountInString(text) <= width || width <= len(cut) {
		return text
	}
	return wrap(text, width-len(cut))[0] + cut
}

// WriteSummary sums several runs up in one table.
func WriteSummary(w io.Writer, width int, verdicts []Verdict) error {
	g := grid{
		header: []string{"scenario", "verdict", "lives", "cycles", "took", "why"},
		right:  []int{2, 3, 4}, spare: []int{3},
	}
	for _, v := range verdicts {
		why := v.Sentence
		if v.Outcome == Pass {
			why = "-"
		}
		g.rows = append(g.rows, []string{
			v.Scenario, string(v.Outcome), fmt.Sprintf("%d/%d", v.Passed, len(v.Lives)), fmt.Sprint(v.Cycles),
			round(time.Duration(v.Took)).String(), why,
		})
	}
	return write(w, g.text(width))
}
