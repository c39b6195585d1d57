package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ibsoak/harness"
)

// The heights of lanes, in pixels. A lane of a connection has two strips: the Gateway's end above the
// trader's.
const (
	laneHeight  = 22
	stripTop    = 3
	stripHeight = 7
	stripGap    = 2
	barTop      = 5
	barHeight   = 12
	flagHeight  = 18
	flagLevels  = 3
)

// lanes are the picture of a whole run.
type lanes struct {
	Run       chart
	Unfolded  []unfolded
	Close     chart // single connections from their accept on, on a log scale
	First     *violation
	Kernel    string // why the kernel's part is missing
	Processes int    // that have no lane
}

// unfolded are the connections of a shared lane, one by one.
type unfolded struct {
	Name  string
	Chart chart
	Left  int
}

// drawing is what all parts of the picture of a run share.
type drawing struct {
	r         *harness.Record
	end       harness.Moment
	sightings map[int][]harness.Sighting // by connection
	receipts  map[int][]harness.Receipt  // by connection
	crowded   bool                       // the lane that is drawn has too many connections for details
}

func (d *drawing) at(m harness.Moment) float64 {
	return min(100*float64(m)/float64(max(d.end, 1)), 100)
}

// swim draws the run: flags of violations, the Gateway's outages, lives and processes of the subject,
// then a lane for each connection or for many that are alike.
func swim(r *harness.Record, v harness.Verdict, found []*violation) lanes {
	d := &drawing{r: r, end: lastMoment(r), sightings: sighted(r), receipts: map[int][]harness.Receipt{}}
	for _, receipt := range r.Receipts {
		d.receipts[receipt.Connection] = append(d.receipts[receipt.Connection], receipt)
	}
	out := lanes{First: first(found), Kernel: r.Header.Kernel}
	c := &out.Run
	c.Label = fmt.Sprintf("The run over %s: lives, processes and connections", brief(time.Duration(d.end)))
	c.begin("outage", "fault-band", "grid", "bar", "bar-bad", "bar-process", stateHandshake, stateOpen, stateFinWait,
		stateLastAck, stateUnknown, stateBriefly, stateZombie, "seen", "milestone", "attempt", "receipt")
	d.flags(c, found, out.First)
	d.lives(c, v)
	out.Processes = d.processes(c)
	d.refused(c)
	out.Unfolded = d.connections(c, found)
	d.outages(c)
	if cut := r.Footer.Cut; cut != 0 {
		c.Marks = append(c.Marks, mark{
			Kind: "line", Class: "cut", X: d.at(cut), X2: d.at(cut), Y2: float64(c.Height),
			Title: "the run was cut short here",
		})
	}
	c.axisX(timeTicks(time.Duration(d.end), 9))
	out.Close = d.closely(found)
	out.link(found)
	return out
}

// link notes which connections and lives the violations can point to.
func (l *lanes) link(found []*violation) {
	there := map[string]bool{}
	charts := []chart{l.Run}
	for _, u := range l.Unfolded {
		charts = append(charts, u.Chart)
	}
	for _, c := range charts {
		for _, r := range c.Rows {
			there[r.ID] = true
		}
		for _, m := range c.Marks {
			there[m.ID] = true
		}
	}
	for _, v := range found {
		v.Lane = there[fmt.Sprintf("connection-%d", v.Connection)]
		v.Bar = there[fmt.Sprintf("life-%d", v.Life)]
	}
}

// lastMoment is the end of the picture: that of the run, or of what was still seen after it.
func lastMoment(r *harness.Record) harness.Moment {
	end := r.Footer.Ended
	for _, c := range r.Connections {
		end = max(end, c.Closed)
	}
	return end
}

// sighted are the kernel's sightings by connection: the latest from that address that was there.
func sighted(r *harness.Record) map[int][]harness.Sighting {
	from := map[string][]harness.Connection{}
	for _, c := range r.Connections {
		from[c.Remote.String()] = append(from[c.Remote.String()], c)
	}
	out := map[int][]harness.Sighting{}
	for _, s := range r.Sightings {
		id := 0
		for _, c := range from[s.Client.String()] {
			if id == 0 || c.Accepted <= s.First {
				id = c.ID
			}
		}
		out[id] = append(out[id], s)
	}
	return out
}

