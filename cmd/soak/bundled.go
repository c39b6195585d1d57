package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"ibsoak/backtest"
	"ibsoak/harness"
	"ibsoak/trader/cli"
	"ibsoak/trader/exit"
)

// bundled is the command template of the bundled trader: this very program, as a child process
// like any other subject.
func bundled() ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, harnessError(fmt.Errorf("find the bundled trader: %w", err))
	}
	return []string{
		self, "trader", "--host", "{host}", "--port", "{port}", "--client-id", "{client_id}",
		"--symbols", "{symbols}", "--state", "{state}",
		"--max-clock-skew", "1000000h", "--quiet-windows", "none", // a scenario's clock is not this host's
		"{args}",
	}, nil
}

// bundledKeeper is the command of the bundled keeper, without its flags.
func bundledKeeper() ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, harnessError(fmt.Errorf("find the bundled keeper: %w", err))
	}
	return []string{self, "trader", "keeper"}, nil
}

// bundledExits is what the bundled trader's exit codes mean. The broken traders share them.
func bundledExits() map[harness.ExitClass][]int {
	exits := map[harness.ExitClass][]int{harness.ExitNoAccount: {int(exit.WrongAccount)}}
	for _, row := range exit.Table {
		if class := harness.ExitClass(row.Name); slices.Contains(harness.ExitClasses, class) {
			exits[class] = []int{int(row.Code)}
		}
	}
	return exits
}

func newTrader() *cobra.Command {
	return &cobra.Command{
		Use:   "trader [flags]",
		Short: "Run the bundled trader",
		Long: `trader is the bundled trader with its own flags and exit codes: see soak trader --help.

    soak trader --symbols AAPL --once --host 127.0.0.1 --port 4002`,
		DisableFlagParsing: true, // they are the trader's
		RunE: func(cmd *cobra.Command, args []string) error {
			code := cli.Main(cmd.Context(), args, cmd.OutOrStdout(), cmd.ErrOrStderr(), backtest.Command())
			if code != 0 {
				return &exitError{code: code}
			}
			return nil
		},
	}
}
