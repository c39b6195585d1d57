package harness

import (
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway/fault"
)

// TestSabotageIsNoticed breaks the harness under a subject that does everything right.
func TestSabotageIsNoticed(t *testing.T) {
	t.Parallel()
	fin := []fault.Fault{{
		ID: "end", Where: fault.Where{Connection: 1}, When: fault.When{Inbound: "reqHistoricalData", Nth: 2},
		What: fault.What{Do: fault.FIN},
	}}
	once := Subject{Mode: Once, Runs: 2}
	cycles := Subject{Mode: Continuous, Interval: time.Second, Cycles: 10}
	for sabotage, c := range map[Sabotage]struct {
		subject Subject
		faults  []fault.Fault
		check   string
		want    Outcome
		says    string
	}{
		LoseEvents:        {cycles, nil, "cycles", Inconclusive, "events of the Gateway: cycles"},
		SettleSkipped:     {once, nil, "no-zombies-at-trader", Inconclusive, "nobody looked"},
		ThresholdInverted: {once, nil, "no-zombies-at-gateway", HarnessError, "made-up socket"},
		FINSentAsRST:      {cycles, fin, "faults-delivered", HarnessError, "went out as rst, fin was planned"},
	} {
		t.Run(string(sabotage), func(t *testing.T) {
			t.Parallel()
			s := Scenario{
				Subject: c.subject, Gateway: Gateway{Faults: c.faults}, Checks: checks(c.check, "first-bytes"),
			}
			r, v := soaked(t, "work", s, Options{TimeScale: 10, Sabotage: sabotage})
			if v.Outcome != c.want || !strings.Contains(v.Sentence, c.says) {
				t.Errorf("%s: %s\nwant %s, and something about %q", v.Outcome, v.Sentence, c.want, c.says)
			}
			if r.Header.Sabotage != sabotage || !strings.Contains(v.Sentence, string(sabotage)) {
				t.Errorf("header says %q, sentence %q: a run like any other", r.Header.Sabotage, v.Sentence)
			}
		})
	}
}

func TestSabotageIsOneThatIsKnown(t *testing.T) {
	for _, s := range append([]Sabotage{""}, Sabotages...) {
		if err := s.validate(); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	if err := Sabotage("sampler-sleeps").validate(); err == nil || !strings.Contains(err.Error(), "sampler-looks-twice") {
		t.Errorf("an unknown sabotage: %v", err)
	}
}
