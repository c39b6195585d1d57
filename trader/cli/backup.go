package cli

import (
	"context"

	"github.com/spf13/cobra"

	"ibsoak/trader/journal"
)

// backup and restore are the subcommands that keep the journal as one file, and bring it back.
func backup() *cobra.Command { return fileCommand("backup FILE", journal.Backup) }

func restore() *cobra.Command { return fileCommand("restore FILE", journal.Restore) }

func fileCommand(use string, do func(ctx context.Context, dir, file string) error) *cobra.Command {
	cmd := &cobra.Command{Use: use, Args: cobra.ExactArgs(1)}
	state := stateFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		dir, err := state()
		if err != nil {
			return err
		}
		if err := do(cmd.Context(), dir, args[0]); err != nil {
			return stateError(err)
		}
		return nil
	}
	return cmd
}