// flags stand at the top, one for each violation that has a time; a line goes down from each, and a
// strong one from the first.
func (d *drawing) flags(c *chart, found []*violation, first *violation) {
	timed := slices.DeleteFunc(slices.Clone(found), func(v *violation) bool { return !v.Flag })
	if len(timed) == 0 {
		return
	}
	slices.SortStableFunc(timed, func(a, b *violation) int { return cmp.Compare(a.At, b.At) })
	levels := []float64{}
	y := c.row(row{Label: "Violations", Height: 0})
	for _, v := range timed {
		const apart = 3.2 // percent that a flag takes
		x, level := d.at(v.At), 0
		for level < len(levels) && levels[level] > x {
			level++
		}
		if level == len(levels) && level < flagLevels {
			levels = append(levels, 0)
		}
		level = min(level, len(levels)-1)
		levels[level] = x + apart
		class := "flag"
		if v == first {
			class = "flag first"
		}
		c.Marks = append(c.Marks, mark{
			Kind: "flag", ID: fmt.Sprintf("flag-%d", v.Number), Href: fmt.Sprintf("#violation-%d", v.Number),
			Class: class, X: x, Y: y + float64(level*flagHeight), Text: fmt.Sprint(v.Number),
			Title: fmt.Sprintf("%s at %s: %s", v.Check, v.When, clip(v.What)),
		})
	}
	c.Rows[len(c.Rows)-1].Height = len(levels)*flagHeight + 6
	c.Height = int(y) + len(levels)*flagHeight + 6
}

// lives share one row when they follow each other, as they do.
func (d *drawing) lives(c *chart, v harness.Verdict) {
	if len(d.r.Lives) == 0 {
		return
	}
	outcomes := map[int]harness.Outcome{}
	for _, l := range v.Lives {
		outcomes[l.Number] = l.Outcome
	}
	y := c.row(row{
		Label: count(len(d.r.Lives), "life", "lives"), Height: laneHeight,
		Note: fmt.Sprintf("%d passed", v.Passed),
	}) + barTop
	for _, l := range d.r.Lives {
		class := "bar"
		if outcomes[l.Number] == harness.Fail {
			class = "bar-bad"
		}
		to := l.Exited
		if to == 0 {
			to = d.end
		}
		x, x2 := d.at(l.Started), d.at(to)
		const gap = 0.12
		if x2-x > 3*gap {
			x2 -= gap // so that two lives are not one bar
		}
		c.box(class, x, x2, y, y+barHeight)
		if l.Number > livesMarked && outcomes[l.Number] == harness.Pass {
			continue
		}
		c.Marks = append(c.Marks, mark{
			Kind: "hit", ID: fmt.Sprintf("life-%d", l.Number),
			X: x, X2: max(x2, x+0.3), Y: y - 2, Y2: y + barHeight + 2,
			Title: fmt.Sprintf("Life %d: %s to %s, ended by %s, exit %d %s", l.Number, moment(l.Started),
				moment(to), l.EndedBy, l.ExitCode, l.Signal),
		})
	}
}

