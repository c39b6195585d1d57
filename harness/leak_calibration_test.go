package harness

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

const mebi = 1 << 20

// shape makes the values of n cycles of a run, from a source of its own.
type shape struct {
	name string
	make func(rng *rand.Rand, n int) []float64
}

// each makes values one by one.
func each(n int, value func(i int) float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = value(i)
	}
	return out
}

// between draws from a range.
func between(rng *rand.Rand, low, high float64) float64 { return low + (high-low)*rng.Float64() }

// waver adds a uniform noise of whole numbers to a count.
func waver(rng *rand.Rand, by int) float64 { return float64(rng.IntN(2*by+1) - by) }

// countShapes are how the descriptors or threads of a sound trader behave.
var countShapes = []shape{
	{"constant", func(_ *rand.Rand, n int) []float64 { return each(n, func(int) float64 { return 12 }) }},
	{"wavers by 2", func(rng *rand.Rand, n int) []float64 {
		return each(n, func(int) float64 { return 12 + waver(rng, 2) })
	}},
	{"one more for a moment", func(rng *rand.Rand, n int) []float64 {
		return each(n, func(int) float64 { return 12 + math.Floor(1.2*rng.Float64()) })
	}},
	{"one file opened late", func(rng *rand.Rand, n int) []float64 {
		at := rng.IntN(n)
		return each(n, func(i int) float64 { return 12 + step(i, at, 1) + math.Floor(1.1*rng.Float64()) })
	}},
	{"ten files opened at once", func(rng *rand.Rand, n int) []float64 {
		at := rng.IntN(n)
		return each(n, func(i int) float64 { return 12 + step(i, at, 10) })
	}},
	{"a pool that grows, then stays", func(rng *rand.Rand, n int) []float64 {
		until, size := between(rng, 0.1, 0.6)*float64(n), between(rng, 4, 40)
		return each(n, func(i int) float64 { return 12 + math.Floor(size*min(float64(i)/until, 1)) })
	}},
	{"such a pool that wavers", func(rng *rand.Rand, n int) []float64 {
		until, size := between(rng, 0.1, 0.6)*float64(n), between(rng, 4, 40)
		return each(n, func(i int) float64 {
			return 12 + math.Floor(size*min(float64(i)/until, 1)) + waver(rng, 2)
		})
	}},
	{"a pool that shrinks when idle", func(rng *rand.Rand, n int) []float64 {
		v, left := 12.0, rng.IntN(8)
		return each(n, func(int) float64 {
			v = min(v+float64(rng.IntN(3)), 24)
			if left--; left < 0 {
				v, left = 12, 3+rng.IntN(5)
			}
			return v
		})
	}},
}

func step(i, at int, by float64) float64 {
	if i < at {
		return 0
	}
	return by
}

// teeth is a sawtooth: garbage that is collected every so many cycles, never quite evenly.
func teeth(rng *rand.Rand, n int, height, period float64) []float64 {
	left, top := period*rng.Float64(), height
	return each(n, func(int) float64 {
		left--
		if left <= 0 {
			left, top = period*between(rng, 0.85, 1.15), height*between(rng, 0.85, 1.15)
		}
		return top * (1 - left/period)
	})
}

// sum adds series up.
func sum(series ...[]float64) []float64 {
	return each(len(series[0]), func(i int) float64 {
		total := 0.0
		for _, s := range series {
			total += s[i]
		}
		return total
	})
}

// pages is the noise that every resident set has.
func pages(rng *rand.Rand, n int) []float64 {
	return each(n, func(int) float64 { return 40*mebi + between(rng, 0, 0.3*mebi) })
}

