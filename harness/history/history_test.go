package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

// phaseNames and their ordinary medians are those of a quiet machine.
var ordinary = map[string]time.Duration{
	"dial": 3 * time.Millisecond, "version": 140 * time.Microsecond, "startApi": 400 * time.Microsecond,
	"accounts+ids": 220 * time.Microsecond, "first request": 6400 * time.Microsecond, "handshake": 11600 * time.Microsecond,
}

// nights simulates runs of a trader that does not change, or to which 50 ms are added in one phase from
// a night on. Each night has 40 connections with the long tail that handshakes have, on a machine that
// is up to a third slower than on another night, and twice as slow on one night of twenty.
func nights(seed uint64, n, planted int, phase string) []Entry {
	random := rand.New(rand.NewPCG(seed, 1))
	out := make([]Entry, n)
	for i := range out {
		machine := math.Exp(0.12 * random.NormFloat64())
		if random.IntN(20) == 0 {
			machine *= 2
		}
		e := Entry{
			Schema: Schema, Started: time.Date(2026, 3, 1+i, 3, 17, 0, 0, time.UTC), Scenario: "consecutive-300",
			Subject: "soak trader", TimeScale: 1, Machine: "linux/amd64, 2 CPUs", Seed: uint64(i), Outcome: harness.Pass,
			Phases: map[string]Phase{},
		}
		for _, name := range (&harness.Record{}).PhaseTimes() {
			added := time.Duration(0)
			if name.Phase == phase && i >= planted {
				added = 50 * time.Millisecond
			}
			e.Phases[name.Phase] = Phase{N: 40, P50: night(random, ordinary[name.Phase], machine, added)}
		}
		out[i] = e
	}
	return out
}

// night is the median of one night's 40 connections.
func night(random *rand.Rand, typical time.Duration, machine float64, added time.Duration) fault.Duration {
	took := make([]float64, 40)
	for i := range took {
		took[i] = typical.Seconds()*machine*math.Exp(0.5*random.NormFloat64()) + added.Seconds()
	}
	return fault.Duration(seconds(median(took)))
}

// TestPlantedChangeIsFound plants 50 ms in each phase in the twentieth night, two hundred times each: in
// 99 of 100 series it is found on the third night with it at the latest, and as what it is.
func TestPlantedChangeIsFound(t *testing.T) {
	const planted, seeds = 19, 200
	for phase := range ordinary {
		found := 0
		for seed := range uint64(seeds) {
			s := Group(nights(seed, 30, planted, phase))[0]
			for _, c := range s.Changes() {
				if c.Phase == phase && c.Slower() && c.Found >= planted && c.Found < planted+3 {
					found++
					break
				}
			}
		}
		t.Logf("%s: found within three nights in %d of %d series", phase, found, seeds)
		if found < seeds*99/100 {
			t.Errorf("%s: %d of %d", phase, found, seeds)
		}
	}
}

// TestNoChangeIsQuiet runs thirty nights of the same trader a thousand times: 98 of 100 series have no
// alarm, and 998 of 1000 no more than one.
func TestNoChangeIsQuiet(t *testing.T) {
	const seeds = 1000
	more, any := 0, 0
	for seed := range uint64(seeds) {
		changes := Group(nights(seed, 30, 30, ""))[0].Changes()
		if len(changes) > 1 {
			more++
		}
		if len(changes) > 0 {
			any++
		}
	}
	t.Logf("of %d series of 30 nights without a change, %d had an alarm and %d more than one", seeds, any, more)
	if more > seeds/500 || any > seeds/50 {
		t.Errorf("want %d and %d at most", seeds/50, seeds/500)
	}
}

// TestOneChangeIsToldOnce goes on for thirty nights after a change.
func TestOneChangeIsToldOnce(t *testing.T) {
	changes := Group(nights(1, 60, 30, "dial"))[0].Changes()
	if len(changes) != 1 || changes[0].Phase != "dial" || changes[0].Found > 32 || changes[0].Since < 29 {
		t.Errorf("%v", changes)
	}
	if want := "dial is slower: median 5"; len(changes) == 1 && !strings.HasPrefix(changes[0].String(), want) {
		t.Errorf("%q, want it to begin with %q", changes[0], want)
	}
}

