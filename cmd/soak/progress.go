package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"ibsoak/harness"
)

// progress shows on stderr how far a run has come: a bar on a terminal, lines elsewhere. It is
// called by one goroutine.
type progress struct {
	stderr io.Writer
	name   string
	total  int // lives or cycles; 0 when only time ends the run

	container *mpb.Progress // nil without a terminal
	bar       *mpb.Bar
	said      int // the last cycle that a line was written for
}

// cycleLines is how many lines the cycles of a run get where there is no terminal.
const cycleLines = 10

func newProgress(stderr io.Writer, s harness.Scenario) *progress {
	p := &progress{stderr: stderr, name: s.Name, total: s.Subject.Runs}
	if s.Subject.Mode == harness.Continuous {
		p.total = s.Subject.Cycles
	}
	if !terminal(stderr) || p.total == 0 {
		return p
	}
	p.container = mpb.New(mpb.WithOutput(stderr), mpb.WithWidth(40), mpb.WithAutoRefresh())
	p.bar = p.container.AddBar(int64(p.total),
		mpb.PrependDecorators(decor.Name("soak: "+s.Name+" "), decor.CountersNoUnit("%d/%d")),
		mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_GO)))
	return p
}

func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

func (p *progress) update(u harness.Progress) {
	done := u.Done
	if u.Lives == 0 {
		done = u.Cycles
	}
	if p.bar != nil {
		p.bar.SetCurrent(int64(min(done, p.total)))
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

func (p *progress) line(u harness.Progress, text string) {
	fmt.Fprintf(p.stderr, "soak: %s: %s: %s\n", p.name, u.Elapsed.Round(100*time.Millisecond), text)
}

// stop ends the bar and waits for its goroutines.
func (p *progress) stop() {
	if p.container == nil {
		return
	}
	p.bar.Abort(false)
	p.container.Wait()
}
