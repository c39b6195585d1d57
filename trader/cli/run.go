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

func address(c config.Config) string {
	return net.JoinHostPort(c.Gateway.Host, strconv.Itoa(c.Gateway.Port))
}

// connector dials the Gateway once, after looking for zombies. Order ids go on above every id that
// any life of this client has used, whatever the Gateway's nextValidId says.
func connector(c config.Config, j *journal.Journal, log *slog.Logger) trader.Connector {
	return func(ctx context.Context) (trader.Broker, error) {
		counted, err := lookForZombies(ctx, c, log)
		if err != nil {
			return nil, err
		}
		defer counted()
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

// lookForZombies counts before the dial when that depends on the count, and else beside it: then counted
// waits for its end. A count that is unknown changes nothing.
func lookForZombies(ctx context.Context, c config.Config, log *slog.Logger) (counted func(), err error) {
	if c.Zombies.Policy == config.Fail {
		return func() {}, refuseZombies(ctx, c, log)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		count, err := zombies.Check(ctx, c.Gateway.Host, c.Gateway.Port, c.Zombies.Limit.Duration)
		switch {
		case errors.Is(err, zombies.ErrRemote), ctx.Err() != nil:
			log.Debug("sockets in CLOSE_WAIT: unknown", "error", err)
		case err != nil:
			log.Info("sockets in CLOSE_WAIT: unknown", "error", err)
		default:
			tellZombies(count, log)
		}
	}()
	return func() { <-done }, nil
}

// refuseZombies is an error when the Gateway holds sockets that it has not closed.
func refuseZombies(ctx context.Context, c config.Config, log *slog.Logger) error {
	limit := max(c.Zombies.Limit.Duration, zombies.DefaultLimit)
	count, err := zombies.Check(ctx, c.Gateway.Host, c.Gateway.Port, limit)
	if err != nil {
		log.Warn("sockets in CLOSE_WAIT: unknown, so the Gateway is dialed", "error", err)
		return nil
	}
	if len(count.Gateway) > 0 {
		return exit.Errorf(exit.Zombies, "%s: %s", address(c), count)
	}
	tellZombies(count, log)
	return nil
}

func tellZombies(count zombies.Count, log *slog.Logger) {
	if len(count.Gateway)+len(count.Client) == 0 {
		log.Debug("no sockets in CLOSE_WAIT on the Gateway's port")
		return
	}
	log.Warn("the Gateway's port has sockets in CLOSE_WAIT", "found", count.String(), "do", exit.Zombies.Row().Do)
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
