package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ibsoak/trader/config"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// books is the subcommand that prints the journal.
func books(stdout io.Writer) *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use: "books", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := config.Config{State: state}.StateDir()
			if err != nil {
				return exit.Because(exit.State, err)
			}
			b, err := journal.ReadBooks(cmd.Context(), dir)
			if err != nil {
				return exit.Because(exit.State, err)
			}
			if err := printJSON(stdout, b); err != nil {
				return exit.Because(exit.State, fmt.Errorf("print books: %w", err))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "where the journal is")
	return cmd
}
