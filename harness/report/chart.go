package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A chart is drawn twice over the same box. Layers are paths in a grid of wide units by one unit a
// pixel that is stretched to the width of the page; marks stand on them at a share of the width, so
// that text and dots keep their shape whatever the width is.
type chart struct {
	Label  string // what it shows, for whoever cannot see it
	Rows   []row
	Height int // in pixels
	Layers []layer
	Marks  []mark
	Axis   []mark // text under the chart
	Left   string // what was left out, in words

	classes map[string]int
	drawn   map[string]float64 // by class and height: how far it is drawn already
}

// wide is the width of a chart in the units of its layers.
const wide = 10000

// row is the label of a part of a chart, beside it.
type row struct {
	ID, Label, Note string
	Height          int
	Title           string
	Class           string
}

// layer is a path of one class.
type layer struct {
	Class string
	path  *strings.Builder
}

// D is the path.
func (l layer) D() string { return l.path.String() }

// mark is one thing that is not stretched: X is a share of the width in percent, Y is in pixels.
type mark struct {
	Kind   string // "text", "line", "dot", "flag", "hit"
	ID     string
	Href   string
	Class  string
	X, X2  float64
	Y, Y2  float64
	Radius float64
	Text   string
	Title  string
}

// Width is of a mark that covers a part of the chart.
func (m mark) Width() float64 { return m.X2 - m.X }

// High is its height.
func (m mark) High() float64 { return m.Y2 - m.Y }

// add adds a path to the layer of the class. Layers stand in the order in which they were begun.
func (c *chart) add(class, d string) {
	if c.classes == nil {
		c.classes = map[string]int{}
	}
	i, known := c.classes[class]
	if !known {
		i = len(c.Layers)
		c.classes[class] = i
		c.Layers = append(c.Layers, layer{class, &strings.Builder{}})
	}
	c.Layers[i].path.WriteString(d)
}

// begin makes sure of a layer's place under those that come later.
func (c *chart) begin(classes ...string) {
	for _, class := range classes {
		c.add(class, "")
	}
}

// box adds a rectangle; x is in percent. One that is too thin to be seen is drawn as wide as a hair.
func (c *chart) box(class string, x, x2, y, y2 float64) {
	const hair = 0.06
	if x2-x < hair {
		x2 = x + hair
	}
	if c.covered(class, y, x2) {
		return
	}
	w := units(x2) - units(x)
	c.add(class, fmt.Sprintf("M%s %sh%sv%sh%sz", unit(units(x)), unit(y), unit(w), unit(y2-y), unit(-w)))
}

// covered reports that a stretch up to x hides behind one that was drawn before: what is drawn comes in
// the order of time. So the size of a chart is bounded by its width, however much happened.
func (c *chart) covered(class string, y, x float64) bool {
	if c.drawn == nil {
		c.drawn = map[string]float64{}
	}
	key := class + unit(y)
	if x <= c.drawn[key] {
		return true
	}
	c.drawn[key] = x
	return false
}

// tick adds an upright line.
func (c *chart) tick(class string, x, y, y2 float64) {
	const line = 0.03 // percent that it hides
	if c.covered(class, y, x+1e-6) {
		return
	}
	c.covered(class, y, x+line)
	c.add(class, fmt.Sprintf("M%s %sV%s", unit(units(x)), unit(y), unit(y2)))
}

// point adds a dot: a line without length that has round ends.
func (c *chart) point(class string, x, y float64) {
	c.add(class, fmt.Sprintf("M%s %sh0", unit(units(x)), unit(y)))
}

// segment adds a straight line to the right edge.
func (c *chart) segment(class string, x, y, y2 float64) {
	c.add(class, fmt.Sprintf("M%s %sL%s %s", unit(units(x)), unit(y), unit(wide), unit(y2)))
}

func units(x float64) float64 { return x * wide / 100 }

