package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ibsoak/internal/commandline"
	"ibsoak/internal/manual"
	"ibsoak/internal/version"
)

// The exit codes besides 0, a pass. All but exitUsage are those of verdicts.
const (
	exitFail         = 1
	exitInconclusive = 2
	exitHarness      = 3
	exitUsage        = 64
)

// exitError ends the program with a code. Any other error is one of usage: cobra makes those.
type exitError struct {
	code int
	err  error // nil when everything was said already
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// harnessError is an error that is not the caller's.
func harnessError(err error) error { return &exitError{exitHarness, err} }

// Main is the program: the result goes to stdout, everything else to stderr.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var exit *exitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		fmt.Fprintf(stderr, "soak: %v\nsoak: try soak --help\n", err)
		return exitUsage
	case exit.err != nil:
		fmt.Fprintf(stderr, "soak: %v\n", exit.err)
	}
	return exit.code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "soak",
		Short: "Run a trader against a fake IB Gateway that goes wrong, and judge it",
		Long: `soak starts a fake IB Gateway on a free loopback port, runs a trader against it as a
scenario says, records every frame, socket and process, and judges the record.

The verdict is one of pass, fail and inconclusive: a run that did not see what its claim
needs is never a pass. Exit codes: 0 pass, 1 fail, 2 inconclusive, 3 harness error (the
harness is at fault, not the trader), 64 usage.

Without --trader the bundled trader is run. Any other is a command line with {host},
{port} and {client_id} in it; IB_HOST, IB_PORT and IB_CLIENT_ID are set as well. What soak
expects of it, and what it can be told, is in docs/your-trader.md.

For example, ten runs in a row of a trader of yours:

    soak run --scenario consecutive-10 --trader 'python3 trader.py --port {port} {args}'`,
		Args:          cobra.NoArgs,
		Version:       version.String(),
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return commandline.RefuseEmpty(cmd, "once-args", "continuous-args")
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.AddCommand(newRun(), newPlan(), newMerge(), newReplay(), newList(), newShow(), newSchema(), newJudge(),
		newReport(), newHistory(), newCompare(), newSelftest(), newDoctor(), newInit(), newTrader(), newMutant(),
		newGateway(), manual.Command())
	return root
}
