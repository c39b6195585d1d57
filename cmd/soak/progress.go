package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"ibsoak/harness"
)

// progress shows on stderr how far a run has come: one live view on a terminal, lines elsewhere. It is
// called by one goroutine.
type progress struct {
	stderr  io.Writer
	name    string
	total   int // lives, cycles or parts of the time
	monitor *monitor

	container *mpb.Progress // nil without a terminal
	bar       *mpb.Bar
	said      int // the last cycle that a line was written for
	lines     int
	last      time.Duration // when the last line was written
	left      int           // lines left out since then
}

const (
	// cycleLines is how many lines the cycles of a run get where there is no terminal.
	cycleLines = 10

	// freeLines are written as they come; later ones at most one every lineEvery.
	freeLines = 20
	lineEvery = time.Second

	// redrawEvery is how often a live view is drawn again.
	redrawEvery = 500 * time.Millisecond

	// timeParts is how finely the bar of a run that only time ends is divided.
	timeParts = 1000

	// longLine is what is shown of a text where there is room, shortLine where nobody knows the width.
	longLine, shortLine = 400, 79
)

func newProgress(stderr io.Writer, s harness.Scenario, m *monitor) *progress {
	p := &progress{stderr: stderr, name: s.Name, total: s.Subject.Runs, monitor: m}
	if s.Subject.Mode == harness.Continuous {
		p.total = cmp.Or(s.Subject.Cycles, timeParts)
	}
	if !terminal(stderr) {
		return p
	}
	p.container = mpb.New(mpb.WithOutput(stderr), mpb.WithWidth(40), mpb.WithAutoRefresh(),
		mpb.WithRefreshRate(redrawEvery))
	p.bar = p.container.AddBar(int64(max(p.total, 1)),
		mpb.PrependDecorators(decor.Name("soak: "+s.Name+" ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return p.time() })),
		mpb.BarExtender(mpb.BarFillerFunc(func(w io.Writer, _ decor.Statistics) error {
			return p.draw(w)
		}), false), mpb.BarRemoveOnComplete())
	return p
}

func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// time is what stands behind the bar.
func (p *progress) time() string {
	s, _ := p.monitor.status()
	text := took(s.Elapsed)
	if s.Left > 0 {
		text += ", about " + took(s.Left) + " left"
	}
	return text
}

// draw writes the lines under the bar. Their number is always the same, and none is wider than the
// terminal: it is drawn over by going up so many lines.
func (p *progress) draw(w io.Writer) error {
	s, _ := p.monitor.status()
	room := cmp.Or(width(p.stderr), shortLine+1) - 1
	for _, line := range viewLines(s) {
		if _, err := fmt.Fprintln(w, oneLine(line, room)); err != nil {
			return err
		}
	}
	return nil
}

// viewLines are the live view without its bar.
func viewLines(s status) []string {
	where := fmt.Sprintf("cycle %d", s.Cycles)
	if s.Of > 0 {
		where += fmt.Sprintf(" of %d", s.Of)
	}
	if s.Lives > 0 {
		where = fmt.Sprintf("life %d of %d, %s", s.Life, s.Lives, where)
	}
	if s.Runs > 1 {
		where += fmt.Sprintf(", run %d of %d", s.Finished+1, s.Runs)
	}
	soFar := s.Sentence
	if s.SoFar != "" {
		soFar = strings.ToUpper(string(s.SoFar)) + " " + soFar
	}
	if s.Judged > 0 {
		soFar = fmt.Sprintf("judged at %s: %s", took(s.Judged), soFar)
	}
	return []string{
		"  " + where,
		fmt.Sprintf("  open: Gateway's end %s; trader's end %s; %d connections in all",
			states(s.Gateway), states(s.Trader), s.Connections),
		"  last fault: " + cmp.Or(s.LastFault, "none"),
		"  so far, " + soFar,
	}
}

// states are counts by state in words.
func states(counts map[string]int) string {
	var words []string
	for _, state := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%d %s", counts[state], state))
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}

func took(d time.Duration) string { return d.Round(time.Second).String() }

// oneLine is the beginning of a text that no terminal takes for a command.
func oneLine(text string, room int) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > room {
		const cut = "..."
		return string(runes[:max(room-len(cut), 0)]) + cut
	}
	return text
}

func (p *progress) update(u harness.Progress) {
	if p.bar != nil {
		p.bar.SetCurrent(int64(p.done(u)))
		return
	}
	if u.Event == "" {
		return
	}
	if u.Event == "cycle" {
		text, every := fmt.Sprintf("cycle %d of %d", u.Cycles, u.Of), max(1, u.Of/cycleLines)
		if u.Of == 0 { // nobody knows how many there will be: lines at 1, 2, 4, 8, ...
			text, every = fmt.Sprintf("cycle %d", u.Cycles), max(1, p.said)
		}
		if u.Lives == 0 && u.Cycles-p.said >= every {
			p.said = u.Cycles
			p.line(u, text)
		}
		return
	}
	if u.Lives > 0 {
		p.line(u, fmt.Sprintf("life %d of %d: %s", u.Life, u.Lives, u.Event))
		return
	}
	p.line(u, u.Event)
}

// done is how far the bar is. A full one would end the view.
func (p *progress) done(u harness.Progress) int {
	done := u.Done
	switch {
	case u.Lives == 0 && u.Of > 0:
		done = u.Cycles
	case u.Lives == 0 && u.For > 0:
		done = int(timeParts * u.Elapsed / u.For)
	}
	return min(done, max(p.total, 1)-1)
}

// line writes a line unless there were many and one a moment ago. The last life's are always written.
func (p *progress) line(u harness.Progress, text string) {
	if p.lines >= freeLines && u.Elapsed-p.last < lineEvery && (u.Lives == 0 || u.Life < u.Lives) {
		p.left++
		return
	}
	if p.left > 0 {
		text += fmt.Sprintf(" (%d lines left out)", p.left)
	}
	p.lines, p.last, p.left = p.lines+1, u.Elapsed, 0
	fmt.Fprintf(p.stderr, "soak: %s: %s: %s\n", p.name, u.Elapsed.Round(100*time.Millisecond), text)
}

// stop ends the live view and waits for its goroutines.
func (p *progress) stop() {
	if p.container == nil {
		return
	}
	p.bar.Abort(true)
	p.container.Wait()
}
