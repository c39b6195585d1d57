package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/govalues/decimal"
	"github.com/spf13/cobra"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// resolve is the subcommand by which a person says what became of an intent.
func resolve(stdout io.Writer) *cobra.Command {
	var reason, price string
	cmd := &cobra.Command{Use: "resolve INTENT filled|absent", Args: cobra.ExactArgs(2)}
	state := stateFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, outcome := args[0], args[1]
		if outcome != "filled" && outcome != "absent" {
			return exit.Errorf(exit.Usage, "resolve: %q is neither filled nor absent", outcome)
		}
		if reason == "" {
			return exit.Errorf(exit.Usage, "resolve: give --reason: it is kept with the intent")
		}
		dir, err := state()
		if err != nil {
			return err
		}
		return withJournal(cmd.Context(), dir, func(j *journal.Journal) error {
			if err := settle(cmd.Context(), j, id, outcome == "filled", price, reason); err != nil {
				return err
			}
			_, err := fmt.Fprintf(stdout, "%s: %s\n", id, outcome)
			return err
		})
	}
	cmd.Flags().StringVar(&reason, "reason", "", "what was seen where")
	cmd.Flags().StringVar(&price, "price", "", "that it was filled at; the price of the decision if not given")
	return cmd
}

func settle(ctx context.Context, j *journal.Journal, id string, filled bool, price, reason string) error {
	in, found, err := j.Intent(ctx, id)
	if err != nil {
		return err
	}
	if !found {
		return exit.Errorf(exit.Usage, "resolve: the journal has no intent %q", id)
	}
	at := in.ReferencePrice
	if price != "" {
		if at, err = decimal.Parse(price); err != nil || !at.IsPos() {
			return exit.Errorf(exit.Usage, "resolve: %q is no price", price)
		}
	}
	if err := j.Resolve(ctx, id, filled, at, reason); err != nil {
		return exit.Because(exit.Usage, err)
	}
	return nil
}

// withJournal opens a state directory's journal, which a running trader does not allow.
func withJournal(ctx context.Context, dir string, do func(*journal.Journal) error) error {
	j, err := journal.OpenExisting(ctx, dir)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	err = do(j)
	if cerr := j.Close(); cerr != nil {
		err = errors.Join(err, exit.Because(exit.State, cerr))
	}
	return err
}
