package harness

import (
	"math"
	"slices"
)

// A leak is judged over three windows, which all end at the last cycle: what has stopped growing
// is no leak, and one that began late is hidden in the mean of a whole run.
const (
	// leakLateShare is the part of the cycles in the shortest window, leakLateCycles the least of
	// it: the printed limit is for a leak that lasted this window or longer.
	leakLateShare  = 3
	leakLateCycles = 15

	// leakParts is in how many parts a window is cut to see whether its growth is a habit: one jump
	// raises the least value between two parts only.
	leakParts = 3
	// settlingShare is the part of the first step between parts that the second must reach, else
	// the growth is slowing down. gatheringShare is the same the other way round: less is a jump.
	settlingShare  = 0.6
	gatheringShare = 0.25
	// persistShare is the part of a window's mean growth that the end of the run must still show.
	persistShare = 0.5

	// leakLimitMargin is how much wider the printed limit is than what a straight leak takes: one
	// that gives half of itself back now and then hides behind its own falls. The calibration test
	// holds it: at twice the printed limit 95 of 100 leaks of every shape are caught.
	leakLimitMargin = 2

	// A fall is a large one when it is twice as large as nine of ten moves and an eighth of all
	// that the values span.
	largeFallMoves = 2
	largeFallSpan  = 1.0 / 8
)

// growth is what values that were taken once a cycle say about a leak.
type growth struct {
	// Leaks is set when the values rose by more than Needed over the last Cycles, and were still
	// rising at the end. Without a leak the three speak of the window that left it Unsure, else of the shortest.
	Leaks bool
	// Unsure is set when the values rose by more than Needed over the last Cycles and were still rising at the
	// end, but in no even way: a leak in steps or one whose samples came late, or growth that is about to stop. A
	// heap settles for long, so of a quantity only the shortest window is asked.
	Unsure       bool
	Cycles       int
	Rise, Needed float64
	// Fall is the largest fall in all of the cycles. So much is known to be given back at times,
	// so a rise by as much is no leak yet: it is this run's own noise.
	Fall float64
	// Limit is the leak a cycle, net of what it gives back, that may be hidden in the shortest
	// window, which is Late cycles.
	Limit float64
	Late  int
	// Start and End are the values at both ends, less what is held for a moment.
	Start, End float64
}

// slack is what values may rise by without a leak.
type slack struct {
	once, perCycle float64
	unit           float64 // the least step of a count; 0: a quantity
	moments        bool    // what is held at one cycle only is left out of the falls
}

func (s slack) over(cycles int) float64 { return s.once + s.perCycle*float64(cycles) }

// growthOf looks for a leak. It needs leakLateCycles values. There is no model of the noise in
// it: a sawtooth of any shape, a heap that is collected now and then and a count that wavers rise
// by what they have been seen to fall by, and no more.
func growthOf(values []float64, s slack) growth {
	g := growth{Fall: largestFall(values)}
	if s.moments {
		g.Fall = largestFall(withoutMoments(values))
	}
	g.Start, g.End = levels(values)
	late := max(len(values)/leakLateShare, leakLateCycles)
	g.Late = late
	moves := sortedMoves(values)
	smooth := withoutLoneFall(values, largeFallMoves*moves[len(moves)*9/10])
	g.Limit = leakLimitMargin * (g.Fall + s.over(span(late))) / float64(span(late))
	for _, cycles := range []int{late, max(late, len(values)/2), len(values)} {
		from := len(values) - cycles
		start, end := levels(values[from:])
		rise, needed := end-start, g.Fall+s.over(span(cycles))
		rises := rise > needed && persists(smooth[len(values)-late:], rise/float64(cycles), moves[len(moves)*6/10])
		found := rises && isHabit(smooth[from:], s.unit)
		unsure := rises && !found && (cycles == late || s.unit > 0) && inBothSteps(smooth[from:])
		if found || unsure && !g.Unsure || g.Cycles == 0 {
			g.Leaks, g.Cycles, g.Rise, g.Needed = found, cycles, rise, needed
		}
		g.Unsure = g.Unsure || unsure
		if found {
			break
		}
	}
	if rise := g.End - g.Start; !g.Leaks && !g.Unsure && s.unit > 0 &&
		rise > g.Limit*float64(span(len(values))) && inSteps(smooth) {
		g.Unsure, g.Cycles, g.Rise = true, len(values), rise
	}
	return g
}

