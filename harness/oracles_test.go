package harness

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"ibsoak/fakegateway/fault"
)

// TestRunFindsZombiesAtGateway closes plainly on a Gateway that never closes.
func TestRunFindsZombiesAtGateway(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Gateway: Gateway{Profile: "leaky"}, Subject: Subject{Mode: Once, Runs: 1},
		Checks: checks("no-zombies-at-gateway"),
	}
	r, v := soaked(t, "work", s, Options{})
	wants(t, r, v, Fail, "no-zombies-at-gateway")
	if r.Header.Kernel != "" {
		t.Skipf("one oracle only: %s", r.Header.Kernel)
	}
	if len(r.Looks[0].Gateway) != 1 || r.Looks[0].Settled || len(r.Sightings) != 1 {
		t.Errorf("looks %+v, sightings %+v; want the zombie in both", r.Looks, r.Sightings)
	}
	if f := find(r, Check{Name: "oracles-agree"}); f.Outcome != Pass {
		t.Errorf("oracles: %s", f.Detail)
	}
}

// lingering is a scenario in which the Gateway half-closes and the subject keeps its socket.
func lingering(dwell time.Duration) Scenario {
	return Scenario{
		Gateway: Gateway{Faults: []fault.Fault{{
			ID: "fin", When: fault.When{Inbound: "reqHistoricalData"}, What: fault.What{Do: fault.HalfClose},
		}}},
		Subject: Subject{Mode: Once, Runs: 1, Args: []string{"--dwell", dwell.String()}},
		Checks:  checks("no-zombies-at-trader", "faults-delivered"),
	}
}

// TestOraclesReadDwells plants stays in CLOSE_WAIT of known length at the trader's end: what each
// oracle reads must hold the truth, and neither may call a stay under the bound a zombie.
func TestOraclesReadDwells(t *testing.T) {
	t.Parallel()
	for _, dwell := range []time.Duration{0, 100 * time.Millisecond, 500 * time.Millisecond} {
		t.Run(dwell.String(), func(t *testing.T) {
			t.Parallel()
			r, v := soaked(t, "stay", lingering(dwell), Options{})
			wants(t, r, v, Pass)
			timed, ok := r.subjects()[0].closeWait(TraderSide, r.Footer.Ended)
			if !ok || timed.length() < dwell || timed.length() > dwell+oracleSlack {
				t.Errorf("the Gateway timed %s, want %s", timed.length(), dwell)
			}
			if r.Header.Kernel != "" {
				t.Skipf("one oracle only: %s", r.Header.Kernel)
			}
			if len(r.Sightings) == 0 {
				if dwell > time.Duration(r.Footer.LongestGap) {
					t.Errorf("the kernel showed nothing in readings at most %s apart", r.Footer.LongestGap)
				}
				return
			}
			if least, most := r.Sightings[0].dwell(r.Footer.Ended); most < dwell || least > dwell+oracleSlack {
				t.Errorf("the kernel showed %s to %s, want %s", least, most, dwell)
			}
		})
	}
}

// TestRunFindsZombiesAtTrader keeps a socket for 3 s after the Gateway's FIN.
func TestRunFindsZombiesAtTrader(t *testing.T) {
	t.Parallel()
	r, v := soaked(t, "stay", lingering(3*time.Second), Options{})
	wants(t, r, v, Fail, "no-zombies-at-trader")
	saved, err := os.ReadFile(filepath.Join(r.Dir, ScheduleFile))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := fault.Parse(ScheduleFile, saved); err != nil || !reflect.DeepEqual(again, r.Header.Schedule) {
		t.Errorf("the saved schedule is %+v, %v\nwant %+v", again, err, r.Header.Schedule)
	}
	if f := find(r, Check{Name: "oracles-agree"}); r.Header.Kernel == "" && f.Outcome != Pass {
		t.Errorf("oracles: %s", f.Detail)
	}
}
