package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ibsoak/scenarios/selftest"
)

// rowsPerCPU is how many rows run at once on each processor: nearly all of their time is waiting.
const rowsPerCPU = 2

func newSelftest() *cobra.Command {
	var only, out string
	var parallel int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "selftest",
		Short: "Show that the checks catch what they are there for, and nothing else",
		Long: `selftest runs broken traders and shows that each is failed by the check that is there for its
defect; good traders of unusual habits, which no check may fail; and the harness itself with a
defect put in on purpose, which it must notice. It takes some minutes, and exits 0 only when
every row is as wanted. Records stay when one is not, or with --out.

    soak selftest --only plain-close`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rows := slices.DeleteFunc(selftest.Rows(), func(r selftest.Row) bool {
				return !strings.Contains(r.Name(), only)
			})
			if len(rows) == 0 {
				return fmt.Errorf("find row %q: no row's name holds that", only)
			}
			return runSelftest(cmd, rows, out, parallel, asJSON)
		},
	}
	cmd.Flags().StringVar(&only, "only", "", "only rows whose SUBJECT/SCENARIO holds this text")
	cmd.Flags().StringVar(&out, "out", "", "directory of the records (default: a temporary one)")
	cmd.Flags().IntVar(&parallel, "parallel", rowsPerCPU*runtime.NumCPU(), "rows at once")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the results as JSON")
	return cmd
}

func runSelftest(cmd *cobra.Command, rows []selftest.Row, out string, parallel int, asJSON bool) error {
	kept := out != ""
	if !kept {
		dir, err := os.MkdirTemp("", "soak-selftest-")
		if err != nil {
			return harnessError(err)
		}
		out = dir
	}
	keeper, err := bundledKeeper()
	if err != nil {
		return err
	}
	began := time.Now()
	stderr, done := cmd.ErrOrStderr(), 0
	results := selftest.Run(cmd.Context(), rows, selftest.Options{
		Keeper: keeper, Command: mutant, OutDir: out, Parallel: parallel,
		Done: func(r selftest.Result) {
			done++
			fmt.Fprintf(stderr, "soak: selftest %d of %d: %s: %s\n", done, len(rows), r.Name(), said(r))
		},
	})
	report := selftestReport{Took: time.Since(began).Round(time.Second).String(), Results: results}
	if err := report.write(cmd.OutOrStdout(), asJSON); err != nil {
		return harnessError(err)
	}
	if report.wrong() > 0 {
		fmt.Fprintf(stderr, "soak: the records are in %s\n", out)
		return &exitError{code: 1}
	}
	if !kept {
		if err := os.RemoveAll(out); err != nil {
			return harnessError(err)
		}
	}
	return nil
}

// selftestReport is what selftest prints.
type selftestReport struct {
	Took    string
	Results []selftest.Result
}

// wrong is the number of rows that are not as wanted.
func (r selftestReport) wrong() int {
	n := 0
	for _, result := range r.Results {
		if result.Wrong != "" {
			n++
		}
	}
	return n
}

func (r selftestReport) write(w io.Writer, asJSON bool) error {
	if asJSON {
		return r.writeJSON(w)
	}
	rows := make([][]string, len(r.Results))
	for i, result := range r.Results {
		rows[i] = []string{
			result.Subject, result.Scenario, result.Headline(),
			strings.Join(selftest.Failed(result.Verdict), " "), said(result),
		}
	}
	if err := table(w, []string{"subject", "scenario", "verdict", "failed by", "as wanted"}, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d of %d rows as wanted in %s\n",
		len(r.Results)-r.wrong(), len(r.Results), r.Took)
	return err
}

// said is the row's result in a few words.
func said(r selftest.Result) string {
	if r.Wrong != "" {
		return "NO: " + r.Wrong
	}
	text := r.Want()
	if r.Sabotage != "" {
		text = fmt.Sprintf("%s (%s)", text, r.Sabotage)
	}
	if r.Tries > 1 {
		text = fmt.Sprintf("%s, at try %d", text, r.Tries)
	}
	return text
}

func (r selftestReport) writeJSON(w io.Writer) error {
	type row struct {
		Subject  string   `json:"subject"`
		Scenario string   `json:"scenario"`
		Sabotage string   `json:"sabotage,omitempty"`
		Want     string   `json:"want"`
		Verdict  string   `json:"verdict"`
		FailedBy []string `json:"failedBy"`
		Sentence string   `json:"sentence"`
		Wrong    string   `json:"wrong,omitempty"`
		Took     string   `json:"took"`
	}
	rows := make([]row, len(r.Results))
	for i, result := range r.Results {
		rows[i] = row{
			Subject: result.Subject, Scenario: result.Scenario, Sabotage: string(result.Sabotage),
			Want: result.Want(), Verdict: result.Headline(), FailedBy: selftest.Failed(result.Verdict),
			Sentence: result.Verdict.Sentence, Wrong: result.Wrong,
			Took: result.Took.Round(time.Millisecond).String(),
		}
	}
	return writeJSON(w, map[string]any{
		"rows": rows, "wrong": r.wrong(), "took": r.Took,
	})
}
