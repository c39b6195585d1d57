package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ibsoak/trader/journal"
)

// books is the subcommand that prints the journal.
func books(stdout io.Writer) *cobra.Command {
	cmd := &cobra.Command{Use: "books", Args: cobra.NoArgs}
	state := stateFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		dir, err := state()
		if err != nil {
			return err
		}
		b, err := journal.ReadBooks(cmd.Context(), dir)
		if err != nil {
			return stateError(err)
		}
		if err := printJSON(stdout, b); err != nil {
			return stateError(fmt.Errorf("print books: %w", err))
		}
		return nil
	}
	return cmd
}
