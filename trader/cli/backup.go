package cli

import (
	"context"

	"github.com/spf13/cobra"

	"ibsoak/trader/config"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// backup and restore are the subcommands that keep the journal as one file, and bring it back.
func backup() *cobra.Command { return fileCommand("backup FILE", journal.Backup) }

func restore() *cobra.Command { return fileCommand("restore FILE", journal.Restore) }

func fileCommand(use string, do func(ctx context.Context, dir, file string) error) *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use: use, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := config.Config{State: state}.StateDir()
			if err == nil {
				err = do(cmd.Context(), dir, args[0])
			}
			if err != nil {
				return stateError(err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "where the journal is")
	return cmd
}

// stateError is exit.State.
func stateError(err error) error { return exit.Because(exit.State, err) }