// heapShapes are how the resident memory of a sound trader behaves.
var heapShapes = []shape{
	{"almost constant", pages},
	{"Go's collector", func(rng *rand.Rand, n int) []float64 {
		return sum(pages(rng, n), teeth(rng, n, between(rng, 0.3, 3)*mebi, between(rng, 3, 9)))
	}},
	{"a large sawtooth", func(rng *rand.Rand, n int) []float64 {
		return sum(pages(rng, n), teeth(rng, n, between(rng, 10, 40)*mebi, between(rng, 8, 40)))
	}},
	{"a cache that fills, then stays", func(rng *rand.Rand, n int) []float64 {
		until, size := between(rng, 0.1, 0.6)*float64(n), between(rng, 5, 100)*mebi
		return sum(pages(rng, n), each(n, func(i int) float64 { return size * min(float64(i)/until, 1) }))
	}},
	{"a heap that settles", func(rng *rand.Rand, n int) []float64 {
		within, size := between(rng, 0.03, 0.2)*float64(n), between(rng, 3, 30)*mebi
		return sum(pages(rng, n), each(n, func(i int) float64 { return size * (1 - math.Exp(-float64(i)/within)) }))
	}},
	{"a heap that settles with teeth", func(rng *rand.Rand, n int) []float64 {
		within, size := between(rng, 0.03, 0.2)*float64(n), between(rng, 3, 30)*mebi
		return sum(pages(rng, n), teeth(rng, n, between(rng, 1, 8)*mebi, between(rng, 3, 15)),
			each(n, func(i int) float64 { return size * (1 - math.Exp(-float64(i)/within)) }))
	}},
	{"a heap that drops once", func(rng *rand.Rand, n int) []float64 {
		at, by := rng.IntN(n), between(rng, 2, 30)*mebi
		return sum(pages(rng, n), each(n, func(i int) float64 { return by - step(i, at, by) }))
	}},
	{"a heap that wanders", func(rng *rand.Rand, n int) []float64 {
		v := 0.0
		return sum(pages(rng, n), each(n, func(int) float64 {
			v = 0.9*v + rng.NormFloat64()*mebi/2
			return v
		}))
	}},
}

// leakShape makes the values of a leak.
type leakShape struct {
	name string
	make func(rng *rand.Rand, n, late int) []float64
}

// leakShapes are leaks of one unit a cycle, net, over n cycles; late is the shortest window.
var leakShapes = []leakShape{
	{"ramp", func(_ *rand.Rand, n, _ int) []float64 { return each(n, func(i int) float64 { return float64(i) }) }},
	{"late", func(_ *rand.Rand, n, late int) []float64 {
		return each(n, func(i int) float64 { return float64(max(0, i-(n-late))) })
	}},
	{"steps", func(rng *rand.Rand, n, late int) []float64 {
		every := max(2, late/4)
		phase := rng.IntN(every)
		return each(n, func(i int) float64 { return float64((i + phase) / every * every) })
	}},
	{"sawtooth", func(rng *rand.Rand, n, _ int) []float64 { // each tooth gives half of itself back
		every := max(4, n/(4+rng.IntN(5)))
		return each(n, func(i int) float64 { return float64(i/every*every) + 2*float64(i%every) })
	}},
	{"frees", func(rng *rand.Rand, n, _ int) []float64 { // half of everything is given back, once
		at := between(rng, 0.2, 0.8) * float64(n)
		gross := float64(n) / (float64(n) - at/2)
		return each(n, func(i int) float64 { return gross * (float64(i) - step(i, int(at), at/2)) })
	}},
}

// sampled is the record of a run in which a resource took these values, one a cycle.
func sampled(values []float64, set func(*Sample, float64)) *Record {
	r := oneLife(len(values))
	for i := range r.Samples {
		set(&r.Samples[i], values[i])
	}
	return r
}

// calibrated is a check with what it is tried on: shapes of sound traders, and those among them
// whose noise leaks are hidden in.
type calibrated struct {
	check  Check
	use    resourceUse
	set    func(*Sample, float64)
	clean  []shape
	noises []int
}

