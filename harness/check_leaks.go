package harness

import (
	"fmt"
	"slices"
	"time"
)

// leakDetectors are the checks of what grows.
var leakDetectors = []Detector{
	{
		Name: "steady-fds", Group: GroupLeaks, judge: steadyFDs,
		Doc:   "Open descriptors, taken at the same point of each cycle, keep rising.",
		Least: "16 cycles after 2 of warm-up",
		Do: "Find what is opened once a cycle and not closed: compare /proc/PID/fd after one " +
			"cycle and after twenty.",
		Page: "your-trader.md#leaks",
	},
	{
		Name: "steady-threads", Group: GroupLeaks, judge: steadyThreads,
		Doc:   "Threads, taken at the same point of each cycle, keep rising.",
		Least: "16 cycles after 2 of warm-up",
		Do: "Find what is started once a cycle and not joined: name your threads, or dump them " +
			"after one cycle and after twenty.",
		Page: "your-trader.md#leaks",
	},
	{
		Name: "memory", Group: GroupLeaks, judge: memory,
		Doc: "Resident memory rises by more than 16 KiB a cycle at 95 % in the second half of the " +
			"cycles. With fewer cycles than it needs it is informational, unless the scenario " +
			"sets Evidence.",
		Least: "100 cycles after 2 of warm-up",
		Do: "Take heap profiles some cycles apart and compare them; bound every cache, list of " +
			"requests and log buffer.",
		Page: "your-trader.md#leaks",
	},
}

const (
	// warmupCycles are left out of every statement about growth: the first cycles open files,
	// start threads and fill caches once.
	warmupCycles = 2

	// steadyCycles is how many cycles it takes to call a count steady, steadyBlocks in how many
	// blocks they are cut. The least value of a block is free of what is open for a moment.
	steadyCycles = 16
	steadyBlocks = 4

	// threadSlack is how far a runtime's thread count may drift by itself: Go and Java start a
	// thread when others are blocked and keep it.
	threadSlack = 4

	// memoryCycles is how many cycles it takes to judge memory, memoryBlocks in how many blocks
	// they are cut, leakFloorBytes the growth per cycle below which nothing is called a leak: a
	// heap that is still settling after sixty cycles was seen to grow by 43 KiB a cycle in a
	// build for the race detector, and by 5 in an ordinary one.
	memoryCycles   = 100
	memoryBlocks   = 10
	leakFloorBytes = 64 << 10
)

func steadyFDs(r *Record, c Check) Finding {
	return steady(r, c, "descriptors", 0, func(s Sample) int { return s.FDs })
}

func steadyThreads(r *Record, c Check) Finding {
	return steady(r, c, "threads", threadSlack, func(s Sample) int { return s.Threads })
}

// steady needs no statistics: a count taken at the same point of every cycle either stays or
// does not. It fails when the least values of four successive blocks never fall, rise in at
// least two of the three steps, and end more than slack (or Want) above the first: one rise is a
// file opened late, two are a habit.
func steady(r *Record, c Check, what string, slack int, value func(Sample) int) Finding {
	f := open(c, "cycles", steadyCycles)
	if c.Want > 0 {
		slack = c.Want
	}
	samples := r.cycleSamples()
	f.Evidence = len(samples)
	if len(samples) < steadyBlocks {
		return f.conclude("too few cycles for a statement about %s", what)
	}
	minima, ends := blockMinima(samples, steadyBlocks, value)
	rises, falls := 0, 0
	for i := 1; i < len(minima); i++ {
		switch {
		case minima[i] > minima[i-1]:
			rises++
		case minima[i] < minima[i-1]:
			falls++
		}
	}
	growth := minima[len(minima)-1] - minima[0]
	if f.Evidence >= f.Least && falls == 0 && rises >= 2 && growth > slack {
		f.violated(Example{
			Life: ends[steadyBlocks-1].Life, At: ends[steadyBlocks-1].At,
			What: fmt.Sprintf("%s rose by %d in %d cycles: least values by quarter %v",
				what, growth, len(samples), minima),
		})
	}
	return f.conclude("least number of %s by quarter of %d cycles: %v; one lost every %d cycles would show",
		what, len(samples), minima, max(1, len(samples)/steadyBlocks/(slack+1)))
}

