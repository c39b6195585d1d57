package main

import (
	"encoding/json"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"ibsoak/harness"
	"ibsoak/scenarios"
)

// view is how verdicts are printed.
type view struct{ json, allChecks bool }

func (v *view) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&v.json, "json", false, "print the verdict as JSON")
	cmd.Flags().BoolVar(&v.allChecks, "all-checks", false, "give every check that passed a line of its own")
}

// show prints the verdict on the record in dir and turns it into the exit code.
func (v *view) show(stdout io.Writer, verdict harness.Verdict, dir string) error {
	if err := v.print(stdout, verdict, dir); err != nil {
		return err
	}
	return exitOf(verdict.ExitCode())
}

func (v *view) print(stdout io.Writer, verdict harness.Verdict, dir string) error {
	if v.json {
		if err := harness.WriteJSON(stdout, verdict); err != nil {
			return harnessError(err)
		}
		return nil
	}
	report := harness.Report{Dir: dir, Width: width(stdout), AllChecks: v.allChecks}
	if err := report.Write(stdout, verdict); err != nil {
		return harnessError(err)
	}
	return nil
}

// writeJSON writes a value as indented JSON.
func writeJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

func exitOf(code int) error {
	if code == 0 {
		return nil
	}
	return &exitError{code: code}
}

// width is that of the terminal behind w, or what COLUMNS says; 0 when neither is known.
func width(w io.Writer) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 0
}

func newShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Print a scenario as YAML that runs as it is",
		Long: `show prints a scenario as the YAML file that it could be: soak run --scenario FILE runs it.

    soak show once > mine.yaml && soak run --scenario mine.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := scenarios.Named(args[0])
			if err != nil {
				return err
			}
			text, err := scenarios.Marshal(s)
			if err != nil {
				return harnessError(err)
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
}
