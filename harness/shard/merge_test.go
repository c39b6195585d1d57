package shard

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

const (
	ms  = harness.Moment(time.Millisecond)
	sec = harness.Moment(time.Second)
)

var gateway = netip.MustParseAddrPort("127.0.0.1:40021")

// claim is a scenario of n lives whose checks count them.
func claim(n int) harness.Scenario {
	s := harness.Scenario{
		Name: "row", Summary: "A row of lives.", Subject: harness.Subject{Mode: harness.Once, Runs: n},
		Checks: []harness.Check{
			{Name: "completed-handshakes", Want: n},
			{Name: "exit-codes", Exits: []int{0}},
			{Name: "first-bytes"},
			{Name: "no-zombies-at-gateway"},
			{Name: "complete-preambles"},
			{Name: "oracles-agree"},
			{Name: "books-add-up"},
		},
	}
	s.Subject.Command = []string{"trader", "{port}"}
	return s
}

// record is what was seen of the lives first to last of a row, on a clock that begins with the first. Each
// has durations of its own, so that percentiles can be told from one another.
func record(first, last int) *harness.Record {
	r := &harness.Record{Header: harness.Header{
		Version: harness.RecordVersion, TimeScale: 1, Gateway: gateway, Command: []string{"trader", "{port}"},
		Scenario: claim(last - first + 1), Started: time.Date(2026, 3, 2, 15, 30, 0, 0, time.UTC),
	}}
	for life := first; life <= last; life++ {
		n := life - first + 1
		at := harness.Moment(n) * 10 * sec
		r.Lives = append(r.Lives, harness.Life{Number: n, PID: 100 + n, Started: at, Exited: at + 5*sec, EndedBy: harness.EndedItself})
		random := rand.New(rand.NewPCG(7, uint64(life)))
		step := func() harness.Moment { at += ms + harness.Moment(random.Int64N(int64(200*ms))); return at }
		r.Connections = append(r.Connections, harness.Connection{
			ID: n, Life: n, Local: gateway, Remote: netip.AddrPortFrom(gateway.Addr(), uint16(50000+n)), ClientID: new(1),
			FirstBytes: []byte("API\x00\x00\x00\x00\x09v100..225"), Preamble: true, ServerVersion: 225,
			Accepted: step(), FirstByte: step(), PreambleRead: step(), VersionSent: step(), StartAPIRead: step(),
			BootstrapSent: step(), FirstRequested: step(), ClientFIN: step(), GatewayFIN: at + ms, Closed: at + ms, ClosedFirst: "client",
		})
		r.Looks = append(r.Looks, harness.Look{Life: n, At: harness.Moment(n)*10*sec + 6*sec, Settled: true})
		r.Tables = append(r.Tables, harness.Table{At: at, Gateway: map[string]int{"CLOSE_WAIT": 1 + life%3, "LISTEN": 1}})
	}
	r.Footer = harness.Footer{
		Ended: harness.Moment(last-first+2) * 10 * sec, Stop: harness.StopDone, Looks: 6000, LongestGap: fault.Duration(20 * time.Millisecond),
	}
	money := decimal.MustParse("100")
	r.Books = harness.Books{Taken: true, Cash: []harness.Cash{{Account: "DU9000001", Opening: money, Balance: money}}}
	return r
}

