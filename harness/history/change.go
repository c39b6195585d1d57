package history

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/aclements/go-moremath/stats"
)

// A change over nights is found by the newest nights against those before: a rank test, which supposes
// nothing about how medians are distributed, and an effect that matters.
const (
	// newestNights are compared with the nights before: a change is found on the third night with it.
	newestNights = 3
	// leastNights must be there before them: with fewer even three that are all slower than all others
	// are no news. mostNights are used: what was a season ago is no baseline.
	leastNights, mostNights = 9, 30
	// changeChance is the largest probability of such ranks without a change. Three above nine have
	// 1/220, which is the least that it must allow.
	changeChance = 0.005
	// leastShift and leastShare are by how much each of the newest nights must be beyond the median of
	// those before: both, for two busy nights of three are no change. It must also be by leastSpread times
	// what the nights before differed from each other: the ranks know nothing of how much.
	leastShift  = time.Millisecond
	leastShare  = 0.1
	leastSpread = 4
)

// LeastRuns is how many runs it takes to see a change.
const LeastRuns = newestNights + leastNights

// Change is a phase of the handshake that is not what it was.
type Change struct {
	Phase         string
	Since         int           // the first run with it, an index of Series.Runs
	Found         int           // the run with which it was found
	Before, After time.Duration // medians of the nights' medians
	Nights        int           // before it
	P             float64       // of such ranks without a change, one-sided
}

// Slower reports that it is for the worse.
func (c Change) Slower() bool { return c.After > c.Before }

// String says it in a sentence.
func (c Change) String() string {
	how := "faster"
	if c.Slower() {
		how = "slower"
	}
	return fmt.Sprintf("%s is %s: median %s over the last %d runs, %s over %d before (p = %.2g)",
		c.Phase, how, Round(c.After), newestNights, Round(c.Before), c.Nights, c.P)
}

// Round leaves three digits of a duration.
func Round(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}

// Changes are those of all phases, in the order in which they were found. After each the baseline of
// its phase begins anew, so that one change is told once.
func (s Series) Changes() []Change {
	var out []Change
	for _, phase := range s.Phases() {
		medians, runs := s.Medians(phase)
		from := 0
		for end := newestNights + leastNights; end <= len(medians); end++ {
			split := end - newestNights
			if split-from < leastNights {
				continue
			}
			c, found := changed(medians[max(from, split-mostNights):split], medians[split:end])
			if found {
				c.Phase, c.Since, c.Found = phase, runs[split], runs[end-1]
				out = append(out, c)
				from = split
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int { return a.Found - b.Found })
	return out
}

// changed compares the newest medians with those before, in seconds.
func changed(before, newest []float64) (Change, bool) {
	was, is := median(before), median(newest)
	shift := math.Inf(1)
	for _, v := range newest {
		shift = min(shift, math.Copysign(1, is-was)*(v-was))
	}
	if shift < leastShift.Seconds() || shift < leastShare*was || shift < leastSpread*spread(before, was) {
		return Change{}, false
	}
	side := stats.LocationLess
	if is < was {
		side = stats.LocationGreater
	}
	test, err := stats.MannWhitneyUTest(before, newest, side)
	if err != nil || test.P > changeChance { // all of them equal, or no news
		return Change{}, false
	}
	return Change{Before: seconds(was), After: seconds(is), Nights: len(before), P: test.P}, true
}

// spread is the standard deviation of values around a centre, from the median of their distances to it: a
// night that went wrong does not widen it.
func spread(values []float64, centre float64) float64 {
	const normal = 1.4826 // the ratio of both where values are normally distributed
	away := make([]float64, len(values))
	for i, v := range values {
		away[i] = math.Abs(v - centre)
	}
	return normal * median(away)
}

func median(values []float64) float64 {
	return stats.Sample{Xs: slices.Clone(values)}.Quantile(0.5)
}

func seconds(v float64) time.Duration { return time.Duration(math.Round(v * float64(time.Second))) }
