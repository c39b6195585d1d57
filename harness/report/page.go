package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ibsoak/harness"
)

// File is the name of the page beside a record.
const File = "report.html"

// What a page shows at most; it says how many it has left out.
const (
	lanesAlone     = 24  // connections that get a lane each, however alike they are
	lanesShown     = 48  // lanes when alike connections share one
	alikeAtLeast   = 4   // connections that share a lane
	lanesUnfolded  = 400 // connections of a shared lane that are drawn one by one when it is opened
	processesShown = 16
	recoveryShown  = 60
	ordersShown    = 60
	faultsShown    = 60
	livesMarked    = 500 // lives, and processes, that say what they are; those that failed always do
	excerptsShown  = 40
	dotsMarked     = 1500 // fills of all orders together; those that were never told are always drawn
	livesShown     = 12   // ways in which lives ended
	dotsShown      = 600  // of one curve
	textShown      = 600  // characters of one text that the subject or the wire made
)

//go:embed page.html style.css
var files embed.FS

var page = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"upper": strings.ToUpper, "clip": clip, "count": count, "percent": percent,
}).ParseFS(files, "page.html"))

// view is what the template shows.
type view struct {
	Style      template.CSS
	Verdict    harness.Verdict
	Conditions [][2]string
	Tiles      []tile
	Groups     []group
	Violations []*violation
	Lanes      lanes
	Phases     []histogram
	Recovery   chart
	Recoveries int
	Growth     []curve
	Orders     orderView
	Faults     []faultRow
	FaultsLeft int
	Lives      []sameEnd
	Frames     []excerpt
	// MissingFrames says why there are none.
	MissingFrames string
	Files         []string
}

// tile is one number at the top.
type tile struct{ Name, Value, Note string }

// group are the checks of one group.
type group struct {
	Name   harness.Group
	Checks []check
	// Silent had nothing to look at, and the scenario does not rest on them.
	Silent []check
}

type check struct {
	harness.Finding
	Seen       string
	Violations []*violation
}

// violation is one example of a finding. Number is its flag in the picture of the run.
type violation struct {
	harness.Example
	Number int
	Check  string
	When   string
	// Lane, Bar and Flag say that the picture of the run has its connection, its life and itself to
	// point to, Framed that frames were found.
	Lane, Bar, Flag, Framed bool
}

// Page draws the run. The frames are those of LoadFrames; without them the page says so.
func Page(r *harness.Record, v harness.Verdict, frames Frames) ([]byte, error) {
	style, err := files.ReadFile("style.css")
	if err != nil {
		return nil, fmt.Errorf("draw report: %w", err)
	}
	found := violations(v)
	s := view{
		Style: template.CSS(style), Verdict: v, Conditions: conditions(v), Tiles: tiles(r, v),
		Violations: found, Groups: groups(v, found),
		Phases: histograms(r), Recoveries: len(v.Recovery), Recovery: recovery(v),
		Growth: growth(r), Orders: orders(r), Files: []string{
			harness.TranscriptFile, harness.RecordFile, harness.VerdictFile, harness.ScheduleFile,
			harness.ReportFile, harness.JUnitFile,
		},
	}
	s.Lanes = swim(r, v, found)
	s.Faults, s.FaultsLeft = faults(r, v)
	s.Lives = sameEnds(v)
	s.Frames, s.MissingFrames = excerpts(found, frames), frames.Missing
	var out bytes.Buffer
	if err := page.Execute(&out, s); err != nil {
		return nil, fmt.Errorf("draw report: %w", err)
	}
	return []byte(visible(out.String())), nil
}

// Write draws the page of the record in dir and puts it there.
func Write(dir string, r *harness.Record, v harness.Verdict) error {
	frames, err := LoadFrames(dir, r, v)
	if err != nil {
		return err
	}
	text, err := Page(r, v, frames)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, File)
	// By way of another file: whoever has the page open never reads half of it.
	if err := os.WriteFile(path+".new", text, 0o644); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// violations are all examples in the order of the groups, numbered.
