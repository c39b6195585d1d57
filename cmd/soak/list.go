package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
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
				enc := json.NewEncoder(out)
				enc.SetIndent("", "  ")
				return enc.Encode(all)
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
		rows[i] = []string{d.Name, d.Doc, d.Least}
	}
	return table(w, []string{"check", "fails when", "needs at least"}, rows)
}

// maxColumn is the width at which a cell wraps.
const maxColumn = 60

func table(w io.Writer, header []string, rows [][]string) error {
	t := tablewriter.NewTable(w,
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithRowAutoWrap(tw.WrapNormal),
		tablewriter.WithRowMaxWidth(maxColumn),
		tablewriter.WithRendition(tw.Rendition{Symbols: tw.NewSymbols(tw.StyleASCII)}))
	t.Header(header)
	if err := t.Bulk(rows); err != nil {
		return fmt.Errorf("write list: %w", err)
	}
	return t.Render()
}
