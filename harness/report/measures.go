package report

import (
	"fmt"
	"slices"
	"time"

	"ibsoak/harness"
)

// The sizes of the charts of measurements, in pixels.
const (
	histogramHeight = 92
	curveHeight     = 168
	binsPerDecade   = 8
	curveMargin     = 10 // above and below a curve
)

// histogram is one phase of the handshake.
type histogram struct {
	Chart    chart
	Phase    string
	From, To string
	N        int
	Numbers  [][2]string // p50, p90, p99, max
}

// histograms have one scale for all phases, so that they can be compared.
func histograms(r *harness.Record) []histogram {
	phases := r.PhaseTimes()
	least, most := time.Hour, time.Duration(0)
	for _, p := range phases {
		if len(p.Took) > 0 {
			least, most = min(least, p.Took[0]), max(most, p.Took[len(p.Took)-1])
		}
	}
	if most == 0 {
		return nil
	}
	scale := logTo(least, most)
	var out []histogram
	for _, p := range phases {
		out = append(out, histogramOf(p, scale))
	}
	return out
}

func histogramOf(p harness.PhaseTimes, scale logScale) histogram {
	h := histogram{Phase: p.Phase, From: p.From, To: p.To, N: len(p.Took)}
	c := &h.Chart
	c.Height, c.Label = histogramHeight, fmt.Sprintf("Durations of %s, n = %d", p.Phase, h.N)
	c.begin("grid", "bin")
	bins := make([]int, max(int((scale.to-scale.from)*binsPerDecade), 1))
	for _, d := range p.Took {
		bins[min(int(scale.at(d)/100*float64(len(bins))), len(bins)-1)]++
	}
	highest := float64(max(slices.Max(bins), 1))
	const headroom = 16
	for i, n := range bins {
		if n > 0 {
			w := 100 / float64(len(bins))
			high := max(float64(n)/highest*(histogramHeight-headroom), 1.5)
			c.box("bin", float64(i)*w+w*0.06, float64(i+1)*w-w*0.06, histogramHeight-high, histogramHeight)
		}
	}
	c.axisX(everyOther(scale.ticks()))
	if h.N == 0 {
		return h
	}
	for _, q := range []struct {
		name  string
		share float64
		least int
	}{{"p50", 0.5, 1}, {"p90", 0.9, 1}, {"p99", 0.99, harness.PercentileFloor}, {"max", 1, 1}} {
		if h.N < q.least {
			h.Numbers = append(h.Numbers, [2]string{q.name, "–"})
			continue
		}
		d := p.Quantile(q.share)
		h.Numbers = append(h.Numbers, [2]string{q.name, brief(d)})
		if q.name != "max" {
			c.tick("quantile "+q.name, scale.at(d), 0, histogramHeight)
		}
	}
	return h
}

// everyOther leaves texts out where a small chart has no room for all.
func everyOther(ticks []tickAt) []tickAt {
	const most = 5
	if len(ticks) > most {
		for i := range ticks {
			if i%2 == 1 {
				ticks[i].Text = ""
			}
		}
	}
	return ticks
}

// recovery has a bar for each: the time in which the Gateway could not have served, then what the
// subject took.
func recovery(v harness.Verdict) chart {
	c := chart{Label: "Recoveries, each from the lost connection on"}
	c.begin("grid", "down", "recovering")
	all := slices.Clone(v.Recovery)
	if len(all) > recoveryShown {
		slices.SortStableFunc(all, func(a, b harness.Recovery) int { return int(b.Took - a.Took) })
		c.Left = fmt.Sprintf("The slowest %d of %d.", recoveryShown, len(all))
		all = all[:recoveryShown]
	}
	longest := time.Duration(1)
	for _, r := range all {
		longest = max(longest, max(r.Cycle, r.Served).Since(r.Lost))
	}
	at := func(d time.Duration) float64 { return 86 * float64(max(d, 0)) / float64(longest) } // room for the number
	for _, r := range all {
		y := c.row(row{
			Label: moment(r.Lost), Note: fmt.Sprintf("life %d", r.Life), Height: laneHeight,
			Title: fmt.Sprintf("life %d lost its connection at %s", r.Life, moment(r.Lost)),
		}) + barTop
		served := max(r.Served, r.Lost)
		if served > r.Lost {
			c.box("down", 0, at(served.Since(r.Lost)), y, y+barHeight)
		}
		end, text := max(r.Cycle, served), brief(time.Duration(r.Took))
		if r.Cycle == 0 {
			text = "no cycle came"
		}
		c.box("recovering", at(served.Since(r.Lost)), at(end.Since(r.Lost)), y, y+barHeight)
		c.Marks = append(c.Marks, mark{
			Kind: "text", Class: "start value", X: at(end.Since(r.Lost)) + 0.8, Y: y + barHeight - 2, Text: text,
			Title: fmt.Sprintf("served again at %s, first cycle at %s", moment(r.Served), moment(r.Cycle)),
		})
	}
	var ticks []tickAt
	for _, t := range timeTicks(longest, 7) {
		ticks = append(ticks, tickAt{t.X * 0.86, t.Text})
	}
	c.axisX(ticks)
	return c
}