// processes are those that a life started itself, apart from its first: they have rows of their own,
// shared by those that follow each other.
func (d *drawing) processes(c *chart) (left int) {
	var others []harness.Process
	for _, p := range d.r.Processes {
		if p.Related != harness.RelatedStarted {
			others = append(others, p)
		}
	}
	type shared struct {
		until harness.Moment
		y     float64
	}
	rows := map[string][]*shared{}
	used, marked := 0, 0
	slices.SortStableFunc(others, func(a, b harness.Process) int { return cmp.Compare(a.FirstSeen, b.FirstSeen) })
	for _, p := range others {
		until := p.Gone
		if until == 0 {
			until = d.end
		}
		i := slices.IndexFunc(rows[p.Command], func(s *shared) bool { return s.until <= p.FirstSeen })
		if i < 0 {
			if used == processesShown {
				left++
				continue
			}
			used++
			name := clipTo(p.Command, 60)
			rows[p.Command] = append(rows[p.Command], &shared{y: c.row(row{
				Label: name, Title: "process of the subject: " + clip(p.Command), Height: laneHeight, Class: "process",
			})})
			i = len(rows[p.Command]) - 1
		}
		s := rows[p.Command][i]
		s.until = until
		class := "bar-process"
		if p.Left {
			class = "bar-bad"
		}
		x, x2 := d.at(p.FirstSeen), d.at(until)
		c.box(class, x, x2, s.y+barTop+2, s.y+barTop+barHeight-2)
		if marked++; marked > livesMarked && !p.Left {
			continue
		}
		c.Marks = append(c.Marks, mark{
			Kind: "hit", X: x, X2: max(x2, x+0.3), Y: s.y + 2, Y2: s.y + laneHeight - 2,
			Title: fmt.Sprintf("process %d of life %d (%s): %s", p.PID, p.Life, p.Related, clip(p.Command)),
		})
	}
	return left
}

// refused are the connects that nobody accepted.
func (d *drawing) refused(c *chart) {
	knocks := d.r.Knocks()
	if len(knocks) == 0 {
		return
	}
	y := c.row(row{
		Label: count(len(knocks), "connect", "connects"), Note: "not accepted", Height: laneHeight,
		Title: "connects of the subject that nobody accepted",
	})
	for _, at := range knocks {
		c.tick("attempt", d.at(at), y+barTop, y+barTop+barHeight)
	}
}

// outages and faults of the whole Gateway are bands behind everything.
func (d *drawing) outages(c *chart) {
	for _, o := range d.r.Outages {
		to := o.Ready
		if to == 0 {
			to = d.end
		}
		x, x2 := d.at(o.From), d.at(to)
		c.box("outage", x, x2, 0, float64(c.Height))
		c.Marks = append(c.Marks, mark{
			Kind: "hit", X: x, X2: x2, Y: 0, Y2: 8,
			Title: fmt.Sprintf("the Gateway could not serve from %s to %s", moment(o.From), moment(to)),
		})
	}
	for _, receipt := range d.receipts[0] {
		c.tick("receipt", d.at(receipt.At), 0, float64(c.Height))
	}
}

// connections draws the lanes. Few have one each; of many, those that are alike share one, and those
// that a violation names keep their own.
func (d *drawing) connections(c *chart, found []*violation) []unfolded {
	all := slices.Clone(d.r.Connections)
	named := map[int]bool{}
	for _, v := range found {
		named[v.Connection] = true
	}
	type shared struct {
		name string
		of   []harness.Connection
	}
	var alike []*shared
	by := map[string]*shared{}
	for _, conn := range all {
		k := kind(conn, d.end)
		if by[k] == nil {
			by[k] = &shared{name: k}
			alike = append(alike, by[k])
		}
		by[k].of = append(by[k].of, conn)
	}
	own := map[int]bool{}
	rest := &shared{name: "of other kinds"}
	var rows []*shared
	for _, s := range alike {
		switch {
		case len(all) <= lanesAlone, len(s.of) < alikeAtLeast && len(own) < lanesShown:
			for _, conn := range s.of {
				own[conn.ID] = true
			}
		case len(s.of) >= alikeAtLeast && len(rows) < lanesShown:
			rows = append(rows, s)
		default:
			rest.of = append(rest.of, s.of...)
		}
	}
	if len(rest.of) > 0 {
		rows = append(rows, rest)
	}
	for _, s := range rows { // what a violation names leaves those that are alike
		s.of = slices.DeleteFunc(s.of, func(conn harness.Connection) bool {
			if named[conn.ID] && len(own) < lanesShown {
				own[conn.ID] = true
			}
			return own[conn.ID]
		})
	}
	for _, conn := range all {
		if own[conn.ID] {
			d.lane(c, conn, fmt.Sprintf("connection-%d", conn.ID))
		}
	}
	var out []unfolded
	for _, s := range rows {
		if len(s.of) > 0 {
			d.shared(c, s.of, s.name)
			out = append(out, d.unfold(s.of, s.name))
		}
	}
	return out
}

