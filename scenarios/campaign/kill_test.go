package campaign_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	killPoints = flag.Int("kill.points", 100, "how many times a trader is killed; see make kill")
	killSeed   = flag.Uint64("kill.seed", 0, "of the points and the faults; 0 draws one")
	killLanes  = flag.Int("kill.lanes", 4, "accounts, each with a Gateway of its own, side by side")
)

// TestKillCampaign kills the trader with SIGKILL at seeded points, starts it again each time, and wants books
// that are equal to the cent and no more held than was wanted.
func TestKillCampaign(t *testing.T) {
	skipWithoutSignals(t)
	seed := cmp.Or(*killSeed, rand.Uint64())
	t.Logf("seed %d: -kill.seed %d -kill.points %d -kill.lanes %d", seed, seed, *killPoints, *killLanes)
	var all []*lane
	for i := range *killLanes {
		l := newLane(t, fmt.Sprintf("lane %d", i+1), seed+uint64(i))
		l.more = []string{"--strategy", "alternate"}
		all = append(all, l)
	}
	began := time.Now()
	lanes(all, *killPoints)
	t.Logf("\n%s", told(all, time.Since(began)))
	for _, l := range all {
		if len(l.findings) > 0 {
			t.Errorf("%s of seed %d, in %s:\n\t%s", l.name, seed, l.dir, few(l.findings))
		}
		if !l.crossed && *killPoints >= 20**killLanes {
			t.Errorf("%s never lay dead over midnight", l.name)
		}
	}
	if n := sum(all, func(l *lane) int { return l.inFlight }); n*10 < *killPoints {
		t.Errorf("an order was in flight at %d of %d kills: too few to show anything", n, *killPoints)
	}
}

func sum(all []*lane, of func(*lane) int) (n int) {
	for _, l := range all {
		n += of(l)
	}
	return n
}

// told is what a campaign has done, in lines.
func told(all []*lane, took time.Duration) string {
	var b strings.Builder
	classes := map[string]int{}
	kills, orders, executions, midnights, connections := 0, 0, 0, 0, 0
	for _, l := range all {
		for class, n := range l.classes {
			classes[class] += n
			kills += n
		}
		truth := l.gw.Books()
		orders += len(truth.Orders)
		executions += len(truth.Executions)
		connections += len(l.gw.Connections())
		if l.crossed {
			midnights++
		}
	}
	fmt.Fprintf(&b, "%d kills in %s, %d of them with an order in flight, %d with a fault besides; %d points had not come in time; %d ended by SIGTERM were judged\n",
		kills, took.Round(time.Second), sum(all, func(l *lane) int { return l.inFlight }),
		sum(all, func(l *lane) int { return l.faults }), sum(all, func(l *lane) int { return l.early }),
		sum(all, func(l *lane) int { return l.stops }))
	fmt.Fprintf(&b, "%d orders, %d executions, %d connections, %d midnights; %d findings\n", orders, executions,
		connections, midnights, sum(all, func(l *lane) int { return len(l.findings) }))
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		fmt.Fprintf(&b, "%5d  %s\n", classes[class], class)
	}
	return b.String()
}