// span is the number of cycles between the two levels of a window.
func span(cycles int) int { return cycles - levelCycles(cycles) }

// levelCycles is of how many values at an end of a window the least is its level there.
func levelCycles(cycles int) int { return max(2, cycles/12) }

// levels are the values at both ends of a window, less what is held for a moment.
func levels(window []float64) (start, end float64) {
	n := levelCycles(len(window))
	return slices.Min(window[:n]), slices.Min(window[len(window)-n:])
}

// largestFall is the largest difference between a value and a later, lower one.
func largestFall(values []float64) float64 {
	top, fall := values[0], 0.0
	for _, v := range values {
		top = max(top, v)
		fall = max(fall, top-v)
	}
	return fall
}

// withoutMoments replaces each value by the lesser of it and the one before: what was open at one
// cycle only, is as if the sample had been taken a moment later.
func withoutMoments(values []float64) []float64 {
	out := slices.Clone(values)
	for i := 1; i < len(values); i++ {
		out[i] = min(values[i-1], values[i])
	}
	out[0] = out[1]
	return out
}

// parts are the least values of the equal parts of a window.
func parts(values []float64) (out [leakParts]float64) {
	for i := range out {
		out[i] = slices.Min(values[i*len(values)/leakParts : (i+1)*len(values)/leakParts])
	}
	return out
}

// isHabit tells growth that goes on from a single jump and from growth that is slowing down. A
// step of one unit that fell on one side of a cut decides nothing.
func isHabit(window []float64, unit float64) bool {
	p := parts(window)
	first, second := p[1]-p[0], p[2]-p[1]
	return first > 0 && first >= gatheringShare*second && second >= settlingShare*first-unit
}

// inBothSteps tells growth over a window from a single jump in it.
func inBothSteps(window []float64) bool {
	p := parts(window)
	return p[0] < p[1] && p[1] < p[2]
}

// inSteps tells a staircase from growth that has ended: the values rise for good at leakSteps cycles or more, and the
// next of such cycles is not overdue. Its last step may lie before all that persists looks at.
func inSteps(values []float64) bool {
	const leakSteps = 3
	floors := slices.Clone(values)
	for i := len(floors) - 2; i >= 0; i-- {
		floors[i] = min(floors[i], floors[i+1])
	}
	steps, last, longest := 0, 0, 0
	for i := 1; i < len(floors); i++ {
		if floors[i] > floors[i-1] {
			if steps > 0 {
				longest = max(longest, i-last)
			}
			steps, last = steps+1, i
		}
	}
	return steps >= leakSteps && len(floors)-last <= longest
}

// persists reports that the values still rise in the last part of the shortest window: by more than
// half of their moves from one cycle to the next, and at a fair part of the pace a cycle that they
// had over a longer window.
func persists(late []float64, pace, move float64) bool {
	p := parts(late)
	last := p[2] - p[1]
	return last > move && last >= persistShare*pace*float64(len(late))/leakParts
}

// sortedMoves are the differences between each value and the next, without their sign.
func sortedMoves(values []float64) []float64 {
	moves := make([]float64, 0, len(values))
	for i := 1; i < len(values); i++ {
		moves = append(moves, math.Abs(values[i]-values[i-1]))
	}
	slices.Sort(moves)
	return moves
}

// withoutLoneFall adds a large fall back to all that follows it, when there is one and no other:
// one large piece that is given back does not clear a habit of growing before it and after it.
// Where there are more, the values after each of them show what is never given back.
func withoutLoneFall(values []float64, ordinary float64) []float64 {
	large := max(ordinary, largeFallSpan*(slices.Max(values)-slices.Min(values)))
	at, falls := 0, 0
	for i := 1; i < len(values); i++ {
		if values[i-1]-values[i] > large {
			at, falls = i, falls+1
		}
	}
	if falls != 1 {
		return values
	}
	out := slices.Clone(values)
	for i := at; i < len(out); i++ {
		out[i] += values[at-1] - values[at]
	}
	return out
}
