package shard

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlanIsDealtInTurn(t *testing.T) {
	p := planOf(t, 3, 5)
	seeds, err := ParseSeeds("1..7")
	if err != nil {
		t.Fatal(err)
	}
	p, err = New(Plan{Shards: 3, Scenarios: p.Scenarios}, seeds)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for shard, want := range map[int]int{1: 3, 2: 2, 3: 2} {
		runs, of := p.Of(shard)
		if len(runs) != want || len(of) != want {
			t.Errorf("shard %d has %d runs, want %d", shard, len(runs), want)
		}
		for _, r := range runs {
			seen[r.ID] = true
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d of 7 runs have a shard", len(seen))
	}
}

// TestRead reads a plan again, and refuses one that anybody has changed.
func TestRead(t *testing.T) {
	p := planOf(t, 3, 5)
	text, err := p.Text()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "plan.json")
	write(t, path, text)
	again, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "plan", again, p)
	for _, c := range []struct{ old, new, says string }{
		{`"version": 1`, `"version": 2`, "version 2; this program reads version 1"},
		{`"shards": 3`, `"shards": 2`, "was changed"},
		{`"want": 5`, `"want": 4`, "was changed"},
		{`"seed": 2`, `"seed": 8`, "was changed"},
		{`"shards"`, `"shard"`, "unknown field"},
		{`{`, ``, "soak plan makes one"},
	} {
		write(t, path, []byte(strings.Replace(string(text), c.old, c.new, 1)))
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want it to say %q", c.new, err, c.says)
		}
	}
}

func TestRefusedPlans(t *testing.T) {
	s := planOf(t, 3, 5).Scenarios[0]
	for says, c := range map[string]struct {
		plan  Plan
		seeds []uint64
	}{
		"2 runs for 3 shards":         {Plan{Shards: 3, Scenarios: []*Scenario{s}}, []uint64{1, 2}},
		"0 shards":                    {Plan{Scenarios: []*Scenario{s}}, []uint64{1}},
		"scenario row is there twice": {Plan{Shards: 1, Scenarios: []*Scenario{s, s}}, []uint64{1}},
		"0 runs for 1 shards":         {Plan{Shards: 1}, []uint64{1}},
	} {
		if _, err := New(c.plan, c.seeds); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want it to say %q", err, says)
		}
	}
}

func TestWhichShard(t *testing.T) {
	p := planOf(t, 3, 5)
	for text, want := range map[string]int{"1/3": 1, "3/3": 3, "0/3": 0, "4/3": 0, "1/6": 0, "1": 0, "a/3": 0, "": 0, "1/3/3": 0} {
		if got, err := p.ParseShard(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("shard %q: %d, %v", text, got, err)
		}
	}
	for text, want := range map[string]int{"0": 1, "2": 3, "3": 0, "-1": 0, "": 0, "1/3": 0} {
		if got, err := p.ParseIndex(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("index %q: %d, %v", text, got, err)
		}
	}
	for text, want := range map[string]int{"7": 1, "1..6": 6, "0..3": 0, "6..1": 0, "1..": 0, "1..200000": 0, "": 0, "1-6": 0} {
		if got, err := ParseSeeds(text); len(got) != want || (err == nil) != (want > 0) {
			t.Errorf("seeds %q: %d, %v", text, len(got), err)
		}
	}
}

// TestFilesAreHeldTo wants a market's prices to be those that were planned with.
func TestFilesAreHeldTo(t *testing.T) {
	prices := filepath.Join(t.TempDir(), "prices.csv")
	write(t, prices, []byte("time,symbol,price\n"))
	c := claim(5)
	c.Gateway.Market = prices
	s, err := NewScenario(c, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CheckFiles(); err != nil {
		t.Error(err)
	}
	write(t, prices, []byte("time,symbol,price\n1,AAPL,2\n"))
	if err := s.CheckFiles(); err == nil || !strings.Contains(err.Error(), "is not the file") {
		t.Errorf("other prices: %v", err)
	}
	if err := os.Remove(prices); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckFiles(); err == nil {
		t.Error("no prices, and no error")
	}
}

// TestBundledTraderIsPortable wants the same digest wherever soak is.
func TestBundledTraderIsPortable(t *testing.T) {
	at := func(path string, bundled bool) string {
		c := claim(5)
		c.Subject.Command = []string{path, "trader"}
		s, err := NewScenario(c, bundled)
		if err != nil {
			t.Fatal(err)
		}
		return s.Digest
	}
	if at("/a/soak", true) != at("/b/soak", true) || at("/a/soak", false) == at("/b/soak", false) {
		t.Error("the path of soak counts where it must not, or that of another trader does not")
	}
}
