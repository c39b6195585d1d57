package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ibsoak/harness"
	"ibsoak/scenarios"
)

func newList() *cobra.Command {
	var label string
	var checks, asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios, or the checks",
		Long: `list prints every built-in scenario, in the order in which they are worth running, or with
--checks every check that a scenario can ask for.

    soak list --label zombies`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			switch all := labelled(label); {
			case checks:
				return listChecks(out)
			case asJSON:
				return listJSON(out, all)
			default:
				return listScenarios(out, all)
			}
		},
	}
	cmd.Flags().StringVar(&label, "label", "", "only the scenarios with this label")
	cmd.Flags().BoolVar(&checks, "checks", false, "list the checks")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the scenarios as JSON")
	return cmd
}

func labelled(label string) []harness.Scenario {
	return slices.DeleteFunc(scenarios.All(), func(s harness.Scenario) bool {
		return label != "" && !slices.Contains(s.Labels, label)
	})
}

// listJSON writes what a scenario file may hold: soak run --scenario FILE.json runs them all.
func listJSON(w io.Writer, all []harness.Scenario) error {
	data, err := scenarios.MarshalJSON(all)
	if err != nil {
		return harnessError(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", "  "); err != nil {
		return harnessError(err)
	}
	_, err = fmt.Fprintln(w, out.String())
	return err
}

func listScenarios(w io.Writer, all []harness.Scenario) error {
	rows := make([][]string, len(all))
	for i, s := range all {
		rows[i] = []string{s.Name, strings.Join(s.Labels, " "), s.Limit.String(), s.Summary}
	}
	return table(w, []string{"scenario", "labels", "at most", "claim"}, rows)
}

func listChecks(w io.Writer) error {
	rows := make([][]string, len(harness.Detectors))
	for i, d := range harness.Detectors {
		rows[i] = []string{string(d.Group), d.Name, d.Doc, d.Least}
	}
	return table(w, []string{"group", "check", "fails when", "needs at least"}, rows)
}

// table writes a table that fits the terminal.
func table(w io.Writer, header []string, rows [][]string) error {
	return harness.WriteTable(w, width(w), header, rows)
}