func unit(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// label adds the row that comes next, and gives the y at which it begins.
func (c *chart) row(r row) (y float64) {
	y = float64(c.Height)
	c.Rows = append(c.Rows, r)
	c.Height += r.Height
	return y
}

// axisX puts the ticks of an axis into the chart and their texts under it.
func (c *chart) axisX(ticks []tickAt) {
	for _, t := range ticks {
		c.tick("grid", t.X, 0, float64(c.Height))
		class := "middle"
		switch {
		case t.X < 4:
			class = "start"
		case t.X > 96:
			class = "end"
		}
		c.Axis = append(c.Axis, mark{Kind: "text", Class: class, X: t.X, Text: t.Text})
	}
}

// tickAt is a place on an axis with its text.
type tickAt struct {
	X    float64 // percent
	Text string
}

// timeSteps are the distances that ticks of a time axis may have.
var timeSteps = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 24 * time.Hour,
}

// timeTicks are at most so many ticks from 0 to the end.
func timeTicks(end time.Duration, most int) []tickAt {
	if end <= 0 {
		return nil
	}
	step := timeSteps[len(timeSteps)-1]
	for _, s := range timeSteps {
		if end/s < time.Duration(most) {
			step = s
			break
		}
	}
	var out []tickAt
	for t := time.Duration(0); t <= end; t += step {
		out = append(out, tickAt{100 * float64(t) / float64(end), clock(t, step)})
	}
	return out
}

// clock writes a time on an axis whose ticks are a step apart.
func clock(t, step time.Duration) string {
	switch {
	case t == 0:
		return "0"
	case step < time.Second && t < time.Second:
		return fmt.Sprintf("%d ms", t.Milliseconds())
	case step < time.Second:
		return fmt.Sprintf("%.3g s", t.Seconds())
	case step < time.Minute && t < 2*time.Minute:
		return fmt.Sprintf("%d s", t/time.Second)
	case step < time.Minute:
		return fmt.Sprintf("%d:%02d", t/time.Minute, t%time.Minute/time.Second)
	case t < 2*time.Hour && step < time.Hour:
		return fmt.Sprintf("%d min", t/time.Minute)
	}
	return fmt.Sprintf("%d h %02d", t/time.Hour, t%time.Hour/time.Minute)
}

// logScale maps durations to percent, a decade being as wide as any other.
type logScale struct{ from, to float64 } // decimal logarithms of seconds

// logTo is a scale that has all of the durations, whole decades at both ends.
func logTo(least, most time.Duration) logScale {
	least, most = max(least, time.Microsecond), max(most, 10*time.Microsecond)
	s := logScale{math.Floor(math.Log10(least.Seconds())), math.Ceil(math.Log10(most.Seconds()))}
	if s.to-s.from < 1 {
		s.to = s.from + 1
	}
	return s
}

func (s logScale) at(d time.Duration) float64 {
	x := 100 * (math.Log10(max(d, 1).Seconds()) - s.from) / (s.to - s.from)
	return min(max(x, 0), 100)
}

func (s logScale) ticks() []tickAt {
	var out []tickAt
	for e := s.from; e <= s.to; e++ {
		d := time.Duration(math.Round(math.Pow(10, e) * float64(time.Second)))
		text := brief(d)
		if d >= time.Minute { // 100 s is a decade, 1 m 40 s is not
			text = fmt.Sprintf("%d s", d/time.Second)
		}
		out = append(out, tickAt{s.at(d), text})
	}
	return out
}

// niceSteps are values between two numbers at which an axis may have its ticks. Those of counts are whole.
func niceSteps(low, high float64, most int) []float64 {
	if high <= low || most < 1 {
		return []float64{low}
	}
	raw := (high - low) / float64(most)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, m := range []float64{1, 2, 5} {
		if m*power >= raw {
			step = m * power
			break
		}
	}
	step = max(step, 1)
	var out []float64
	for v := math.Ceil(low/step) * step; v <= high+step/1e6; v += step {
		out = append(out, v)
	}
	return out
}
