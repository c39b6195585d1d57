package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"

	"github.com/spf13/cobra"

	"ibsoak/harness"
	"ibsoak/harness/history"
	"ibsoak/harness/report"
)

// habits are the flags about how often runs are made, who watches them and what is kept of them.
type habits struct {
	repeat    int
	untilFail bool
	status    string
	open      bool
	history   string
	given     func(flag string) bool
}

func (h *habits) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	h.given = func(name string) bool { return flags.Changed(name) }
	flags.IntVar(&h.repeat, "repeat", 1, "make every run `N` times")
	flags.BoolVar(&h.untilFail, "until-fail", false,
		"repeat until a run fails, at most --repeat times where that is given")
	flags.StringVar(&h.status, "status", "",
		"serve how the run stands at this loopback `ADDR`, as a page, as /status.json and as /metrics for Prometheus")
	flags.BoolVar(&h.open, "open", false, "open the page of the last run in this desktop's browser")
	flags.StringVar(&h.history, "history", "",
		"`FILE` that gets a line for each run (default runs/history.jsonl, and none with --out)")
}

func (h *habits) validate() error {
	if h.repeat < 1 {
		return fmt.Errorf("--repeat %d: want 1 or more", h.repeat)
	}
	if h.status != "" {
		return ownAddress(h.status)
	}
	return nil
}

// rounds is how often each run is made; 0 when nobody knows.
func (h *habits) rounds() int {
	if h.untilFail && !h.given("repeat") {
		return 0
	}
	return h.repeat
}

// all are the runs of all rounds. Those of several rounds have directories of their own.
func (h *habits) all(jobs []job) iter.Seq[job] {
	return func(yield func(job) bool) {
		rounds := h.rounds()
		for n := 1; rounds == 0 || n <= rounds; n++ {
			for _, j := range jobs {
				if j.options.OutDir != "" && rounds != 1 {
					j.options.OutDir = filepath.Join(j.options.OutDir, fmt.Sprintf("%03d", n))
				}
				if !yield(j) {
					return
				}
			}
		}
	}
}

// ends reports that no further run is to be made.
func (h *habits) ends(v harness.Verdict) bool {
	return h.untilFail && (v.Outcome == harness.Fail || v.Outcome == harness.HarnessError)
}

// watch serves the status when that is asked for, until stop.
func (h *habits) watch(m *monitor, stderr io.Writer) (stop func(), err error) {
	if h.status == "" {
		return func() {}, nil
	}
	addr, stop, err := serveStatus(h.status, m)
	if err == nil {
		fmt.Fprintf(stderr, "soak: the status is at http://%s/ and http://%s/status.json\n", addr, addr)
	}
	return stop, err
}

// keep draws the page of a run and adds the run to the history. out is what --out says.
func (h *habits) keep(r *harness.Record, v harness.Verdict, out string) error {
	err := report.Write(r.Dir, r, v)
	path := h.history
	if path == "" && out == "" {
		path = filepath.Join("runs", history.File)
	}
	if path == "" {
		return err
	}
	return errors.Join(err, history.Append(path, history.EntryOf(v, r.Dir)))
}

// show opens the page of a run.
func (h *habits) show(ctx context.Context, stderr io.Writer, dir string) {
	if h.open && dir != "" {
		openPage(ctx, stderr, filepath.Join(dir, report.File))
	}
}
