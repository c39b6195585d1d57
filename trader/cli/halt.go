package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// halt is the subcommand that closes the kill switch, also while a trader runs.
func halt(stdout io.Writer) *cobra.Command {
	cmd, state, reason := switchCommand("halt")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return turn(cmd.Context(), state, "halt", *reason, func(j *journal.Journal) error {
			changed, err := j.Halt(cmd.Context(), journal.ByPerson, *reason, false)
			if err != nil {
				return err
			}
			return sayHalt(cmd.Context(), stdout, j, changed)
		})
	}
	return cmd
}

// resume is the subcommand that opens it.
func resume(stdout io.Writer) *cobra.Command {
	cmd, state, reason := switchCommand("resume")
	var accept bool
	cmd.Flags().BoolVar(&accept, "accept-loss", false, "measure losses from the equity of now on")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return turn(cmd.Context(), state, "resume", *reason, func(j *journal.Journal) error {
			changed, err := j.Resume(cmd.Context(), *reason, accept)
			if errors.Is(err, journal.ErrLoss) {
				return &exit.Error{
					Code: exit.Interlock, Err: err,
					Do: "find out how it was lost; then trader resume --accept-loss measures losses from now on",
				}
			}
			if err != nil {
				return err
			}
			return sayHalt(cmd.Context(), stdout, j, changed)
		})
	}
	return cmd
}

func switchCommand(use string) (cmd *cobra.Command, state func() (string, error), reason *string) {
	cmd = &cobra.Command{Use: use, Args: cobra.NoArgs}
	reason = cmd.Flags().String("reason", "", "why: it is kept")
	return cmd, stateFlags(cmd), reason
}

// turn changes the kill switch of a state directory.
func turn(ctx context.Context, state func() (string, error), what, reason string,
	do func(*journal.Journal) error,
) error {
	if reason == "" {
		return exit.Errorf(exit.Usage, "%s: give --reason: it is kept with the kill switch", what)
	}
	dir, err := state()
	if err == nil {
		err = journal.Switch(ctx, dir, do)
	}
	if _, ok := exit.Of(err); ok {
		return err
	}
	return stateError(err)
}

// sayHalt prints what holds now. Whether that was so before is no failure.
func sayHalt(ctx context.Context, stdout io.Writer, j *journal.Journal, changed bool) error {
	h, err := j.Halted(ctx)
	if err != nil {
		return err
	}
	words := "not halted"
	if h.Halted {
		words = fmt.Sprintf("halted (%s: %s)", h.Cause, h.Reason)
	}
	if !changed {
		words += ", as before"
	}
	_, err = fmt.Fprintln(stdout, words)
	return err
}
