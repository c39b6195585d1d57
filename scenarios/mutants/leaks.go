package mutants

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
)

// leakDefects are the traders that grow, each in a shape of its own.
var leakDefects = []Mutant{
	{
		Name: "leaks-fd-per-cycle", Defect: "opens a descriptor each cycle and keeps it",
		run: grows(func(int) error { return keepFDs(1) }),
	},
	{
		Name: "leaks-fds-late", Defect: "keeps two descriptors each cycle, from the 86th on",
		run: grows(func(n int) error {
			if n < lateCycle {
				return nil
			}
			return keepFDs(2)
		}),
	},
	{
		Name: "leaks-fds-in-steps", Defect: "keeps twenty descriptors more every thirty cycles",
		run: grows(func(n int) error {
			if n%30 != 15 {
				return nil
			}
			return keepFDs(20)
		}),
	},
	{
		Name: "leaks-fds-sawtooth", run: grows(fdSawtooth),
		Defect: "keeps three descriptors each cycle and gives half of them back, once",
	},
	{
		Name: "leaks-fds-per-lost-session", run: leaksFDsPerLostSession,
		Defect: "keeps 25 descriptors for each session that it loses",
	},
	{
		Name: "leaks-thread-per-cycle", Defect: "locks one more thread each cycle",
		run: grows(func(int) error { keepThread(); return nil }),
	},
	{
		Name: "leaks-threads-late", Defect: "locks two more threads each cycle, from the 86th on",
		run: grows(func(n int) error {
			if n >= lateCycle {
				keepThread()
				keepThread()
			}
			return nil
		}),
	},
	{
		Name: "leaks-memory-per-cycle", Defect: "keeps 4 MiB more each cycle",
		run: grows(func(int) error { kept = append(kept, touched(4<<20)); return nil }),
	},
	{
		Name: "leaks-memory-with-frees", run: leaksMemoryWithFrees,
		Defect: "keeps 1 MiB more each cycle, and gives 120 MiB of its start back late in the hour",
	},
	{
		Name: "subscribes-each-cycle", run: subscribesEachCycle,
		Defect: "subscribes to bars in each cycle and cancels none",
	},
}

// lateCycle is in the last third of an hour's 120 cycles.
const lateCycle = 86

// grows is the right trader with something done in each cycle, from the first.
func grows(by func(cycle int) error) func(context.Context, params) int {
	return func(ctx context.Context, p params) int {
		n := 0
		return thenDoes(ctx, p, func(*session) error {
			n++
			return by(n)
		})
	}
}

// keepFDs opens descriptors that nothing closes.
func keepFDs(n int) error {
	for range n {
		f, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		kept = append(kept, f)
	}
	return nil
}

func fdSawtooth(n int) error {
	const frees, freed = 62, 160
	if err := keepFDs(3); err != nil || n != frees {
		return err
	}
	for _, f := range kept[:freed] {
		if err := f.(*os.File).Close(); err != nil {
			return err
		}
	}
	kept = kept[freed:]
	return nil
}

func leaksFDsPerLostSession(ctx context.Context, p params) int {
	const each = 25
	t := right()
	t.leave = func(s *session) {
		s.leave()
		if err := keepFDs(each); err != nil {
			p.say("mutant: %v", err)
		}
	}
	return t.run(ctx, p)
}

// keepThread takes a thread for good: a goroutine that is locked to one keeps it until it ends.
func keepThread() {
	locked := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		close(locked)
		select {}
	}()
	<-locked
}

// touched is memory that is resident: an untouched page is not.
func touched(bytes int) []byte {
	block := make([]byte, bytes)
	for i := 0; i < len(block); i += os.Getpagesize() {
		block[i] = 1
	}
	return block
}

func leaksMemoryWithFrees(ctx context.Context, p params) int {
	const ballast, frees = 120 << 20, 90
	start := touched(ballast)
	return grows(func(n int) error {
		kept = append(kept, touched(1<<20))
		if n == frees {
			runtime.KeepAlive(start)
			start = nil
			debug.FreeOSMemory() // or the runtime would give it back over minutes
		}
		return nil
	})(ctx, p)
}

// subscribesEachCycle takes bars that are kept up to date: as many subscriptions to quotes are more than a
// harness that is built for races can take down.
func subscribesEachCycle(ctx context.Context, p params) int {
	return thenDoes(ctx, p, func(s *session) error { return s.askBars(stock("AAPL"), true) })
}
