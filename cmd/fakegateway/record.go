package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"ibsoak/internal/recording"
)

const recordUsage = `record is a proxy between API clients and a Gateway. It forwards every byte in both directions,
and writes every frame to a file.

Before it writes a frame, it replaces accounts, names, order references, permanent ids and execution
ids: equal values get equal replacements. It multiplies all amounts by one number, which it writes
nowhere. Of a frame that it cannot decode, it writes only the name and the length.

It prints one line on stdout when it is ready, and stops on SIGTERM or SIGINT:

  listening gateway=127.0.0.1:40123 upstream=127.0.0.1:4002`

// recordCommand makes a recording of a real Gateway.
func recordCommand() *cobra.Command {
	var cfg recording.TapConfig
	var listenOn, out string
	var zero bool
	c := &cobra.Command{
		Use:     "record --upstream HOST:PORT --out FILE",
		Short:   "Record what a Gateway and its clients say, without saying whose account it is",
		Long:    recordUsage,
		Example: "  fakegateway record --upstream 127.0.0.1:4002 --listen 127.0.0.1:4444 --out day.jsonl",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if cfg.Upstream == "" || out == "" {
				return usageError{errors.New("record wants --upstream HOST:PORT and --out FILE: " +
					"no Gateway is dialled that was not named")}
			}
			if zero {
				cfg.Amounts = recording.ZeroAmounts
			}
			cfg.Log = warnings(c.ErrOrStderr())
			return record(c.Context(), cfg, listenOn, out, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	flags := c.Flags()
	flags.StringVar(&cfg.Upstream, "upstream", "", "`HOST:PORT` of the Gateway")
	flags.StringVar(&listenOn, "listen", "127.0.0.1:0", "`HOST:PORT` for API clients")
	flags.StringVar(&out, "out", "", "`FILE` to make; one that exists is not overwritten")
	flags.BoolVar(&zero, "zero-amounts", false, "write 0 for every amount, instead of scaling")
	flags.BoolVar(&cfg.Unscrubbed, "unscrubbed", false,
		"keep everything as it came: accounts, names and balances too")
	return c
}

// warnings logs what a person should see.
func warnings(stderr io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// newFile makes a file that only its owner can read.
func newFile(name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, usageError{fmt.Errorf("--out: %w", err)}
	}
	return file, nil
}

func record(
	ctx context.Context, cfg recording.TapConfig, listenOn, out string, stdout, stderr io.Writer,
) (err error) {
	ln, err := listen("listen", listenOn)
	if err != nil {
		return err
	}
	file, err := newFile(out)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	cfg.Out = file
	tap, err := recording.NewTap(cfg)
	if err != nil {
		return errors.Join(usageError{err}, ln.Close(), os.Remove(out)) // nothing is in it
	}
	if cfg.Unscrubbed {
		fmt.Fprintf(stderr, "fakegateway: %s will name accounts and balances\n", out)
	}
	served := make(chan error, 1)
	go func() { served <- tap.Serve(ln) }()
	fmt.Fprintf(stdout, "listening gateway=%s upstream=%s\n", ln.Addr(), cfg.Upstream)
	select {
	case <-ctx.Done():
		err = errors.Join(tap.Close(), <-served)
	case err = <-served:
		err = errors.Join(err, tap.Close())
	}
	fmt.Fprintf(stderr, "fakegateway: %d connections, %d entries in %s\n",
		tap.Connections(), tap.Entries(), out)
	return err
}
