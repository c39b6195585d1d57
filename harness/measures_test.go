package harness

import (
	"reflect"
	"testing"

	"ibsoak/fakegateway/fault"
)

// TestMeasuresAreTheRecords: what a run is seen to show while it goes on is at the end what its record has.
func TestMeasuresAreTheRecords(t *testing.T) {
	t.Parallel()
	if _, ok := (*Live)(nil).Measures(); ok {
		t.Error("there are measures of no run")
	}
	live := &Live{}
	if _, ok := live.Measures(); ok {
		t.Error("there are measures before the run")
	}
	s := Scenario{
		Gateway: Gateway{Faults: fault.Faults{{ID: "cut", Where: fault.Where{Connection: 2}, When: fault.When{Inbound: "reqHistoricalData"}, What: fault.What{Do: fault.RST}}}},
		Subject: Subject{Mode: Once, Runs: 3}, Checks: checks("first-bytes"),
	}
	r, v := soakedOnce(t, "work", s, Options{Live: live})
	m, ok := live.Measures()
	if !ok || m.Connections != len(r.subjects()) || m.Done != 3 || m.Cycles != len(r.Cycles) {
		t.Errorf("%+v", m.Snapshot)
	}
	if want := r.PhaseTimes(); !reflect.DeepEqual(m.Phases, want) || len(m.Phases[0].Took) != 3 {
		t.Errorf("phases %v\nwant  %v", m.Phases, want)
	}
	for _, n := range v.Sockets {
		if got := len(m.CloseWait[n.Side]); got != n.Passed {
			t.Errorf("%s: %d stays in CLOSE_WAIT, want %d", n.Side, got, n.Passed)
		}
	}
	if v.Sockets[0].Passed == 0 {
		t.Error("no end was in CLOSE_WAIT: nothing was shown")
	}
	if len(m.Faults) != 1 || m.Faults[0] != (FaultCount{"cut", fault.RST, 1}) {
		t.Errorf("faults %+v", m.Faults)
	}
}
