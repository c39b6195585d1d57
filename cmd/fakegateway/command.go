package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/commandline"
	"ibsoak/internal/version"
)

// The exit codes.
const (
	exitOK    = 0
	exitError = 1  // the port is taken, the records cannot be written, …
	exitUsage = 64 // a flag, an argument or a schedule is wrong (EX_USAGE of sysexits)
)

const usage = `fakegateway serves the TWS API as an IB Gateway does, and goes wrong as a schedule says.

It prints one line on stdout when it is ready, and stops on SIGTERM or SIGINT:

  listening gateway=127.0.0.1:40123 control=127.0.0.1:40124

Port 0 takes a free port. The control port speaks HTTP: GET /connections, /transcript, /watch,
/receipts, /books, /faults, /healthz, /connectivity; PUT /schedule; POST /faults, /restart, /zombies, /operate,
/dialog, /2fa, /connectivity, /login, /books/fill, /books/cancel, /books/correct, /books/bust, /books/hold,
/books/release, /books/transfer, /books/liquidate; DELETE /faults/{id}, /zombies. docs/control-api.md has
an example of each.`

const examples = `  fakegateway --listen 127.0.0.1:0 --control 127.0.0.1:0 --profile leaky
  fakegateway --listen 127.0.0.1:4444 --schedule sick.yaml --record /tmp/record
  fakegateway --catalogue F08a
  fakegateway --settings mine.yaml --accounts DU1,DU2
  fakegateway check sick.yaml
  fakegateway profiles
  fakegateway catalogue`

// usageError is an error of whoever typed the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run is the whole program; it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "fakegateway: %v\n", err)
	var wrong usageError
	if errors.As(err, &wrong) || strings.HasPrefix(err.Error(), "unknown command") {
		return exitUsage
	}
	return exitError
}

func rootCommand() *cobra.Command {
	var o options
	root := &cobra.Command{
		Use:           "fakegateway",
		Short:         "A scriptable fake IB Gateway",
		Long:          usage,
		Example:       examples,
		Args:          noArguments,
		Version:       version.String(),
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := commandline.RefuseEmpty(c); err != nil {
				return usageError{err}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := o.settings.config(c.Flags().Changed)
			if err != nil {
				return err
			}
			return serve(c.Context(), o, cfg, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	flags := root.Flags()
	flags.StringVar(&o.listen, "listen", "127.0.0.1:0", "`HOST:PORT` for API clients")
	flags.StringVar(&o.control, "control", "127.0.0.1:0", "`HOST:PORT` for the HTTP control port")
	o.settings.flags(flags)
	flags.StringVar(&o.record, "record", "", "`DIR` for transcript.jsonl and connections.json")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(recordCommand(), healthyCommand(), replayCommand(), importCommand(),
		profilesCommand(), catalogueCommand())
	root.AddCommand(scheduleCommands()...)
	return root
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unknown command %q; see fakegateway --help", args[0])}
	}
	return nil
}

func profilesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "profiles",
		Short: "List the profiles",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, p := range fakegateway.Profiles {
				fmt.Fprintf(table, "%s\t%s\n", p.Name, p.Summary)
			}
			return table.Flush()
		},
	}
}

// readSchedule reads a file of faults; the empty name is the empty schedule.
func readSchedule(name string) (fault.Schedule, error) {
	if name == "" {
		return fault.Schedule{}, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return fault.Schedule{}, usageError{fmt.Errorf("read schedule: %w", err)}
	}
	schedule, err := fault.Parse(name, text)
	if err != nil {
		return fault.Schedule{}, usageError{err}
	}
	return schedule, nil
}
