package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ibsoak/harness"
	"ibsoak/harness/history"
)

// nightsShown is how many runs a sparkline and a row of outcomes have.
const nightsShown = 24

func newHistory() *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use:   "history [FILE]",
		Short: "Show what became of a trader over many runs",
		Long: `history reads the lines that soak run has written, by default in runs/history.jsonl, and
prints a row for each scenario: its last outcomes (. pass, F fail, ? inconclusive, E harness error, the
newest at the right) and the median handshake over the same runs. Under the table it says which phase of
the handshake changed, when, and by how much: the last three runs against those before, by a rank test.
Only runs of one scenario, subject, machine and time scale are compared.

    soak history
    soak history nightly/history.jsonl --markdown >> summary.md`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := filepath.Join("runs", history.File)
			if len(args) > 0 {
				path = args[0]
			}
			entries, notes, err := history.Load(path)
			if err != nil {
				return err // it says the first of the notes
			}
			for _, note := range notes {
				fmt.Fprintf(cmd.ErrOrStderr(), "soak: %s, %s\n", path, oneLine(note, longLine))
			}
			return showHistory(cmd.OutOrStdout(), history.Group(entries), markdown)
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print for a page, such as a job's summary")
	return cmd
}

func showHistory(w io.Writer, all []history.Series, markdown bool) error {
	header := []string{"scenario", "runs", "pass", "fail", "other", "outcomes", "handshake", "its trend"}
	var rows [][]string
	for _, s := range all {
		pass, fail := s.Count(harness.Pass), s.Count(harness.Fail)
		medians, _ := s.Medians("handshake")
		last := "-"
		if n := len(medians); n > 0 {
			last = history.Round(time.Duration(medians[n-1] * float64(time.Second))).String()
		}
		rows = append(rows, []string{
			s.Name(all), fmt.Sprint(len(s.Runs)), fmt.Sprint(pass), fmt.Sprint(fail),
			fmt.Sprint(len(s.Runs) - pass - fail), s.Outcomes(nightsShown), last,
			history.Sparkline(medians, nightsShown),
		})
	}
	if err := writeTable(w, header, rows, markdown); err != nil {
		return harnessError(err)
	}
	fmt.Fprintln(w)
	for _, line := range trend(all) {
		if markdown {
			line = "- " + harness.PlainMarkdown(line)
		}
		fmt.Fprintln(w, oneLine(line, longLine))
	}
	return nil
}

// trend says in sentences what changed, and of which series nothing can be said yet.
func trend(all []history.Series) []string {
	var out []string
	for _, s := range all {
		newest := s.Runs[len(s.Runs)-1]
		if newest.Outcome != harness.Pass {
			out = append(out, fmt.Sprintf("%s: the newest run is %s: %s", s.Name(all), newest.Outcome, newest.Sentence))
		}
		changes := s.Changes()
		for _, c := range changes {
			since := s.Runs[c.Since].Started.Format(time.DateOnly)
			out = append(out, fmt.Sprintf("%s: since %s %s.", s.Name(all), since, c))
		}
		switch {
		case len(s.Runs) < history.LeastRuns:
			out = append(out, fmt.Sprintf("%s: %d of the %d runs that it takes to see a change of timing.",
				s.Name(all), len(s.Runs), history.LeastRuns))
		case len(changes) == 0:
			out = append(out, s.Name(all)+": no phase of the handshake changed.")
		}
	}
	return out
}

func writeTable(w io.Writer, header []string, rows [][]string, markdown bool) error {
	if markdown {
		return harness.WriteMarkdownTable(w, header, rows)
	}
	return harness.WriteTable(w, cmp.Or(width(w), 0), header, rows)
}
