package report

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

var update = flag.Bool("update", false, "write the golden page in place of comparing with it")

func TestScriptedPage(t *testing.T) {
	got := drawn(t)
	if got != drawn(t) {
		t.Fatal("the same record gives two pages")
	}
	const file = "testdata/scripted.html"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s (go test ./harness/report -update writes it; look at it in a browser)", file)
	}
}

// parsed is a page as a browser reads it.
type parsed struct {
	ids   map[string]int
	links []string
	tags  map[string]int
	attrs []html.Attribute
	title string
	texts strings.Builder
}

func parse(t *testing.T, text string) *parsed {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	p := &parsed{ids: map[string]int{}, tags: map[string]int{}}
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
			p.tags[n.Data]++
			for _, a := range n.Attr {
				p.attrs = append(p.attrs, a)
				switch a.Key {
				case "id":
					p.ids[a.Val]++
				case "href":
					p.links = append(p.links, a.Val)
				}
			}
		case html.TextNode:
			if n.Parent.Data == "title" && n.Parent.Parent.Data == "head" {
				p.title = n.Data
			}
			p.texts.WriteString(n.Data + "\n")
		default:
		}
	}
	return p
}

// TestEveryLinkHasItsPlace follows every link of pages with violations, with and without lanes of their
// own: it leads to an element that is there once, or to a file beside the record.
func TestEveryLinkHasItsPlace(t *testing.T) {
	r, v := long(700)
	v.Findings[0].Examples = []harness.Example{
		{Life: 3, Connection: 3, At: 5 * sec, What: "one that shares a lane"},
		{Life: 699, Connection: 699, At: 5 * sec, What: "another"},
		{Life: 12345, Connection: 54321, At: 5 * sec, What: "of a life and a connection that nobody knows"},
		{What: "without anything"},
	}
	beside := map[string]bool{}
	for _, name := range []string{
		harness.TranscriptFile, harness.RecordFile, harness.VerdictFile, harness.ScheduleFile, harness.ReportFile, harness.JUnitFile,
	} {
		beside[name] = true
	}
	for name, text := range map[string]string{"scripted": drawn(t), "long": pageOf(t, r, v, Frames{})} {
		p := parse(t, text)
		if len(p.links) < 20 {
			t.Errorf("%s: %d links only", name, len(p.links))
		}
		for _, link := range p.links {
			id, local := strings.CutPrefix(link, "#")
			if local && p.ids[id] != 1 || !local && !beside[link] {
				t.Errorf("%s: %s leads to %d elements", name, link, p.ids[id])
			}
		}
		for id, n := range p.ids {
			if n > 1 {
				t.Errorf("%s: %d elements are called %s", name, n, id)
			}
		}
	}
}

