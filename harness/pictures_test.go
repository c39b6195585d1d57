package harness

import "testing"

// TestPicturesEndWhereTheJudgeDoes cuts a run in the middle: what the pictures draw is what the verdict
// beside them counts.
func TestPicturesEndWhereTheJudgeDoes(t *testing.T) {
	r := tenLives()
	cut := r.Lives[4].Started + sec
	r.Footer.Cut, r.Footer.Stop = cut, StopInterrupted
	for i, l := range r.Lives {
		r.Attempts = append(r.Attempts, Attempt{At: l.Started + 10*ms, Client: clientAddr(500 + i)})
		r.Samples = append(r.Samples, Sample{Life: 5, Cycle: 100 + i, At: l.Started, FDs: 7})
	}
	for i, p := range r.PhaseTimes() {
		if want := Judge(r).Timings[i]; len(p.Took) != want.N || want.N != 5 {
			t.Errorf("%s: %d durations are drawn, the verdict has %d, 5 connections came before the cut", p.Phase, len(p.Took), want.N)
		}
	}
	if knocks := r.Knocks(); len(knocks) != 5 || knocks[len(knocks)-1] > cut {
		t.Errorf("connects at %v are drawn, cut at %s", knocks, cut)
	}
	for _, g := range r.Growths() {
		if len(g.Values) != max(5-warmupCycles, 0) {
			t.Errorf("%s: %d values are drawn, 5 came before the cut and %d warm up", g.What, len(g.Values), warmupCycles)
		}
	}
}
