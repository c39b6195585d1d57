package main

import (
	"github.com/spf13/cobra"

	"ibsoak/harness"
)

// newGateway is the fake Gateway of a run, which is a process of its own: neither a subject that
// signals it nor a crash takes the record with it.
func newGateway() *cobra.Command {
	return &cobra.Command{
		Use:    harness.GatewayWord,
		Short:  "Be the Gateway of a run; soak run starts it and gives it its settings on stdin",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if code := harness.GatewayMain(cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()); code != 0 {
				return &exitError{code: code}
			}
			return nil
		},
	}
}
