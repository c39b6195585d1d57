package main

import (
	"github.com/spf13/cobra"

	"ibsoak/harness"
)

func newJudge() *cobra.Command {
	var v view
	cmd := &cobra.Command{
		Use:   "judge DIR",
		Short: "Judge a saved record again",
		Long: `judge loads the record in DIR and judges it with the checks of this program. The same
record and the same checks give the same verdict, on any machine. Where soak was killed in mid-run, what it had
written until then is judged: a failure that was shown stands, the rest is inconclusive.

    soak judge runs/consecutive-10/20260302T153000.000Z-1`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			record, err := harness.LoadRun(args[0])
			if err != nil {
				return harnessError(err)
			}
			return v.show(cmd.OutOrStdout(), harness.Judge(record), args[0])
		},
	}
	v.add(cmd)
	return cmd
}