// cycleSamples are the samples taken when a cycle was answered, warm-up left out, of the last
// life: another life is another process, with descriptors of its own.
func (r *Record) cycleSamples() []Sample {
	if len(r.Lives) == 0 {
		return nil
	}
	life := r.Lives[len(r.Lives)-1].Number
	var out []Sample
	for _, s := range r.Samples {
		if s.Life == life && s.Cycle > 0 {
			out = append(out, s)
		}
	}
	return out[min(warmupCycles, len(out)):]
}

// blockMinima cuts the samples into n blocks and gives each block's least value, and its last
// sample. There are at least n samples.
func blockMinima(samples []Sample, n int, value func(Sample) int) (minima []int, ends []Sample) {
	for i := range n {
		block := samples[i*len(samples)/n : (i+1)*len(samples)/n]
		least := value(block[0])
		for _, s := range block[1:] {
			least = min(least, value(s))
		}
		minima = append(minima, least)
		ends = append(ends, block[len(block)-1])
	}
	return minima, ends
}

// memory fits a line through the block minima of resident memory over the second half of the
// cycles: heaps and caches grow at first and then stop, and a saturating curve must not pass for
// a leak. It fails only when growth exceeds leakFloorBytes a cycle with 95 % confidence, and
// always says what it could not have seen.
//
// Too few cycles say nothing about memory. A scenario that lists the check among others is not
// held up by that: the finding is then informational. One that is about memory sets Evidence.
func memory(r *Record, c Check) Finding {
	f := open(c, "cycles", memoryCycles)
	all := r.cycleSamples()
	samples := all[len(all)/2:]
	f.Evidence = len(all)
	f.Informational = c.Evidence == 0 && f.Evidence < f.Least
	if slices.ContainsFunc(samples, func(s Sample) bool { return s.RSSBytes <= 0 }) {
		f.Informational = false
		return f.undecided("resident memory of the subject could not be read")
	}
	if len(samples) < memoryBlocks {
		return f.conclude("too few cycles for a statement about memory")
	}
	minima, ends := blockMinima(samples, memoryBlocks, func(s Sample) int { return int(s.RSSBytes) })
	x, y := make([]float64, len(minima)), make([]float64, len(minima))
	for i := range minima {
		x[i], y[i] = float64(ends[i].Cycle), float64(minima[i])
	}
	slope, low, high := theilSen(x, y)
	last := samples[len(samples)-1]
	hourly := cyclesPerHour(samples[0], last)
	if f.Evidence >= f.Least && low > leakFloorBytes {
		f.violated(Example{
			Life: last.Life, At: last.At,
			What: fmt.Sprintf("grows by %s a cycle (95 %%: %s to %s), %s an hour at this pace",
				kib(slope), kib(low), kib(high), mib(slope*hourly)),
		})
	}
	limit := leakFloorBytes + high - low
	return f.conclude("slope %s a cycle (95 %%: %s to %s); a leak below %s a cycle (%s an hour at "+
		"this pace) might not show",
		kib(slope), kib(low), kib(high), kib(limit), mib(limit*hourly))
}

// cyclesPerHour is the pace between two samples.
func cyclesPerHour(first, last Sample) float64 {
	took := last.At.Since(first.At)
	if took <= 0 {
		return 0
	}
	return float64(last.Cycle-first.Cycle) * float64(time.Hour) / float64(took)
}

func kib(bytes float64) string { return fmt.Sprintf("%.1f KiB", bytes/(1<<10)) }

func mib(bytes float64) string { return fmt.Sprintf("%.1f MiB", bytes/(1<<20)) }
