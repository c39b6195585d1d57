package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ibsoak/harness"
	"ibsoak/harness/history"
)

func newCompare() *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use:   "compare A B",
		Short: "Say what changed between two runs of a scenario",
		Long: `compare judges the records in two directories, A the older, and prints what differs: checks
with another outcome, and the phases of the handshake by a rank test over all connections (Mann-Whitney,
two-sided, corrected for the number of phases by Holm's method). A phase is slower or faster when p is at
most 0.01 and the median moved by a tenth and by a millisecond. The size of the effect is in how many of
100 pairs, a connection of each run, that of B took longer: 50 is none.
Exit codes: 0 nothing is worse, 1 something is, 2 the runs are too small to tell.

    soak compare runs/consecutive-300/20260301T030000.000Z-1 runs/consecutive-300/20260302T030000.000Z-1`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var records [2]*harness.Record
			for i, dir := range args {
				r, err := harness.LoadRun(dir)
				if err != nil {
					return harnessError(err)
				}
				records[i] = r
			}
			c, err := history.Compare(records[0], records[1])
			if err != nil {
				return fmt.Errorf("compare %s with %s: %w", args[0], args[1], err)
			}
			if err := showComparison(cmd.OutOrStdout(), c, markdown); err != nil {
				return harnessError(err)
			}
			switch {
			case c.Worse():
				return exitOf(exitFail)
			case !c.Shown():
				return exitOf(exitInconclusive)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print for a page, such as a job's summary")
	return cmd
}

func showComparison(w io.Writer, c history.Comparison, markdown bool) error {
	fmt.Fprintf(w, "%s: %s, then %s. %s\n", oneLine(c.A.Scenario, longLine), c.A.Outcome, c.B.Outcome, inWords(c))
	for _, other := range c.Other {
		fmt.Fprintln(w, oneLine("The runs differ in "+other+".", longLine))
	}
	fmt.Fprintln(w)
	if len(c.Checks) == 0 {
		fmt.Fprintln(w, "Every check has the same outcome.")
	} else {
		var rows [][]string
		for _, x := range c.Checks {
			rows = append(rows, []string{x.Check, orNone(x.A), orNone(x.B), x.Detail})
		}
		if err := writeTable(w, []string{"check", "A", "B", "detail"}, rows, markdown); err != nil {
			return err
		}
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, p := range c.Phases {
		a, b := history.Round(p.A).String(), history.Round(p.B).String()
		row := []string{p.Phase, fmt.Sprintf("%d, %d", p.NA, p.NB), a, b, p.Verdict, "-", "-"}
		if p.Verdict != history.TooFew {
			row[5], row[6] = fmt.Sprintf("%.2g", p.P), p.Pairs()
		}
		rows = append(rows, row)
	}
	return writeTable(w, []string{"phase", "n", "median A", "median B", "B is", "p", "longer in"}, rows, markdown)
}

func inWords(c history.Comparison) string {
	switch {
	case c.Worse():
		return "B is worse."
	case !c.Shown():
		return "The runs are too small, or show too little, to say that nothing is worse."
	}
	return "Nothing is worse."
}

func orNone(o harness.Outcome) string {
	if o == "" {
		return "not asked"
	}
	return string(o)
}