// curve is a value by cycle.
type curve struct {
	What     string
	Chart    chart
	Scale    []mark // texts beside the chart
	Sentence string
	Legend   bool
}

// growth draws what the leak checks look at: the values, the line between the levels that decided, and
// the steepest leak that the last cycles might hide.
func growth(r *harness.Record) []curve {
	var out []curve
	for _, g := range r.Growths() {
		if len(g.Values) < 2 {
			continue
		}
		out = append(out, curveOf(g))
	}
	return out
}

func curveOf(g harness.Growth) curve {
	out := curve{What: g.What, Legend: g.Judged}
	c := &out.Chart
	c.Height, c.Label = curveHeight, g.What+" by cycle"
	c.begin("grid", "limit", "dots", "level")
	n := len(g.Values)
	low, high := slices.Min(g.Values), slices.Max(g.Values)
	limitEnd := g.End
	if g.Judged {
		limitEnd = g.End + g.Limit*float64(g.Late)
		high = max(high, min(limitEnd, high+2*(high-low)+4)) // a wide limit must not flatten the curve
	}
	if high-low < 1 {
		low, high = low-1, high+1
	}
	cycles := float64(max(g.Cycles[n-1]-g.Cycles[0], 1))
	x := func(i int) float64 { return 100 * float64(g.Cycles[i]-g.Cycles[0]) / cycles }
	y := func(v float64) float64 {
		return curveMargin + (curveHeight-2*curveMargin)*(high-v)/(high-low)
	}
	for _, step := range niceSteps(low/g.Unit, high/g.Unit, 4) {
		v := step * g.Unit
		c.segment("grid", 0, y(v), y(v))
		out.Scale = append(out.Scale, mark{Kind: "text", Y: y(v) + 4, Text: g.Show(v)})
	}
	for _, i := range chosen(g.Values, dotsShown) {
		c.point("dots", x(i), y(g.Values[i]))
	}
	for _, v := range niceSteps(float64(g.Cycles[0]), float64(g.Cycles[n-1]), 6) {
		at := 100 * (v - float64(g.Cycles[0])) / cycles
		c.axisX([]tickAt{{at, fmt.Sprintf("%g", v)}})
	}
	if !g.Judged {
		out.Sentence = fmt.Sprintf("%d cycles: too few for a statement.", n)
		return out
	}
	c.segment("level", x(g.From), y(g.Start), y(g.End))
	from := max(n-g.Late, 0)
	c.segment("limit", x(from), y(g.End), y(limitEnd))
	said := "No leak was seen"
	if g.Leaks {
		said = "It leaks"
	}
	out.Sentence = fmt.Sprintf("%s: %s, then %s. A leak below %s a cycle in the last %d cycles might not show.",
		said, g.Show(g.Start), g.Show(g.End), g.Show(g.Limit), g.Late)
	return out
}

// chosen are the indexes of at most so many values: of each stretch the least and the greatest, so that
// no peak is lost.
func chosen(values []float64, most int) []int {
	if len(values) <= most {
		out := make([]int, len(values))
		for i := range out {
			out[i] = i
		}
		return out
	}
	var out []int
	stretches := most / 2
	for s := range stretches {
		from, to := s*len(values)/stretches, (s+1)*len(values)/stretches
		low, high := from, from
		for i := from; i < to; i++ {
			if values[i] < values[low] {
				low = i
			}
			if values[i] > values[high] {
				high = i
			}
		}
		out = append(out, min(low, high))
		if low != high {
			out = append(out, max(low, high))
		}
	}
	return out
}
