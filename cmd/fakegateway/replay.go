package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"ibsoak/internal/recording"
)

const replayUsage = `replay serves a recording to API clients. It finds each request of a client in the recording
by its kind and contents; ids, the version and the form of the message do not have to be equal. The
answers contain the client's own ids. A request that is not in the recording gets error 321.

It prints one line on stdout when it is ready, and stops on SIGTERM or SIGINT. Then it lists on stderr
the requests that were not in the recording:

  listening gateway=127.0.0.1:40123`

// replayCommand serves a recording.
func replayCommand() *cobra.Command {
	var cfg recording.PlayerConfig
	var listenOn, speed string
	c := &cobra.Command{
		Use:     "replay FILE",
		Short:   "Serve a recording to clients",
		Long:    replayUsage,
		Example: "  fakegateway replay day.jsonl --listen 127.0.0.1:4444 --speed max",
		Args:    oneArgument("replay", "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if cfg.Speed, err = parseSpeed(speed); err != nil {
				return err
			}
			r, err := recording.Load(args[0])
			if err != nil {
				return usageError{err}
			}
			cfg.Log = warnings(c.ErrOrStderr())
			player, err := recording.NewPlayer(r, cfg)
			if err != nil {
				return usageError{err}
			}
			return replay(c.Context(), player, listenOn, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	flags := c.Flags()
	flags.StringVar(&listenOn, "listen", "127.0.0.1:0", "`HOST:PORT` for API clients")
	flags.StringVar(&speed, "speed", "1", "how much faster than recorded: `N`, or max")
	flags.IntVar(&cfg.MaxServerVersion, "max-server-version", 0,
		"highest server version `N` to negotiate, whatever was recorded (default 225)")
	flags.IntVar(&cfg.NextOrderID, "next-order-id", 0,
		"`N` for the first nextValidId (default: as recorded)")
	return c
}

func parseSpeed(text string) (float64, error) {
	if text == "max" {
		return -1, nil
	}
	speed, err := strconv.ParseFloat(text, 64)
	if err != nil || speed <= 0 || speed > 1e9 {
		return 0, usageError{fmt.Errorf("--speed %q: want a number above 0, or max", text)}
	}
	return speed, nil
}

func replay(
	ctx context.Context, player *recording.Player, listenOn string, stdout, stderr io.Writer,
) error {
	ln, err := listen("listen", listenOn)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- player.Serve(ln) }()
	fmt.Fprintf(stdout, "listening gateway=%s\n", ln.Addr())
	select {
	case <-ctx.Done():
		player.Close()
		err = <-served
	case err = <-served:
		player.Close()
	}
	writeSummary(stderr, player.Summary())
	return err
}

func writeSummary(w io.Writer, s recording.Summary) {
	fmt.Fprintf(w, "fakegateway: %d connections, %d requests, %d of them in the recording, "+
		"%d messages sent\n", s.Connections, s.Requests, s.Answered, s.Messages)
	for _, m := range s.Missing {
		fmt.Fprintf(w, "fakegateway: not in the recording, asked %d times: %s; it has %s\n",
			m.Times, m.Request, m.Has)
	}
	for _, kind := range slices.Sorted(maps.Keys(s.Dropped)) {
		fmt.Fprintf(w, "fakegateway: %d %s were not sent: the client's version does not have them\n",
			s.Dropped[kind], kind)
	}
	if s.Skipped > 0 {
		fmt.Fprintf(w, "fakegateway: %d frames were recorded without their contents and not sent\n",
			s.Skipped)
	}
}

// importCommand turns other people's transcripts into recordings.
func importCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "import FILE --out FILE",
		Short: "Turn a published transcript into a recording",
		Long: `import reads the lines of a transcript (handshake, client, server, raw, sleep,
disconnect), or a YAML file of interactions, and writes a recording that replay can serve. Nothing is scrubbed:
publishers have done that in their own way.`,
		Example: "  fakegateway import orders.txt --out orders.jsonl",
		Args:    oneArgument("import", "FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return usageError{errors.New("import wants --out FILE")}
			}
			data, err := os.ReadFile(args[0])
			if err != nil {
				return usageError{fmt.Errorf("read transcript: %w", err)}
			}
			transcript, err := recording.ParseTranscript(args[0], data)
			if err != nil {
				return usageError{err}
			}
			file, err := newFile(out)
			if err != nil {
				return err
			}
			return errors.Join(recording.Import(transcript, file), file.Close())
		},
	}
	c.Flags().StringVar(&out, "out", "", "`FILE` to make; one that exists is not overwritten")
	return c
}

// oneArgument wants exactly one.
func oneArgument(command, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError{fmt.Errorf("%s wants one %s, got %d", command, what, len(args))}
		}
		return nil
	}
}