// TestViolationPointsToLaneAndFrames looks at the zombie of the scripted run.
func TestViolationPointsToLaneAndFrames(t *testing.T) {
	text := drawn(t)
	for _, want := range []string{
		`<a href="#connection-12">connection 12</a> <a href="#frames-`,
		`class="row" id="connection-12"`,
		`class="flag first"`,
		`<td class="n">52<td class="n">37.099 s<td class="n">12<td>→ reqIds`,
		`<strong>1 fill was never told to it.</strong>`,
		`<b>28 alike</b>`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
}

// hostile is what a subject may say to break out of the page, or to lie to its reader.
var hostile = []string{
	`</script><script>document.title="owned"</script>`, `"><img src=x onerror=alert(1)>`, `' onload='alert(1)`,
	`</style><style>*{display:none}</style>`, `</title></svg><h1>PASS</h1>`, "\x1b[31mred\x00\x07\x7f", "\u202egnirts\u2066",
	`]]><!--`, `{{.Verdict}}`, `javascript:alert(1)`, "\xff\xfe", `&#x202e;`,
}

// poison puts the text everywhere where a subject, a client or a file of a user has a say.
func poison(r *harness.Record, v *harness.Verdict, text string) {
	r.Lives[4].Stderr = []string{text}
	r.Header.Scenario.Name, r.Header.Scenario.Summary, r.Header.Command = text, text, []string{text}
	r.Header.Schedule.Faults[0].ID, r.Receipts[0].Fault, r.Receipts[0].Wire, r.Receipts[0].Mismatch = text, text, text, text
	r.Header.Kernel = text
	for i := range r.Connections {
		r.Connections[i].End, r.Connections[i].Faults = text, []string{text}
	}
	for i := range r.Books.Orders {
		o := &r.Books.Orders[i]
		o.Symbol, o.OrderRef, o.Status, o.Action, o.Type = text, text, text, text, text
	}
	r.Processes[0].Command = text
	r.Footer.Errors = []string{text}
	*v = harness.Judge(r)
	v.Findings[0].Examples = []harness.Example{{Life: 5, Connection: 5, At: sec, What: text}}
	v.Findings[0].Detail, v.Findings[0].Do = text, text
	v.Lives[4].Stderr, v.Lives[4].End = []string{text}, text
}

func TestHostileText(t *testing.T) {
	r, v := scripted()
	plain := parse(t, pageOf(t, r, v, Frames{}))
	for _, text := range hostile {
		r, v := scripted()
		poison(r, &v, text)
		frames := Frames{Missing: text, of: map[int][]frame{1: {{Seq: 1, Kind: text, Body: text, Note: text}}}}
		got := pageOf(t, r, v, frames)
		if i := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("%q: the page has %q", text, got[i:min(i+4, len(got))])
		}
		p := parse(t, got)
		for _, tag := range []string{"script", "img", "iframe", "object", "style", "h1"} {
			if p.tags[tag] != plain.tags[tag] {
				t.Errorf("%q: %d <%s>, want %d", text, p.tags[tag], tag, plain.tags[tag])
			}
		}
		for _, a := range p.attrs {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" && strings.Contains(a.Val, ":") {
				t.Errorf("%q: attribute %s=%q", text, a.Key, a.Val)
			}
		}
		if shown := strings.ReplaceAll(visible(text), "\u2400", "\ufffd"); !strings.Contains(text, "{{") && !strings.Contains(p.texts.String(), shown) {
			t.Errorf("%q is not shown as text", text)
		}
	}
}

// TestNothingFromOutside shows that a page asks for nothing and runs nothing.
func TestNothingFromOutside(t *testing.T) {
	text := drawn(t)
	for _, never := range []string{"http:", "https:", "//", "@import", "url(", "<script", "<link", "<img", "<iframe"} {
		if strings.Contains(text, never) {
			t.Errorf("the page has %s", never)
		}
	}
}

// TestSize draws an hour in which more happened than in any scenario.
func TestSize(t *testing.T) {
	for _, lives := range []int{120, 9000} {
		r, v := long(lives)
		began := time.Now()
		n := len(pageOf(t, r, v, Frames{}))
		t.Logf("%d lives: %d KiB in %s", lives, n>>10, time.Since(began))
		if n > 2<<20 {
			t.Errorf("%d lives: %d bytes, want 2 MiB at most", lives, n)
		}
	}
}

