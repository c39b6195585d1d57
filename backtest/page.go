package backtest

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"money": money, "clock": clockTime,
}).Parse(pageText))

// The drawing's size, in its own units.
const (
	drawWidth, drawHeight = 900, 260
	drawMargin            = 10
)

// drawing is the equity as a line.
type drawing struct {
	Width, Height int
	Line          string // points of a polyline
	Base          string // the height of the capital
	High, Low     string
}

// HTML writes one page that needs nothing else: no network, no script.
func (r *Result) HTML(w io.Writer) error {
	return page.Execute(w, struct {
		*Result
		Draw drawing
	}{r, r.draw()})
}

func (r *Result) draw() drawing {
	low, high := r.Start, r.Start
	for _, p := range r.Curve {
		low, high = low.Min(p.Equity), high.Max(p.Equity)
	}
	bottom, _ := low.Float64()
	top, _ := high.Float64()
	reach := top - bottom
	if reach == 0 {
		reach = 1
	}
	begin, span := r.Curve[0].At, r.To.Sub(r.From).Seconds()
	if span == 0 {
		span = 1
	}
	const wide, tall = drawWidth - 2*drawMargin, drawHeight - 2*drawMargin
	height := func(v float64) float64 { return drawMargin + tall*(top-v)/reach }
	var line strings.Builder
	for _, p := range r.Curve {
		v, _ := p.Equity.Float64()
		fmt.Fprintf(&line, "%.1f,%.1f ", drawMargin+wide*p.At.Sub(begin).Seconds()/span, height(v))
	}
	start, _ := r.Start.Float64()
	return drawing{
		Width: drawWidth, Height: drawHeight, Line: line.String(), Base: fmt.Sprintf("%.1f", height(start)),
		High: money(high), Low: money(low),
	}
}
