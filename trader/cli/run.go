package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"ibsoak/internal/version"
	"ibsoak/trader"
	"ibsoak/trader/broker"
	"ibsoak/trader/config"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/link"
	"ibsoak/trader/status"
	"ibsoak/trader/zombies"
)

// run is one life of the trader. It leaves an exit record unless it never had the state directory.
func run(ctx context.Context, c config.Config, stderr *lockedWriter) (err error) {
	begun := time.Now()
	tc, refused := c.Trader()
	if refused != nil && len(tc.Symbols) == 0 { // not even the state directory can be trusted
		return exit.Because(exit.Usage, refused)
	}
	board := newBoard(c)
	log, closeLog, err := openLog(c, stderr, board)
	if err != nil {
		return exit.Because(exit.Usage, err)
	}
	defer func() { err = errors.Join(err, closeLog.Close()) }()
	dir, err := c.StateDir()
	if err != nil {
		return exit.Because(exit.State, err)
	}
	sole, err := takeInstance(c, dir)
	if code, known := exit.Of(err); known && code == exit.ClientIDInUse {
		return err
	} else if err != nil {
		log.Warn("nothing keeps another trader from this client id", "error", err)
	}
	defer func() { err = errors.Join(err, sole.release()) }()
	j, err := journal.Open(context.WithoutCancel(ctx), dir)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	l := life{begun: begun, dir: dir, journal: j, log: log, stderr: stderr}
	if refused != nil {
		return l.end(ctx, exit.Because(exit.Usage, refused), 0)
	}
	seen, err := observe(ctx, c, dir, board, log)
	if err != nil {
		return l.end(ctx, err, 0)
	}
	defer func() { err = errors.Join(err, seen.stop(ctx, err)) }()
	tc.Log, tc.Board, tc.Audit = log, board, seen.audit.write
	tc.OnReady = func(ready bool, why string) {
		r := beginning(begun)
		r.Status = seen.listen
		r.Ready, r.Blind = ready, why
		if err := r.write(dir); err != nil {
			log.Error("the record does not say whether the trader is ready", "ready", ready, "error", err)
		}
	}
	engine, err := trader.New(tc, connector(c, j, log, board), j)
	if err != nil {
		return l.end(ctx, exit.Because(exit.Usage, err), 0)
	}
	log.Info("starting", "gateway", address(c), "client_id", c.Gateway.ClientID, "symbols", c.Symbols,
		"strategy", c.Strategy.Name, "once", c.Once, "dry_run", c.DryRun, "version", version.String(),
		"interval", c.Interval.Duration, "state", dir, "seed", c.Reconnect.Seed)
	if err := beginning(begun).write(dir); err != nil {
		return l.end(ctx, exit.Because(exit.State, err), 0)
	}
	err = engine.Run(ctx)
	return l.end(ctx, err, engine.Cycles())
}

// life is a run that has the state directory.
type life struct {
	begun   time.Time
	dir     string
	journal *journal.Journal
	log     *slog.Logger
	stderr  io.Writer
}

// end writes the exit record, names what is left at the broker, and closes the journal. It gives err, with
// what went wrong meanwhile.
func (l life) end(ctx context.Context, err error, cycles int64) error {
	err = advise(err)
	record := newRecord(l.begun, cycles, err)
	var lerr error
	if record.Left, lerr = leftAt(context.WithoutCancel(ctx), l.journal); lerr != nil {
		err = errors.Join(err, exit.Because(exit.State, lerr))
	}
	for _, left := range record.Left {
		_, _ = fmt.Fprintf(l.stderr, "trader: left at the broker: %s\n", left)
	}
	l.log.Info("ended", "code", record.Code, "reason", record.Name, "cycles", record.Cycles)
	if werr := record.write(l.dir); werr != nil {
		err = errors.Join(err, exit.Because(exit.State, werr))
	}
	if cerr := l.journal.Close(); cerr != nil {
		err = errors.Join(err, exit.Because(exit.State, cerr))
	}
	return err
}

func address(c config.Config) string { return c.Gateway.Addr() }

// connector dials the Gateway once, after looking for zombies. Order ids go on above every id that
// any life of this client has used, whatever the Gateway's nextValidId says.
func connector(c config.Config, j *journal.Journal, log *slog.Logger, board *status.Board) trader.Connector {
	return func(ctx context.Context) (trader.Broker, error) {
		counted, err := lookForZombies(ctx, c, log, board)
		if err != nil {
			return nil, err
		}
		defer counted()
		floor, err := j.OrderIDFloor(context.WithoutCancel(ctx), c.Gateway.ClientID)
		if err != nil {
			return nil, exit.Because(exit.State, err)
		}
		to := c.Link()
		to.Log = log
		s, err := broker.Connect(ctx, broker.Config{Link: to, OrderIDFloor: floor + 1})
		if err != nil {
			return nil, err
		}
		return s, nil
	}
}

// lookForZombies counts before the dial when that depends on the count, and else beside it: then counted
// waits for its end. A count that is unknown changes nothing.
func lookForZombies(ctx context.Context, c config.Config, log *slog.Logger, board *status.Board,
) (counted func(), err error) {
	if strings.HasPrefix(address(c), link.UnixPrefix) {
		return func() {}, nil // a keeper's socket: the Gateway's port is the keeper's concern
	}
	if c.Zombies.Policy == config.Fail {
		return func() {}, refuseZombies(ctx, c, log, board)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		count, err := countZombies(ctx, c, c.Zombies.Limit.Duration)
		switch {
		case errors.Is(err, zombies.ErrRemote), ctx.Err() != nil:
			log.Debug("sockets in CLOSE_WAIT: unknown", "error", err)
		case err != nil:
			log.Info("sockets in CLOSE_WAIT: unknown", "error", err)
		default:
			tellZombies(count, log, board)
		}
	}()
	return func() { <-done }, nil
}

// refuseZombies is an error when the Gateway holds sockets that it has not closed.
func refuseZombies(ctx context.Context, c config.Config, log *slog.Logger, board *status.Board) error {
	count, err := countZombies(ctx, c, max(c.Zombies.Limit.Duration, zombies.DefaultLimit))
	if err != nil {
		log.Warn("sockets in CLOSE_WAIT: unknown, so the Gateway is dialed", "error", err)
		return nil
	}
	tellZombies(count, log, board)
	if len(count.Gateway) > 0 {
		return exit.Errorf(exit.Zombies, "%s: %s", address(c), count)
	}
	return nil
}

func countZombies(ctx context.Context, c config.Config, limit time.Duration) (zombies.Count, error) {
	host, port := c.Gateway.HostPort()
	return zombies.Check(ctx, host, port, limit)
}

func tellZombies(count zombies.Count, log *slog.Logger, board *status.Board) {
	board.Update(func(s *status.Snapshot) {
		s.CloseWait = status.CloseWait{At: s.At, Gateway: len(count.Gateway), Client: len(count.Client)}
	})
	if len(count.Gateway)+len(count.Client) == 0 {
		log.Debug("no sockets in CLOSE_WAIT on the Gateway's port")
		return
	}
	log.Warn("the Gateway's port has sockets in CLOSE_WAIT", "found", count.String(), "do", exit.Zombies.Row().Do)
}