var calibrations = []calibrated{
	{Check{Name: "steady-fds"}, descriptors, func(s *Sample, v float64) { s.FDs = int(v) }, countShapes, []int{0, 1, 2, 3}},
	{Check{Name: "steady-threads"}, threads, func(s *Sample, v float64) { s.Threads = int(v) }, countShapes, []int{0, 1, 2, 3}},
	{Check{Name: "memory"}, resident, func(s *Sample, v float64) { s.RSSBytes = int64(v) }, heapShapes, []int{0, 1, 2, 6, 7}},
}

const (
	cleanRuns = 300
	leakRuns  = 100
	wantLeaks = 95 // of leakRuns, at twice the printed limit
)

// TestLeakCalibration decides by injection what the checks of growth are worth: no sound trader is
// accused, and a leak of twice the limit that the finding prints is caught whatever its shape and
// the noise around it. Where the limit is too wide to mean anything, or the cycles are too few for
// the check, it must not pass. The log has the table.
func TestLeakCalibration(t *testing.T) {
	for _, c := range calibrations {
		for _, cycles := range []int{120, 30} {
			t.Run(fmt.Sprintf("%s in %d cycles", c.check.Name, cycles), func(t *testing.T) {
				for i, s := range c.clean {
					c.spares(t, uint64(i), s, cycles)
				}
				t.Logf("%-26s %-9s %s", "noise", "leak", "caught of 100 at 0.5, 1, 2, 4 times the printed limit")
				for _, i := range c.noises {
					for _, leak := range leakShapes {
						c.catches(t, uint64(i), c.clean[i], leak, cycles)
					}
				}
			})
		}
	}
}

// spares runs the check on sound traders.
func (c calibrated) spares(t *testing.T, stream uint64, s shape, cycles int) {
	alarms, undecided, widest := 0, 0, 0.0
	for seed := range uint64(cleanRuns) {
		values := s.make(rand.New(rand.NewPCG(seed, stream)), cycles)
		widest = max(widest, growthOf(values[warmupCycles:], c.use.slack).Limit)
		switch f := find(sampled(values, c.set), c.check); f.Outcome {
		case Fail:
			alarms++
			t.Errorf("%s, seed %d: %s", s.name, seed, f.Detail)
		case Inconclusive:
			undecided++
		default:
		}
	}
	t.Logf("clean: %-32s %d alarms in %d runs, %d inconclusive, widest limit %s a cycle",
		s.name, alarms, cleanRuns, undecided, c.use.show(widest))
}

// catches injects one shape of leak into one shape of noise, at multiples of the limit that the
// finding prints for that noise.
func (c calibrated) catches(t *testing.T, stream uint64, noise shape, leak leakShape, cycles int) {
	row := fmt.Sprintf("%-26s %-9s", noise.name, leak.name)
	for _, times := range []float64{0.5, 1, 2, 4} {
		caught, silent := 0, 0 // silent: a pass, with a limit that means something
		for seed := range uint64(leakRuns) {
			switch f := find(sampled(c.leaking(seed, stream, noise, leak, cycles, times), c.set), c.check); f.Outcome {
			case Fail:
				caught++
			case Pass:
				silent++
			default:
			}
		}
		row += fmt.Sprintf(" %4d", caught)
		if undecided := leakRuns - caught - silent; undecided > 0 {
			row += fmt.Sprintf(" (+%d inconclusive)", undecided)
		}
		if times >= 2 && silent > leakRuns-wantLeaks {
			t.Errorf("%s in %s at %v times the limit: %d of %d passed", leak.name, noise.name, times, silent, leakRuns)
		}
	}
	t.Log(row)
}

func (c calibrated) leaking(seed, stream uint64, noise shape, leak leakShape, cycles int, times float64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 100+stream))
	values := noise.make(rng, cycles)
	g := growthOf(values[warmupCycles:], c.use.slack)
	for i, v := range leak.make(rng, cycles, g.Late) {
		values[i] += math.Floor(v * g.Limit * times)
	}
	return values
}
