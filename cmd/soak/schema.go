package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"ibsoak/scenarios"
)

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenario files, for editors",
		Long: `schema prints the JSON Schema of scenario files: editors complete and check keys by it.

    soak schema > scenario.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := scenarios.Schema()
			if err != nil {
				return harnessError(err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", text)
			return err
		},
	}
}