func TestFewNightsSayNothing(t *testing.T) {
	if changes := Group(nights(1, LeastRuns-1, 8, "dial"))[0].Changes(); len(changes) != 0 {
		t.Errorf("%v", changes)
	}
	if changes := Group(nights(1, LeastRuns, 9, "dial"))[0].Changes(); len(changes) != 1 {
		t.Errorf("with %d nights: %v", LeastRuns, changes)
	}
}

// TestOnlyLikeIsCompared puts two machines into one history: that the slow one came later is no change.
func TestOnlyLikeIsCompared(t *testing.T) {
	entries := nights(1, 30, 0, "dial")
	for i := range entries[15:] {
		entries[15+i].Machine = "linux/arm64, 4 CPUs"
	}
	for _, s := range Group(append(nights(2, 15, 15, ""), entries[15:]...)) {
		if changes := s.Changes(); len(changes) > 0 {
			t.Errorf("%s: %v", s.Machine, changes)
		}
	}
	twice := append(nights(1, 5, 5, ""), nights(1, 5, 5, "")...)
	if s := Group(twice); len(s) != 1 || len(s[0].Runs) != 5 {
		t.Errorf("a history that is there twice has %d series", len(s))
	}
}

func TestAppendAndLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs", File)
	if _, _, err := Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "give the file that soak run writes") {
		t.Errorf("a directory: %v", err)
	}
	if _, _, err := Load(path); err == nil || !strings.Contains(err.Error(), "there is no such history") {
		t.Errorf("missing: %v", err)
	}
	want := nights(1, 3, 3, "")
	if err := Append(path, want[0]); err != nil {
		t.Fatal(err)
	}
	half, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(half, half[:len(half)/2]...), 0o644); err != nil { // the disk was full
		t.Fatal(err)
	}
	for _, e := range want[1:] {
		if err := Append(path, e); err != nil {
			t.Fatal(err)
		}
	}
	got, notes, err := Load(path)
	if err != nil || len(got) != 3 || len(notes) != 1 || !strings.Contains(notes[0], "line 2 is left out: damaged") {
		t.Fatalf("%d entries, notes %q, %v", len(got), notes, err)
	}
	for i := range want {
		if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
			t.Errorf("entry %d\ngot  %v\nwant %v", i, got[i], want[i])
		}
	}
}

func TestAnEndlessLineIsLeftOut(t *testing.T) {
	line, err := json.Marshal(nights(1, 1, 1, "")[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"\n" + string(line), "\n" + string(line) + "\n"} {
		text := string(line) + "\n" + strings.Repeat("x", 3*maxLineBytes) + end
		got, notes, err := Read(strings.NewReader(text))
		if err != nil || len(got) != 2 || len(notes) != 1 || !strings.Contains(notes[0], "line 2 is left out: damaged") {
			t.Errorf("%d entries, notes %q, %v", len(got), notes, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"empty":           {"\n\n", ErrEmpty.Error()},
		"another program": {`{"a":1}`, "no line of the history reads; line 1 is left out: it has no schema"},
		"a later schema":  {`{"schema":2,"scenario":"x"}`, "schema 2, this program reads 1"},
		"damaged":         {`{"schema":1,"scen`, "damaged"},
		"nothing in it":   {`{"schema":1}`, "it has no scenario, outcome or time"},
		"a record":        {`{"type":"header","data":{}}`, "it is of another program"},
		"endless":         {strings.Repeat("x", maxLineBytes+1), "line 1 is left out: damaged: longer than 1048576 bytes"},
	} {
		_, _, err := Read(strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	if _, _, err := Read(strings.NewReader("")); !errors.Is(err, ErrEmpty) {
		t.Errorf("%v", err)
	}
}

func TestEntryOf(t *testing.T) {
	v := harness.Judge(run(20, 0, 0))
	e := EntryOf(v, "runs/x")
	if e.Scenario != "ten" || e.Subject != "trader --x" || e.Phases["dial"].N != 20 || e.Checks["completed-handshakes"] != harness.Pass ||
		e.Started.Year() != 2026 || e.Outcome != v.Outcome {
		t.Errorf("%+v", e)
	}
}

func TestSparkline(t *testing.T) {
	for want, values := range map[string][]float64{"": nil, "▁▁": {3, 3}, "▁▄█": {1, 2, 3}} {
		if got := Sparkline(values, 5); got != want {
			t.Errorf("%v: %q, want %q", values, got, want)
		}
	}
	if got := Sparkline([]float64{9, 1, 2}, 2); got != "▁█" {
		t.Errorf("the last two: %q", got)
	}
}
