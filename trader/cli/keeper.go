package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"

	"ibsoak/trader/config"
	"ibsoak/trader/exit"
	"ibsoak/trader/keeper"
	"ibsoak/trader/link"
)

const keeperIntro = `Usage: trader keeper --listen HOST:PORT --gateway HOST:PORT [flags]
       trader keeper status [--state DIR] [--at ADDR] [--json]
       trader keeper capture ID begin|end [--state DIR] [--at ADDR]

keeper stands between TWS API clients, in any language, and a Gateway. It keeps one
session at the Gateway for each client id, opened once and closed properly, and gives
it to one client after another: a client that probes, hangs, never closes or is killed
costs the Gateway nothing. Point your clients at its port instead of the Gateway's.

When a client leaves, what it subscribed to is cancelled; its orders stay. The next
client with its id and version gets the session at once, with the open orders, the
accounts and an order id above all that were used. See docs/keeper.md.

`

const keeperOutro = `
When it listens it prints one line on stdout:
  listening keeper=ADDR gateway=ADDR status=ADDR
SIGTERM ends it within three seconds: clients get a FIN, sessions are closed.

Example:
  trader keeper --listen 127.0.0.1:4102 --gateway 127.0.0.1:4002
`

// keeperFlags are the flags of trader keeper.
type keeperFlags struct {
	keeper.Config
	keep, away, level, status string
	own                       string
	remote                    []string
}

// statusSocket is where a keeper shows its status when --status does not say otherwise.
const statusSocket = "status.sock"

// keeperCommand is trader keeper with its subcommands.
func keeperCommand(stdout io.Writer, stderr *lockedWriter) *cobra.Command {
	var f keeperFlags
	cmd := &cobra.Command{
		Use: "keeper", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), stdout, stderr) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Listen, "listen", "127.0.0.1:4102", "where clients connect: `ADDR` is host:port or unix:PATH")
	flags.StringVar(&f.Gateway, "gateway", "127.0.0.1:4002", "the Gateway: `HOST:PORT`, 4002 paper, 4001 live")
	flags.StringVar(&f.keep, "keep", "30m", "`TIME` that a session stays without a client; 0 not at all, or forever")
	flags.IntVar(&f.ServerVersion, "server-version", 0, "newest version `N` for clients, 157..226; 0 is the Gateway's")
	flags.BoolVar(&f.Takeover, "takeover", false, "a second client of an id gets the session; else it gets 326")
	flags.StringVar(&f.away, "when-away", "refuse", "while the Gateway is away: `refuse` clients, or hold them")
	flags.IntSliceVar(&f.ReadOnly, "read-only", nil, "client `IDS` whose orders are refused with 321")
	flags.StringSliceVar(&f.remote, "allow-remote", nil, "`CIDR`s besides this host from which clients may come")
	flags.IntVar(&f.MessagesPerSecond, "rate", 45, "most messages a second for all clients together; -1 is no limit")
	flags.StringVar(&f.status, "status", "",
		"`ADDR` of status, metrics and readiness (default unix:STATE/"+statusSocket+")")
	flags.StringVar(&f.own, "own-requests", "",
		"`FILE` that gets a JSON line for each request that the keeper itself makes")
	flags.StringVar(&f.level, "log-level", "info", "debug, info, warn or error")
	cmd.PersistentFlags().StringVar(&f.State, "state", "",
		"`DIR` of what must survive (default trader-keeper beside the trader's)")
	cmd.SetHelpFunc(func(*cobra.Command, []string) {
		_, _ = io.WriteString(stdout, keeperIntro+cmd.Flags().FlagUsages()+keeperOutro)
	})
	cmd.AddCommand(keeperStatus(&f, stdout), keeperCapture(&f, stdout))
	return cmd
}

// stateDir is the directory, which it fills in.
func (f *keeperFlags) stateDir() (string, error) {
	if f.State == "" {
		dir, err := config.Config{}.StateDir()
		if err != nil {
			return "", err
		}
		f.State = filepath.Join(filepath.Dir(dir), "trader-keeper")
	}
	return f.State, nil
}

func (f *keeperFlags) statusAddr() (string, error) {
	if f.status != "" {
		return f.status, nil
	}
	dir, err := f.stateDir()
	return link.UnixPrefix + filepath.Join(dir, statusSocket), err
}

