// Package cli is the trader as a command: flags, configuration, signals, logs, exit codes. It is
// callable in-process, so that another program can carry the trader as a subcommand.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ibsoak/internal/version"
	"ibsoak/trader/config"
	"ibsoak/trader/exit"
)

// Main runs the trader with the arguments that follow the program's name and returns its exit
// status; package exit says what each means. It ends when ctx does or on SIGINT, SIGTERM or SIGHUP,
// within three seconds, five more when --at-stop has work to do, and ten more when an alert of an end that
// is not clean finds its hook slow; a second signal ends the process at once. Anything but success leaves
// one line on stderr that says what happened and what to do.
// more are subcommands of programs that know more than the trader does, such as a backtest.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer, more ...*cobra.Command) int {
	errs := &lockedWriter{w: stderr}
	caller := ctx
	signal.Ignore(syscall.SIGPIPE) // a log that nobody reads any more must not end the trader
	defer signal.Reset(syscall.SIGPIPE)
	stops := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		stops = append(stops, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(caller, stops...)
	defer stop()
	defer context.AfterFunc(ctx, func() {
		stop() // the default handling is back, so that a second signal kills
		if caller.Err() == nil {
			_, _ = fmt.Fprintln(errs, "trader: stopping; a second signal ends it at once")
		}
	})()

	root := command(stdout, errs)
	root.AddCommand(more...)
	root.SetArgs(append([]string{}, args...)) // nil would mean os.Args
	err := root.ExecuteContext(ctx)
	if err == nil {
		return int(exit.OK)
	}
	if _, ok := exit.Of(err); !ok {
		err = exit.Because(exit.Usage, err)
	}
	err = advise(err)
	code, _ := exit.Of(err)
	// Nothing can be done when stderr is gone; the status still tells.
	_, _ = fmt.Fprintf(errs, "trader: %s\n", exit.Line(err))
	return int(code)
}

// lockedWriter keeps the lines of the log and those of Main apart.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes p as one piece, without account ids.
func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return redacting{l.w}.Write(p)
}

// command builds the command line. An error that it returns without an exit code is usage.
func command(stdout io.Writer, stderr *lockedWriter) *cobra.Command {
	var settings func() (config.Config, error)
	var showVersion bool
	root := &cobra.Command{
		Use: "trader", Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if showVersion {
				_, err := fmt.Fprintln(stdout, "trader", version.String())
				return err
			}
			c, err := settings()
			if err != nil {
				return err
			}
			return run(cmd.Context(), c, stderr)
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetHelpFunc(func(*cobra.Command, []string) { _, _ = io.WriteString(stdout, usage()) })
	settings = Settings(root.Flags())
	root.Flags().BoolVar(&showVersion, "version", false, "")
	root.AddCommand(books(stdout), resolve(stdout), backup(), restore(), halt(stdout), resume(stdout),
		configCommand(stdout), statusCommand(stdout), doctorCommand(stdout), keeperCommand(stdout, stderr))
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	return root
}

// Settings gives a command the trader's flags. What it returns reads them when they were parsed, together
// with the file and the environment; its errors are usage.
func Settings(flags *pflag.FlagSet) func() (config.Config, error) {
	var file string
	settingFlags(flags, &file)
	return func() (config.Config, error) {
		c, err := config.Load(file, os.LookupEnv, given(flags))
		if err != nil {
			return c, exit.Because(exit.Usage, err)
		}
		return c, nil
	}
}

// settingFlags gives a command the flags of every setting.
func settingFlags(flags *pflag.FlagSet, file *string) {
	flags.StringVar(file, "config", os.Getenv(configEnv), "")
	for _, o := range config.Options() {
		flag := flags.VarPF(&value{kind: o.Kind}, o.Flag, "", o.Usage)
		if o.Kind == "" {
			flag.NoOptDefVal = "true"
		}
	}
}

// value keeps a flag's text; the configuration parses it together with the other sources.
type value struct{ text, kind string }

// Set keeps the text.
func (v *value) Set(s string) error { v.text = s; return nil }

// String is the text as given.
func (v *value) String() string { return v.text }

// Type is the kind of value.
func (v *value) Type() string { return v.kind }

func given(flags *pflag.FlagSet) []config.Setting {
	var out []config.Setting
	flags.Visit(func(f *pflag.Flag) {
		if v, ok := f.Value.(*value); ok {
			out = append(out, config.Setting{Flag: f.Name, Value: v.text})
		}
	})
	return out
}
