package selftest

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ibsoak/harness"
)

// Options are how rows are run.
type Options struct {
	// Command gives the command template of a subject.
	Command func(subject string) ([]string, error)
	// Keeper is the command of the keeper for the rows that run through one: see harness.Options.
	Keeper []string
	// OutDir gets a directory for each row's record.
	OutDir string
	// Parallel is how many rows run at once, those apart that run alone. 0: 1.
	Parallel int
	// Done is called for each row when it is over, by one goroutine at a time. nil: nobody is told.
	Done func(Result)
}

// Result is what became of a row.
type Result struct {
	Row
	Verdict harness.Verdict
	Wrong   string        // how it differs from what was wanted; "" is as wanted
	Took    time.Duration // of all tries
	Tries   int           // more than one when those before were inconclusive
	Dir     string        // of the last record
}

// Run runs the rows, in parallel first those that bear it and then the others one by one, and
// gives the results in the order of the rows. When ctx is done it starts no more of them: those
// are wrong.
func Run(ctx context.Context, rows []Row, o Options) []Result {
	results := make([]Result, len(rows))
	var told sync.Mutex
	one := func(i int) {
		results[i] = run(ctx, rows[i], o)
		if o.Done != nil {
			told.Lock()
			defer told.Unlock()
			o.Done(results[i])
		}
	}
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(1, o.Parallel) {
		workers.Go(func() {
			for i := range next {
				one(i)
			}
		})
	}
	for i, r := range rows {
		if !r.Alone {
			next <- i
		}
	}
	close(next)
	workers.Wait()
	for i, r := range rows {
		if r.Alone {
			one(i)
		}
	}
	return results
}

// MaxTries is how often a row is run at most. An inconclusive run has shown nothing: on a machine
// that is too busy to show what the row is about, it is run again. A wrong pass or failure stands.
const MaxTries = 3

// run runs one row. What keeps it from being judged is as wrong as a wrong verdict.
func run(ctx context.Context, r Row, o Options) Result {
	began, base := time.Now(), filepath.Join(o.OutDir, strings.ReplaceAll(r.Name(), "/", "-"))
	out := Result{Row: r, Dir: base}
	for out.Tries = 1; ; out.Tries++ {
		verdict, err := judged(ctx, r, o, out.Dir)
		out.Verdict, out.Took = verdict, time.Since(began)
		if err != nil {
			out.Wrong = err.Error()
			return out
		}
		out.Wrong = r.Wrong(verdict)
		if out.Wrong == "" || verdict.Outcome != harness.Inconclusive || out.Tries == MaxTries {
			return out
		}
		out.Dir = fmt.Sprintf("%s-%d", base, out.Tries+1)
	}
}

func judged(ctx context.Context, r Row, o Options, dir string) (harness.Verdict, error) {
	if err := context.Cause(ctx); err != nil {
		return harness.Verdict{}, fmt.Errorf("not run: %w", err)
	}
	s, err := r.Planned()
	if err != nil {
		return harness.Verdict{}, err
	}
	command, err := o.Command(r.Subject)
	if err != nil {
		return harness.Verdict{}, err
	}
	var keeper []string
	if r.Through {
		if keeper = o.Keeper; len(keeper) == 0 {
			return harness.Verdict{}, fmt.Errorf("row %s: no keeper's command is known", r.Name())
		}
	}
	record, err := harness.Run(ctx, s, harness.Options{
		Keeper: keeper, Command: command, Bundled: true, Seed: 1,
		TimeScale: r.TimeScale(), OutDir: dir, Sabotage: r.Sabotage,
	})
	if err != nil {
		return harness.Verdict{}, err
	}
	return harness.Judge(record), nil
}

// Headline is what stands in a table for the verdict.
func (r Result) Headline() string {
	return cmp.Or(string(r.Verdict.Outcome), "not judged")
}