// config is what the flags say.
func (f *keeperFlags) config(stderr *lockedWriter) (keeper.Config, error) {
	c := f.Config
	if _, err := f.stateDir(); err != nil {
		return c, err
	}
	c.State = f.State
	keep, err := parseKeep(f.keep)
	if err != nil {
		return c, err
	}
	c.Keep = keep
	switch f.away {
	case "refuse":
	case "hold":
		c.Hold = true
	default:
		return c, fmt.Errorf("--when-away %q: want refuse or hold", f.away)
	}
	for _, text := range f.remote {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return c, fmt.Errorf("--allow-remote %q: want a network like 192.168.1.0/24", text)
		}
		c.AllowRemote = append(c.AllowRemote, p)
	}
	if c.MessagesPerSecond == 0 {
		return c, errors.New("--rate 0 would let nothing through: want 1 or more, or -1 for no limit")
	}
	for _, id := range c.ReadOnly {
		if id < 0 || id > math.MaxInt32 {
			return c, fmt.Errorf("--read-only %d: want client ids of 0..%d", id, math.MaxInt32)
		}
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.level)); err != nil {
		return c, fmt.Errorf("--log-level %q: want debug, info, warn or error", f.level)
	}
	c.Log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	if isTerminal(stderr.w) {
		c.Log = slog.New(tint.NewTextHandler(stderr, &tint.Options{Level: level, TimeFormat: time.TimeOnly}))
	}
	return c, nil
}

// parseKeep reads --keep: a keeper.Config has other words for never and for ever.
func parseKeep(text string) (time.Duration, error) {
	if text == "forever" {
		return keeper.Forever, nil
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil || d < 0:
		return 0, fmt.Errorf("--keep %q: want a time like 30m, 0, or forever", text)
	case d == 0:
		return -1, nil
	}
	return d, nil
}

// run is one life of a keeper.
func (f *keeperFlags) run(ctx context.Context, stdout io.Writer, stderr *lockedWriter) error {
	c, err := f.config(stderr)
	if err != nil {
		return keeperUsage(err)
	}
	status, err := f.statusAddr()
	if err != nil {
		return keeperUsage(err)
	}
	if f.own != "" {
		file, err := os.OpenFile(f.own, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return keeperUsage(err)
		}
		defer file.Close()
		lines := json.NewEncoder(&lockedWriter{w: file})
		c.OwnRequests = func(r keeper.OwnRequest) { _ = lines.Encode(r) } // whoever reads it counts
	}
	k, err := keeper.New(c)
	if err != nil {
		return keeperUsage(err)
	}
	life, end := context.WithCancelCause(ctx)
	defer end(nil)
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		if err := k.Web(life, status, func(addr string) {
			_, _ = fmt.Fprintf(stdout, "listening keeper=%s gateway=%s status=%s\n", k.Addr(), c.Gateway, addr)
			_, _ = daemon.SdNotify(false, daemon.SdNotifyReady) // no systemd is no error
		}); err != nil {
			end(err)
		}
	}()
	watched := make(chan struct{})
	go func() { defer close(watched); feedKeeper(life, k) }()
	err = k.Run(life)
	failure := context.Cause(life)
	end(nil)
	<-shown
	<-watched
	if ctx.Err() == nil && failure != nil {
		return keeperUsage(errors.Join(failure, err))
	}
	if err != nil {
		return exit.Because(exit.State, err)
	}
	return nil
}

// feedKeeper tells systemd that the keeper is alive: its status takes every lock that a client needs.
func feedKeeper(ctx context.Context, k *keeper.Keeper) {
	if every, err := daemon.SdWatchdogEnabled(false); err == nil && every > 0 {
		t := time.NewTicker(every / 2)
		defer t.Stop()
		for ctx.Err() == nil {
			k.Status()
			_, _ = daemon.SdNotify(false, daemon.SdNotifyWatchdog)
			select {
			case <-t.C:
			case <-ctx.Done():
			}
		}
	}
	<-ctx.Done()
	_, _ = daemon.SdNotify(false, daemon.SdNotifyStopping)
}

func keeperUsage(err error) error {
	return &exit.Error{Code: exit.Usage, What: err.Error(), Do: "see trader keeper --help", Err: err}
}
