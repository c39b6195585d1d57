package shard

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"ibsoak/harness"
)

// Found is what is below some directories.
type Found struct {
	Plan    Plan
	Results []Result
	// Damaged are the directories, by their own names, whose record could not be read; Notes say why.
	Damaged []string
	Notes   []string
}

// Collect reads the plan and judges every record below the directories. One that is damaged, or that ended
// before anything was seen, is told of; one of another version or without a plan is refused.
func Collect(dirs []string) (Found, error) {
	var f Found
	var plans, records []string
	for _, dir := range slices.Sorted(slices.Values(dirs)) {
		before := len(plans) + len(records)
		root, err := filepath.EvalSymlinks(dir)
		if err != nil {
			return f, fmt.Errorf("merge %s: %w", dir, err)
		}
		err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case !d.IsDir() && d.Name() == PlanFile:
				plans = append(plans, path)
			case d.IsDir() && isRecord(path):
				records = append(records, path)
				return fs.SkipDir // what the trader kept there is its own
			}
			return nil
		})
		if err != nil {
			return f, fmt.Errorf("merge %s: %w", dir, err)
		}
		if len(plans)+len(records) == before {
			f.Notes = append(f.Notes, dir+" holds no record of a run")
		}
	}
	if len(plans) == 0 {
		return f, fmt.Errorf("no %s below the directories: soak run --plan keeps one beside its records", PlanFile)
	}
	var err error
	if f.Plan, err = Read(plans[0]); err != nil {
		return f, err
	}
	for _, path := range plans[1:] {
		if err := f.Plan.same(path); err != nil {
			return f, fmt.Errorf("%s, read first: %w", plans[0], err)
		}
	}
	return f, f.judge(records)
}

// same wants a file to hold this plan.
func (p Plan) same(path string) error {
	text, err := p.Text()
	if err != nil {
		return err
	}
	there, err := os.ReadFile(path)
	if err == nil && !bytes.Equal(there, text) {
		err = fmt.Errorf("%s is another plan: merge the records of one", path)
	}
	return err
}

func isRecord(dir string) bool {
	for _, name := range []string{harness.RecordFile, harness.JournalFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// judge judges the records, several at a time: each is let go of before the next is read.
func (f *Found) judge(records []string) error {
	results, notes := make([]*Result, len(records)), make([]string, len(records))
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, dir := range records {
		all.Go(func() error {
			record, err := harness.LoadRun(dir)
			if errors.Is(err, harness.ErrOtherVersion) {
				return err
			}
			if err != nil {
				notes[i] = fmt.Sprintf("%s is not counted: %v", dir, err)
				return nil
			}
			r, err := ResultOf(record)
			if err != nil {
				return fmt.Errorf("merge %s: %w", dir, err)
			}
			results[i] = &r
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for i, r := range results {
		if r == nil {
			f.Notes, f.Damaged = append(f.Notes, notes[i]), append(f.Damaged, filepath.Base(records[i]))
			continue
		}
		f.Results = append(f.Results, *r)
	}
	slices.Sort(f.Damaged)
	return nil
}
