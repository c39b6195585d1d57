package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"ibsoak/harness"
)

func newDoctor() *cobra.Command {
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine lacks for a run, and what to do",
		Long: `doctor tries everything that a run uses: loopback, the fake Gateway, the kernel's tables,
control groups, the clock, the place of the records. What is reduced makes some checks inconclusive;
what is missing makes a run impossible, and the exit code 1.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all := harness.Examine(cmd.Context(), out)
			if err := tellConditions(cmd.OutOrStdout(), all, asJSON); err != nil {
				return harnessError(err)
			}
			if slices.ContainsFunc(all, func(c harness.Condition) bool { return c.State == harness.Hopeless }) {
				return exitOf(exitFail)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "runs", "`DIRECTORY` that is to take records")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the conditions as JSON")
	return cmd
}

func tellConditions(w io.Writer, all []harness.Condition, asJSON bool) error {
	if asJSON {
		return writeJSON(w, all)
	}
	for _, c := range all {
		if _, err := fmt.Fprintf(w, "%-8s %-17s %s\n", c.State, c.Name, c.Found); err != nil {
			return err
		}
		if c.Without != "" {
			if _, err := fmt.Fprintf(w, "%26s so: %s\n%26s do: %s\n", "", c.Without, "", c.Do); err != nil {
				return err
			}
		}
	}
	return nil
}