// TestStates compares both ends with what TCP says of them.
func TestStates(t *testing.T) {
	const end = 100 * sec
	base := harness.Connection{ID: 1, Accepted: sec, FirstRequested: 2 * sec}
	with := func(change func(*harness.Connection)) harness.Connection {
		c := base
		change(&c)
		return c
	}
	for _, c := range []struct {
		name, gateway, trader string
		conn                  harness.Connection
	}{
		{"open", "handshake 1s-2s established 2s-1m40s", "handshake 1s-2s established 2s-1m40s", base},
		{
			"no request", "handshake 1s-3s", "handshake 1s-3s",
			with(func(c *harness.Connection) { c.FirstRequested, c.GatewayRST, c.Closed = 0, 3*sec, 3*sec }),
		},
		{
			"trader first", "handshake 1s-2s established 2s-5s close-wait 5s-5.5s last-ack 5.5s-6s", "handshake 1s-2s established 2s-5s fin-wait 5s-5.5s",
			with(func(c *harness.Connection) { c.ClientFIN, c.GatewayFIN, c.Closed = 5*sec, 5*sec+500*ms, 6*sec }),
		},
		{
			"a zombie at the Gateway", "handshake 1s-2s established 2s-5s close-wait2 5s-1m40s", "handshake 1s-2s established 2s-5s fin-wait 5s-1m40s",
			with(func(c *harness.Connection) { c.ClientFIN = 5 * sec }),
		},
		{
			"Gateway first", "handshake 1s-2s established 2s-5s fin-wait 5s-5.5s", "handshake 1s-2s established 2s-5s close-wait 5s-5.5s",
			with(func(c *harness.Connection) { c.GatewayFIN, c.ClientFIN, c.Closed = 5*sec, 5*sec+500*ms, 6*sec }),
		},
		{
			"a zombie at the trader", "handshake 1s-2s established 2s-5s fin-wait 5s-1m40s", "handshake 1s-2s established 2s-5s close-wait2 5s-1m40s",
			with(func(c *harness.Connection) { c.GatewayFIN = 5 * sec }),
		},
		{
			"a Gateway that has let go", "handshake 1s-2s established 2s-5s fin-wait 5s-6s", "handshake 1s-2s established 2s-5s unknown 5s-6s",
			with(func(c *harness.Connection) { c.GatewayFIN, c.Closed = 5*sec, 6*sec }),
		},
		{
			"reset", "handshake 1s-2s established 2s-5s", "handshake 1s-2s established 2s-5s",
			with(func(c *harness.Connection) { c.ClientRST, c.Closed = 5*sec, 6*sec }),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			gateway, trader := ends(c.conn, end)
			if got := inWords(gateway); got != c.gateway {
				t.Errorf("Gateway's end\ngot  %s\nwant %s", got, c.gateway)
			}
			if got := inWords(trader); got != c.trader {
				t.Errorf("trader's end\ngot  %s\nwant %s", got, c.trader)
			}
		})
	}
}

func inWords(spans []span) string {
	words := make([]string, len(spans))
	for i, s := range spans {
		words[i] = fmt.Sprintf("%s %s-%s", s.State, s.From, s.To)
	}
	return strings.Join(words, " ")
}

// TestAnyRecord draws records whose moments make no sense: a page says less then, and does not panic. No
// number in it is one that a browser cannot read.
func TestAnyRecord(t *testing.T) {
	bad := regexp.MustCompile(`NaN|Inf|\b-?\d+e[+-]?\d+`)
	rapid.Check(t, func(rt *rapid.T) {
		r, v := scripted()
		moment := rapid.Custom(func(rt *rapid.T) harness.Moment {
			return harness.Moment(rapid.SampledFrom([]int64{0, 1, 5, 1e6, 1e9, 7e9, 1e11, 1e13}).Draw(rt, "moment"))
		})
		for i := range r.Connections {
			c := &r.Connections[i]
			for _, m := range []*harness.Moment{
				&c.Accepted, &c.PreambleRead, &c.VersionSent, &c.FirstRequested, &c.ClientFIN, &c.GatewayFIN, &c.GatewayRST, &c.Closed,
			} {
				*m = moment.Draw(rt, "m")
			}
		}
		r.Footer.Ended, r.Footer.Cut = moment.Draw(rt, "end"), moment.Draw(rt, "cut")
		if rapid.Bool().Draw(rt, "empty") {
			r.Lives, r.Samples, r.Books = nil, nil, harness.Books{}
		}
		for i := range v.Recovery {
			v.Recovery[i].Lost, v.Recovery[i].Cycle = moment.Draw(rt, "lost"), moment.Draw(rt, "cycle")
		}
		text, err := Page(r, v, Frames{})
		if err != nil {
			rt.Fatal(err)
		}
		for _, d := range regexp.MustCompile(` (?:d|x|x1|x2|y|y1|y2|cx|cy|width|height)="[^"]*"`).FindAllString(string(text), -1) {
			if bad.MatchString(d) || strings.Contains(d, `width="-`) || strings.Contains(d, `height="-`) {
				rt.Fatalf("%.200s", d)
			}
		}
	})
}