// planOf is a plan of as many runs as shards, of n lives each.
func planOf(t testing.TB, shards, n int) Plan {
	t.Helper()
	s, err := NewScenario(claim(n), false)
	if err != nil {
		t.Fatal(err)
	}
	seeds, err := ParseSeeds(fmt.Sprintf("1..%d", shards))
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(Plan{Program: "test", Shards: shards, TimeScale: 1, Scenarios: []*Scenario{s}}, seeds)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// parts are the records of a plan's runs.
func parts(p Plan, n int) []*harness.Record {
	var all []*harness.Record
	for i, run := range p.Runs {
		r := record(i*n+1, (i+1)*n)
		r.Header.Seed, r.Header.Part = run.Seed, p.Part(run, "soak one")
		all = append(all, r)
	}
	return all
}

func merged(t *testing.T, p Plan, records []*harness.Record) Merged {
	t.Helper()
	m, err := Merge(Found{Plan: p, Results: results(t, records)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func results(t *testing.T, records []*harness.Record) []Result {
	t.Helper()
	var all []Result
	for _, r := range records {
		one, err := ResultOf(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// TestSixShardsEqualOneRun compares every count of 300 lives in six shards with those of one run.
func TestSixShardsEqualOneRun(t *testing.T) {
	for name, damage := range map[string]func(r *harness.Record, life, at int){
		"all pass":      func(*harness.Record, int, int) {},
		"an exit of 12": func(r *harness.Record, life, at int) { damageAt(life, 77, func() { r.Lives[at].ExitCode = 12 }) },
		"three zombies": func(r *harness.Record, life, at int) {
			for _, bad := range []int{10, 120, 121} {
				damageAt(life, bad, func() {
					c := &r.Connections[at]
					c.GatewayFIN, c.Closed = 0, 0
					r.Sightings = append(r.Sightings, harness.Sighting{
						Side: harness.GatewaySide, Gateway: c.Local, Client: c.Remote,
						Before: c.ClientFIN - ms, First: c.ClientFIN + ms, Last: r.Footer.Ended,
					})
				})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := planOf(t, 6, 50)
			whole, some := record(1, 300), parts(p, 50)
			for life := 1; life <= 300; life++ {
				damage(whole, life, life-1)
				damage(some[(life-1)/50], life, (life-1)%50)
			}
			m, v := merged(t, p, some), harness.Judge(whole)
			if (v.Outcome == harness.Pass) != (name == "all pass") {
				t.Errorf("the one run is a %s: %s", v.Outcome, v.Sentence)
			}
			got := m.Scenarios[0]
			equal(t, "outcome", m.Outcome, v.Outcome)
			equal(t, "exit code", m.ExitCode(), v.ExitCode())
			equal(t, "lives", got.Lives, Lives{Lives: len(v.Lives), LivesPlanned: 300, Passed: v.Passed, Bound: v.Bound})
			equal(t, "lives of all scenarios", m.Lives, got.Lives)
			equal(t, "phases", got.Timings, v.Timings)
			for i := range v.Sockets { // a zombie stays to the end of its run, and those of 50 lives end earlier
				if v.Sockets[i].Zombies > 0 {
					v.Sockets[i].Longest, v.Sockets[i].SeenLongest = got.Sockets[i].Longest, got.Sockets[i].SeenLongest
				}
			}
			equal(t, "sockets", got.Sockets, v.Sockets)
			equal(t, "checks", len(got.Findings), len(v.Findings))
			for i, f := range v.Findings {
				equal(t, f.Check+": outcome", got.Findings[i].Outcome, f.Outcome)
				equal(t, f.Check+": lives", got.Findings[i].Lives, len(f.Lives))
				if f.Unit != "accounts" {
					equal(t, f.Check+": evidence", got.Findings[i].Evidence, f.Evidence)
				}
			}
		})
	}
}

func damageAt(life, bad int, do func()) {
	if life == bad {
		do()
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

func TestOrderChangesNothing(t *testing.T) {
	p := planOf(t, 6, 5)
	all := results(t, parts(p, 5))
	text := func() string {
		m, err := Merge(Found{Plan: p, Results: all})
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	want := text()
	for range 20 {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if got := text(); got != want {
			t.Fatalf("%s\nwant %s", got, want)
		}
	}
}

// TestMissing wants what is missing to be named, to be no pass, and to prove nothing about rates.
func TestMissing(t *testing.T) {
	p := planOf(t, 3, 5)
	for name, c := range map[string]struct {
		change func(all []*harness.Record) []*harness.Record
		want   harness.Outcome
		says   string
	}{
		"nothing":    {func(all []*harness.Record) []*harness.Record { return all }, harness.Pass, "15/15 lives passed in 3 of 3 runs; failure rate <= 18 %"},
		"a shard":    {func(all []*harness.Record) []*harness.Record { return all[:2] }, harness.Inconclusive, "shard 3/3 is missing"},
		"all shards": {func([]*harness.Record) []*harness.Record { return nil }, harness.Inconclusive, "shard 1/3 is missing, with 1 runs; shard 2/3"},
		"a life": {func(all []*harness.Record) []*harness.Record {
			all[1].Lives = all[1].Lives[:4]
			return all
		}, harness.Fail, "row-2, shard 2: fail: completed-handshakes: 4 completed, 5 wanted; 14/15 lives"},
		"a shard beside a failure": {func(all []*harness.Record) []*harness.Record {
			all[0].Lives[2].ExitCode = 12
			return all[:2]
		}, harness.Fail, "exit 12"},
		"the harness's own fault beside a failure": {func(all []*harness.Record) []*harness.Record {
			all[0].Lives[2].ExitCode = 12
			all[2].Footer.Errors = []string{"boom"}
			return all
		}, harness.HarnessError, "row-3, shard 3: harness-error: boom"},
		"a run that was cut short": {func(all []*harness.Record) []*harness.Record {
			all[2].Footer.Cut, all[2].Footer.Stop = all[2].Footer.Ended-sec, harness.StopInterrupted
			return all
		}, harness.Inconclusive, "row-3, shard 3: inconclusive"},
	} {
		t.Run(name, func(t *testing.T) {
			m := merged(t, p, c.change(parts(p, 5)))
			if m.Outcome != c.want || !strings.Contains(m.Sentence, c.says) {
				t.Errorf("%s: %s\nwant %s: %s", m.Outcome, m.Sentence, c.want, c.says)
			}
			if (m.Bound < 1) != (m.Passed == 15) || c.want != harness.Pass && strings.Contains(m.Sentence, "failure rate") {
				t.Errorf("bound %v with %d lives passed: %s", m.Bound, m.Passed, m.Sentence)
			}
		})
	}
}

// TestUncountedLives wants lives that were planned and did not come to leave a plan open whose checks do not
// count them.
func TestUncountedLives(t *testing.T) {
	p := planOf(t, 2, 5)
	p.Scenarios[0].Scenario.Checks = []harness.Check{{Name: "first-bytes"}}
	p, err := New(Plan{Shards: 2, Scenarios: []*Scenario{replanned(t, p)}}, []uint64{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	for lives, want := range map[int]harness.Outcome{5: harness.Pass, 4: harness.Inconclusive} {
		all := parts(p, 5)
		for _, r := range all {
			r.Header.Scenario.Checks = p.Scenarios[0].Scenario.Checks
		}
		all[1].Lives = all[1].Lives[:lives]
		m := merged(t, p, all)
		if m.Outcome != want || (m.Bound < 1) != (lives == 5) {
			t.Errorf("%d lives: %s, bound %v: %s", lives, m.Outcome, m.Bound, m.Sentence)
		}
	}
}

func replanned(t *testing.T, p Plan) *Scenario {
	t.Helper()
	s, err := NewScenario(p.Scenarios[0].Scenario, false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRefused wants records that do not belong together to be refused.
func TestRefused(t *testing.T) {
	p := planOf(t, 3, 5)
	for says, change := range map[string]func(all []*harness.Record) []*harness.Record{
		"is there twice": func(all []*harness.Record) []*harness.Record { return append(all, all[1]) },
		"of another plan": func(all []*harness.Record) []*harness.Record {
			all[1].Header.Part.Plan = "0123456789abcdef"
			return all
		},
		"is not in the plan":      func(all []*harness.Record) []*harness.Record { all[1].Header.Part.Run = "row-9"; return all },
		"its shard is 3":          func(all []*harness.Record) []*harness.Record { all[1].Header.Part.Shard = 3; return all },
		"its seed is 9":           func(all []*harness.Record) []*harness.Record { all[1].Header.Seed = 9; return all },
		"its time scale is 60":    func(all []*harness.Record) []*harness.Record { all[1].Header.TimeScale = 60; return all },
		"digest of the scenario":  func(all []*harness.Record) []*harness.Record { all[1].Header.Scenario.Checks[0].Want = 4; return all },
		"its sabotage is blind":   func(all []*harness.Record) []*harness.Record { all[1].Header.Sabotage = "blind"; return all },
		"its keeper is true":      func(all []*harness.Record) []*harness.Record { all[1].Header.Keeper = &harness.KeeperLeg{}; return all },
		"by several soaks, soak ": func(all []*harness.Record) []*harness.Record { all[1].Header.Part.Program = "soak two"; return all },
	} {
		if _, err := Merge(Found{Plan: p, Results: results(t, change(parts(p, 5)))}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want it to say %q", err, says)
		}
	}
	alone := parts(p, 5)[0]
	alone.Header.Part = nil
	if _, err := ResultOf(alone); err == nil {
		t.Error("a record without a plan was taken")
	}
}

// TestCollect reads what shards have left in directories: whole, damaged, twice, of two plans, of another
// version.
func TestCollect(t *testing.T) {
	p := planOf(t, 3, 5)
	out := t.TempDir()
	for i, r := range parts(p, 5) {
		if err := p.Begin(out, p.Runs[i].Shard); err != nil {
			t.Fatal(err)
		}
		save(t, r, p.Dir(out, p.Runs[i]))
	}
	if err := p.Begin(out, 2); err == nil {
		t.Error("a shard was begun twice")
	}
	// What a trader leaves in its directory is no record, whatever it is called.
	save(t, parts(p, 5)[0], filepath.Join(p.Dir(out, p.Runs[0]), "state"))
	pass := collected(t, out)
	equal(t, "outcome", pass.Outcome, harness.Pass)

	path := filepath.Join(p.Dir(out, p.Runs[1]), harness.RecordFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string][]byte{
		"half":   text[:len(text)/2],
		"empty":  {},
		"edited": []byte(strings.Replace(string(text), `"exitCode":0`, `"exitCode":1`, 1)),
	}
	for name, content := range damaged {
		write(t, path, content)
		m := collected(t, out)
		if m.Outcome != harness.Inconclusive || !slices.Contains(m.Missing, "shard 2/3 is missing, with 1 runs") ||
			!slices.Contains(m.Missing, "the record cannot be read of row-2") {
			t.Errorf("%s: %s: %s", name, m.Outcome, m.Sentence)
		}
		// Nor does a whole one that was made afterwards take its place.
		again := t.TempDir()
		save(t, parts(p, 5)[1], filepath.Join(again, "row-2"))
		if m := collected(t, out, again); m.Outcome != harness.Inconclusive || m.Bound != 1 || m.Runs != 3 {
			t.Errorf("%s, and made again: %s: %s", name, m.Outcome, m.Sentence)
		}
	}
	write(t, path, []byte(strings.Replace(string(text), `"version":2`, `"version":1`, 1)))
	if _, err := Collect([]string{out}); err == nil || !strings.Contains(err.Error(), "version 1") {
		t.Errorf("another version: %v", err)
	}
	write(t, path, text)
	other := t.TempDir()
	if err := planOf(t, 3, 4).Begin(other, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := Collect([]string{other, out}); err == nil || !strings.Contains(err.Error(), "another plan") {
		t.Errorf("two plans: %v", err)
	}
	for _, wrong := range []string{t.TempDir(), filepath.Join(out, "none")} {
		if _, err := Collect([]string{wrong}); err == nil {
			t.Errorf("%s was merged", wrong)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(out, link); err != nil {
		t.Fatal(err)
	}
	equal(t, "by a link", collected(t, link), pass)
	// An empty directory beside the others is told of.
	f, err := Collect([]string{out, t.TempDir()})
	if err != nil || len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "no record") {
		t.Errorf("%v %v", f.Notes, err)
	}
}

func collected(t *testing.T, dirs ...string) Merged {
	t.Helper()
	f, err := Collect(dirs)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Merge(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func save(t *testing.T, r *harness.Record, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := r.Save(dir); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkMerge merges the results of 1,000 runs of 50 lives.
func BenchmarkMerge(b *testing.B) {
	const runs, lives = 1000, 50
	p := planOf(b, runs, lives)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var all []Result
	for _, run := range p.Runs {
		r := record(1, lives)
		r.Header.Seed, r.Header.Part = run.Seed, p.Part(run, "soak one")
		one, err := ResultOf(r)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, one)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	for b.Loop() {
		if _, err := Merge(Found{Plan: p, Results: all}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/runs/lives, "B-held/life")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/runs/lives, "ns/life")
}