func violations(v harness.Verdict) []*violation {
	var out []*violation
	for _, g := range harness.Groups {
		for _, f := range v.Findings {
			if f.Group != g {
				continue
			}
			for _, e := range f.Examples {
				out = append(out, &violation{
					Example: e, Number: len(out) + 1, Check: f.Check, When: moment(e.At), Flag: e.At > 0,
				})
			}
		}
	}
	return out
}

func groups(v harness.Verdict, found []*violation) []group {
	var out []group
	for _, name := range harness.Groups {
		g := group{Name: name}
		for _, f := range v.Findings {
			if f.Group != name {
				continue
			}
			c := check{Finding: f, Seen: evidence(f)}
			for _, x := range found {
				if x.Check == f.Check {
					c.Violations = append(c.Violations, x)
				}
			}
			if f.Informational && f.Outcome == harness.Inconclusive && f.Harness == "" {
				g.Silent = append(g.Silent, c)
				continue
			}
			g.Checks = append(g.Checks, c)
		}
		if len(g.Checks)+len(g.Silent) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// evidence says how much was looked at, and how much it takes when that was not there.
func evidence(f harness.Finding) string {
	if f.Evidence < f.Least {
		return fmt.Sprintf("%d of %d %s", f.Evidence, f.Least, f.Unit)
	}
	return f.Seen()
}

func conditions(v harness.Verdict) [][2]string {
	scale := "1: real time"
	if v.TimeScale != 1 {
		scale = fmt.Sprintf("%g times faster than real time: what takes hours was not shown", v.TimeScale)
	}
	rows := [][2]string{
		{"Subject", clip(strings.Join(v.Command, " "))},
		{"Started", v.Started},
		{"Seed", fmt.Sprint(v.Seed)},
		{"Time scale", scale},
		{"Machine", fmt.Sprintf("%s/%s, %d CPUs, %s", v.Host.OS, v.Host.Arch, v.Host.CPUs, v.Host.Go)},
		{"Sockets judged", v.Oracles},
		{"Ended", string(v.Stop)},
	}
	if v.Sabotage != "" {
		rows = append(rows, [2]string{"Sabotage", string(v.Sabotage)})
	}
	return rows
}

func tiles(r *harness.Record, v harness.Verdict) []tile {
	bound := ""
	if len(v.Lives) > 1 && v.Bound < 1 {
		bound = fmt.Sprintf("failure rate ≤ %.1f %% at 95 %%", 100*v.Bound)
	}
	connections := 0
	for _, c := range r.UpToCut().Connections {
		if !c.Planted {
			connections++
		}
	}
	out := []tile{
		{"lives passed", fmt.Sprintf("%d/%d", v.Passed, len(v.Lives)), bound},
		{"cycles", fmt.Sprint(v.Cycles), ""},
		{"connections", fmt.Sprint(connections), ""},
		{"took", brief(time.Duration(v.Took)), ""},
	}
	for _, s := range v.Sockets {
		longest := max(time.Duration(s.Longest), time.Duration(s.SeenLongest))
		out = append(out, tile{
			"zombies at the " + string(s.Side), fmt.Sprint(s.Zombies),
			"up to " + brief(longest) + " in CLOSE_WAIT",
		})
	}
	return out
}

// sameEnd are lives that did not pass and that ended in the same way with the same last words.
type sameEnd struct {
	harness.LifeVerdict
	Numbers []int
}

// sameEnds are the lives that did not pass, each way to end once.
func sameEnds(v harness.Verdict) []sameEnd {
	var out []sameEnd
	for _, l := range v.Lives {
		if l.Outcome == harness.Pass {
			continue
		}
		i := slices.IndexFunc(out, func(s sameEnd) bool {
			return s.Outcome == l.Outcome && s.End == l.End && slices.Equal(s.Stderr, l.Stderr)
		})
		switch {
		case i >= 0:
			out[i].Numbers = append(out[i].Numbers, l.Number)
		case len(out) < livesShown:
			out = append(out, sameEnd{l, []int{l.Number}})
		}
	}
	return out
}

// first is the earliest violation that has a time.
func first(found []*violation) *violation {
	timed := slices.DeleteFunc(slices.Clone(found), func(v *violation) bool { return !v.Flag })
	if len(timed) == 0 {
		return nil
	}
	return slices.MinFunc(timed, func(a, b *violation) int { return int(a.At - b.At) })
}