// TestHalfATranscript keeps the frames before a line that does not read, and says so.
func TestHalfATranscript(t *testing.T) {
	r, v := scripted()
	frames, err := pickFrames(strings.NewReader(transcript(t, r)+`{"seq":53,"at":"20`), r, violations(v))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(frames.Missing, "Line 4 of transcript.jsonl does not read") || len(frames.of) == 0 {
		t.Errorf("%+v", frames)
	}
	if missing, err := LoadFrames(t.TempDir(), r, v); err != nil || !strings.Contains(missing.Missing, "was not beside the record") {
		t.Errorf("%+v, %v", missing, err)
	}
}

func TestWrite(t *testing.T) {
	r, v := scripted()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, harness.TranscriptFile), []byte(transcript(t, r)), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // over the one before
		if err := Write(dir, r, v); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil || string(got) != drawn(t) {
		t.Errorf("the file is another page, %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.new")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := Write(filepath.Join(dir, "nowhere"), r, v); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("in a directory that is not there: %v", err)
	}
}

// TestManual holds the numbers in docs/report.md to those that decide.
func TestManual(t *testing.T) {
	text, err := os.ReadFile("../../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		fmt.Sprintf("Up to %d connections have a lane each", lanesAlone),
		fmt.Sprintf("cut to %d characters", textShown),
		fmt.Sprintf("The last %d frames before a violation and the first %d after it", framesBefore, framesAfter),
		fmt.Sprintf("from n = %d", harness.PercentileFloor),
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/report.md does not say %q", want)
		}
	}
}

func TestBrief(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", 90: "90 ns", 1500: "1.5 µs", 380 * time.Microsecond: "380 µs", 999600 * time.Nanosecond: "1 ms",
		4230 * time.Microsecond: "4.23 ms", time.Second + 250*time.Millisecond: "1.25 s", 59600 * time.Millisecond: "59.6 s",
		125 * time.Second: "2 m 05 s", 62 * time.Minute: "1 h 02 m", -time.Second: "-1 s",
	} {
		if got := brief(d); got != want {
			t.Errorf("%d: %q, want %q", d, got, want)
		}
	}
}

// TestCutRun cuts the scripted run before its second fault acts and in the middle of its lives: the page
// shows no more of either than the verdict counts.
func TestCutRun(t *testing.T) {
	r, _ := scripted()
	r.Receipts = append(r.Receipts, harness.Receipt{Fault: "late", Planned: fault.FIN, Wire: "FIN", Connection: 25, At: 80 * sec})
	r.Footer.Cut, r.Footer.Stop = 50*sec, harness.StopInterrupted
	v := harness.Judge(r)
	rows, _ := faults(r, v)
	if len(rows) != 2 || rows[0].ID != "late" || rows[0].State != "not delivered" {
		t.Fatalf("%+v", rows)
	}
	for _, row := range rows {
		drawn := 0
		for _, l := range row.Chart.Layers {
			if l.Class == "receipt" {
				drawn = strings.Count(l.D(), "M")
			}
		}
		if drawn != row.Times {
			t.Errorf("%s: %d receipts are drawn, the verdict has %d", row.ID, drawn, row.Times)
		}
	}
	if got := tiles(r, v)[2]; got.Name != "connections" || got.Value != "16" { // one each 3 s, the 16th at 48.1 s
		t.Errorf("%+v", got)
	}
}
