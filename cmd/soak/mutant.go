package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"ibsoak/scenarios/mutants"
)

// mutant is the command template of a broken trader, which this program carries as it carries the
// bundled one.
func mutant(name string) ([]string, error) {
	if _, err := mutants.Named(name); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, harnessError(fmt.Errorf("find the broken traders: %w", err))
	}
	return []string{self, "mutant", name, "{args}"}, nil
}

func newMutant() *cobra.Command {
	return &cobra.Command{
		Use:   "mutant [NAME] [flags of the bundled trader]",
		Short: "List the broken traders, or run one",
		Long: `mutant lists the broken traders that show what the checks catch. With a name it runs one, at
the address in IB_HOST, IB_PORT and IB_CLIENT_ID: that is how soak run --mutant uses it.

    soak run --scenario consecutive-10-leaky --mutant naive`,
		DisableFlagParsing: true, // they are the mutant's
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listMutants(cmd)
			}
			if args[0] == "--help" || args[0] == "-h" {
				return cmd.Help()
			}
			if code := mutants.Main(cmd.Context(), args, cmd.ErrOrStderr()); code != 0 {
				return &exitError{code: code}
			}
			return nil
		},
	}
}

func listMutants(cmd *cobra.Command) error {
	var rows [][]string
	for _, m := range mutants.All() {
		rows = append(rows, []string{m.Name, m.Defect})
	}
	return table(cmd.OutOrStdout(), []string{"mutant", "what it does wrong"}, rows)
}