// lane draws one connection.
func (d *drawing) lane(c *chart, conn harness.Connection, id string) {
	note := fmt.Sprintf("life %d", conn.Life)
	if conn.Planted {
		note = "planted"
	} else if conn.Life == 0 {
		note = "no life"
	}
	y := c.row(row{
		ID: id, Label: fmt.Sprintf("#%d", conn.ID), Note: note, Height: laneHeight, Title: story(conn, d.end),
	})
	d.strips(c, conn, y)
	c.Marks = append(c.Marks, mark{
		Kind: "hit", X: d.at(conn.Accepted), X2: max(d.at(orEnd(d.end, conn.Closed)), d.at(conn.Accepted)+0.5),
		Y: y + 1, Y2: y + laneHeight - 1, Title: story(conn, d.end),
	})
}

// strips draws both ends of a connection, what the kernel saw, and the handshake's milestones.
func (d *drawing) strips(c *chart, conn harness.Connection, y float64) {
	gateway, trader := ends(conn, d.end)
	top := map[harness.Side]float64{
		harness.GatewaySide: y + stripTop, harness.TraderSide: y + stripTop + stripHeight + stripGap,
	}
	for i, spans := range [][]span{gateway, trader} {
		top := y + stripTop + float64(i*(stripHeight+stripGap))
		for _, s := range spans {
			c.box(s.State, d.at(s.From), d.at(s.To), top, top+stripHeight)
		}
	}
	for _, s := range d.sightings[conn.ID] {
		c.box("seen", d.at(s.First), d.at(s.Last), top[s.Side]+stripHeight-2, top[s.Side]+stripHeight)
	}
	if !d.crowded {
		for _, m := range milestones(conn) {
			c.tick("milestone", d.at(m), y+stripTop, y+stripTop+2*stripHeight+stripGap)
		}
	}
	over := d.at(orEnd(d.end, conn.Closed))
	for _, receipt := range d.receipts[conn.ID] {
		c.box("fault-band", d.at(receipt.At), max(over, d.at(receipt.At)), y, y+laneHeight)
		c.tick("receipt", d.at(receipt.At), y, y+laneHeight)
	}
}

// shared draws many connections into one lane.
func (d *drawing) shared(c *chart, of []harness.Connection, name string) {
	y := c.row(row{
		Label: fmt.Sprintf("%d alike", len(of)), Note: name, Height: laneHeight,
		Title: fmt.Sprintf("%d connections: %s", len(of), name), Class: "alike",
	})
	const crowd = 40
	d.crowded = len(of) > crowd // their lines would hide their states
	for _, conn := range of {
		d.strips(c, conn, y)
	}
	d.crowded = false
	c.Marks = append(c.Marks, mark{
		Kind: "hit", X: 0, X2: 100, Y: y + 1, Y2: y + laneHeight - 1,
		Title: fmt.Sprintf("%d connections: %s", len(of), name),
	})
}

// unfold draws the connections of a shared lane one by one, each from its accept on: along the run they
// would be a flight of stairs. The slowest handshake comes first.
func (d *drawing) unfold(of []harness.Connection, name string) unfolded {
	out := unfolded{
		Name: fmt.Sprintf("%d alike: %s", len(of), name), Left: max(len(of)-lanesUnfolded, 0),
	}
	of = slices.Clone(of)
	slices.SortStableFunc(of, func(a, b harness.Connection) int {
		return cmp.Compare(handshakeTook(b), handshakeTook(a))
	})
	rows := make([]example, 0, lanesUnfolded)
	for _, conn := range of[:min(len(of), lanesUnfolded)] {
		why := brief(handshakeTook(conn))
		if handshakeTook(conn) == 0 {
			why = "no request"
		}
		rows = append(rows, example{conn, why})
	}
	out.Chart = d.closeChart(name, rows, low)
	return out
}
