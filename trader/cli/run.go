package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/lmittmann/tint"

	"ibsoak/trader"
	"ibsoak/trader/broker"
	"ibsoak/trader/config"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/link"
	"ibsoak/trader/zombies"
)

// run is one life of the trader. It leaves an exit record unless it never had the state directory.
func run(ctx context.Context, c config.Config, stderr *lockedWriter) (err error) {
	begun := time.Now()
	tc, err := c.Trader()
	if err != nil {
		return exit.Because(exit.Usage, err)
	}
	log, err := newLog(c, stderr)
	if err != nil {
		return exit.Because(exit.Usage, err)
	}
	dir, err := c.StateDir()
	if err != nil {
		return exit.Because(exit.State, err)
	}
	j, err := journal.Open(context.WithoutCancel(ctx), dir)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	tc.Log = log
	tc.OnReady = func(ready bool, why string) {
		r := beginning(begun)
		r.Ready, r.Blind = ready, why
		if err := r.write(dir); err != nil {
			log.Error("the record does not say whether the trader is ready", "ready", ready, "error", err)
		}
	}
	engine, err := trader.New(tc, connector(c, j, log), j)
	if err != nil {
		return errors.Join(exit.Because(exit.Usage, err), j.Close())
	}
	log.Info("starting", "gateway", address(c), "client_id", c.Gateway.ClientID, "symbols", c.Symbols,
		"strategy", c.Strategy.Name, "once", c.Once, "interval", c.Interval.Duration, "state", dir,
		"seed", c.Reconnect.Seed)
	if err := beginning(begun).write(dir); err != nil {
		return errors.Join(exit.Because(exit.State, err), j.Close())
	}
	err = advise(engine.Run(ctx))
	record := newRecord(begun, engine.Cycles(), err)
	var lerr error
	if record.Left, lerr = leftAt(context.WithoutCancel(ctx), j); lerr != nil {
		err = errors.Join(err, exit.Because(exit.State, lerr))
	}
	for _, l := range record.Left {
		_, _ = fmt.Fprintf(stderr, "trader: left at the broker: %s\n", l)
	}
	log.Info("ended", "code", record.Code, "reason", record.Name, "cycles", record.Cycles)
	if werr := record.write(dir); werr != nil {
		err = errors.Join(err, exit.Because(exit.State, werr))
	}
	if cerr := j.Close(); cerr != nil {
		err = errors.Join(err, exit.Because(exit.State, cerr))
	}
	return err
}

func address(c config.Config) string { return c.Gateway.Addr() }

// connector dials the Gateway once, after looking for zombies. Order ids go on above every id that
// any life of this client has used, whatever the Gateway's nextValidId says.
func connector(c config.Config, j *journal.Journal, log *slog.Logger) trader.Connector {
	return func(ctx context.Context) (trader.Broker, error) {
		if err := lookForZombies(ctx, c, log); err != nil {
			return nil, err
		}
		floor, err := j.OrderIDFloor(context.WithoutCancel(ctx), c.Gateway.ClientID)
		if err != nil {
			return nil, exit.Because(exit.State, err)
		}
		s, err := broker.Connect(ctx, broker.Config{
			Link: link.Config{
				Addr: address(c), ClientID: c.Gateway.ClientID, Account: c.Account,
				MaxServerVersion: c.Gateway.MaxServerVersion, Log: log,
				DialTimeout:    c.Gateway.DialTimeout.Duration,
				VersionTimeout: c.Gateway.HandshakeTimeout.Duration,
				ReadyTimeout:   c.Gateway.ReadyTimeout.Duration,
			},
			OrderIDFloor: floor + 1,
		})
		if err != nil {
			return nil, err
		}
		return s, nil
	}
}

// lookForZombies counts before the dial. A count that is unknown changes nothing.
func lookForZombies(ctx context.Context, c config.Config, log *slog.Logger) error {
	host, text, err := net.SplitHostPort(address(c))
	if err != nil || strings.HasPrefix(address(c), config.UnixPrefix) {
		return nil // a keeper's socket: the Gateway's port is the keeper's concern
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return exit.Because(exit.Usage, err)
	}
	limit := c.Zombies.Limit.Duration
	if c.Zombies.Policy == config.Fail {
		limit = max(limit, zombies.DecidingLimit)
	}
	count, err := zombies.Check(ctx, host, port, limit)
	switch {
	case err != nil && c.Zombies.Policy == config.Fail:
		log.Warn("sockets in CLOSE_WAIT: unknown, so the Gateway is dialed", "error", err)
	case err != nil:
		log.Debug("sockets in CLOSE_WAIT: unknown", "error", err)
	case len(count.Gateway) > 0 && c.Zombies.Policy == config.Fail:
		return exit.Errorf(exit.Zombies, "%s: %s", address(c), count)
	case len(count.Gateway)+len(count.Client) > 0:
		log.Warn("the Gateway's port has sockets in CLOSE_WAIT", "found", count.String(),
			"do", exit.Zombies.Row().Do)
	default:
		log.Debug("no sockets in CLOSE_WAIT on the Gateway's port")
	}
	return nil
}

// newLog writes to stderr: coloured on a terminal, plain text else.
func newLog(c config.Config, stderr *lockedWriter) (*slog.Logger, error) {
	level, err := c.Level()
	if err != nil {
		return nil, fmt.Errorf("make log: %w", err)
	}
	if isTerminal(stderr.w) {
		return slog.New(tint.NewTextHandler(stderr, &tint.Options{Level: level, TimeFormat: time.TimeOnly})), nil
	}
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})), nil
}

// isTerminal says whether w is a character device and colours are wanted (https://no-color.org).
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
