package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ibsoak/harness"
)

// closeRows bounds the connections that are drawn from their accept on.
const closeRows = 10

// closely draws single connections from their accept on, on a log scale: in a run of minutes a
// handshake of milliseconds cannot be seen. It has those that a violation names first, then of each
// kind the one with the median handshake and the slowest.
func (d *drawing) closely(found []*violation) chart {
	return d.closeChart("Single connections, from their accept on, on a log scale", d.typical(found), high)
}

// rung is how high a lane is drawn.
type rung struct{ lane, top, strip, gap int }

var (
	high = rung{laneHeight, stripTop, stripHeight, stripGap}
	low  = rung{14, 2, 4, 1}
)

// closeChart draws connections from their accept on. Its rows can be linked to only where no other
// chart has them.
func (d *drawing) closeChart(label string, chosen []example, size rung) chart {
	c := chart{Label: label}
	c.begin("grid", stateHandshake, stateOpen, stateFinWait, stateLastAck, stateUnknown, stateBriefly, stateZombie,
		"milestone")
	if len(chosen) == 0 {
		return c
	}
	least, most := time.Second, time.Millisecond
	for _, x := range chosen {
		for _, m := range milestones(x.Connection) {
			if took := m.Since(x.Accepted); took > 0 {
				least = min(least, took)
			}
		}
		most = max(most, orEnd(d.end, x.Closed).Since(x.Accepted))
	}
	scale := logTo(max(least, 10*time.Microsecond), most)
	for _, x := range chosen {
		r := row{Label: fmt.Sprintf("#%d", x.ID), Note: x.why, Height: size.lane}
		if size == low {
			r.ID = fmt.Sprintf("connection-%d", x.ID)
		}
		d.fromAccept(&c, x.Connection, c.row(r), scale, size)
	}
	c.axisX(scale.ticks())
	return c
}

// fromAccept draws the strips of one connection on the scale.
func (d *drawing) fromAccept(c *chart, conn harness.Connection, y float64, scale logScale, size rung) {
	at := func(m harness.Moment) float64 { return scale.at(m.Since(conn.Accepted)) }
	gateway, trader := ends(conn, d.end)
	for i, spans := range [][]span{gateway, trader} {
		top := y + float64(size.top+i*(size.strip+size.gap))
		for _, s := range spans {
			c.box(s.State, at(s.From), at(s.To), top, top+float64(size.strip))
		}
	}
	for _, m := range milestones(conn) {
		c.tick("milestone", at(m), y+float64(size.top), y+float64(size.top+2*size.strip+size.gap))
	}
	c.Marks = append(c.Marks, mark{
		Kind: "hit", X: 0, X2: 100, Y: y, Y2: y + float64(size.lane), Title: story(conn, d.end),
	})
}

// example is a connection with why it is shown.
type example struct {
	harness.Connection
	why string
}

func (d *drawing) typical(found []*violation) []example {
	var out []example
	add := func(c harness.Connection, why string) {
		if len(out) < closeRows && !slices.ContainsFunc(out, func(e example) bool { return e.ID == c.ID }) {
			out = append(out, example{c, why})
		}
	}
	by := map[string][]harness.Connection{}
	var kinds []string
	for _, c := range d.r.Connections {
		k := kind(c, d.end)
		if by[k] == nil {
			kinds = append(kinds, k)
		}
		by[k] = append(by[k], c)
	}
	for _, v := range found {
		i := slices.IndexFunc(d.r.Connections, func(c harness.Connection) bool { return c.ID == v.Connection })
		if i >= 0 && len(out) < closeRows/2 {
			add(d.r.Connections[i], fmt.Sprintf("violation %d", v.Number))
		}
	}
	for _, k := range kinds {
		of := by[k]
		slices.SortStableFunc(of, func(a, b harness.Connection) int {
			return cmp.Compare(handshakeTook(a), handshakeTook(b))
		})
		if len(of) > 2 {
			add(of[len(of)/2], "median")
		}
		why := "slowest"
		if len(of) == 1 {
			why = k
		}
		add(of[len(of)-1], why)
	}
	return out
}
