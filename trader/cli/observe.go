package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ibsoak/internal/version"
	"ibsoak/trader/alert"
	"ibsoak/trader/config"
	"ibsoak/trader/exit"
	"ibsoak/trader/monitor"
	"ibsoak/trader/status"
)

// SocketName is the socket file in the state directory over which "trader status" looks.
const SocketName = "status.sock"

// observers watch one life from its board. None of them can hold it up.
type observers struct {
	board  *status.Board
	log    *slog.Logger
	audit  *auditLog
	alerts *alert.Watcher
	listen string // where the status page is; "" is nowhere

	cancel context.CancelFunc
	all    sync.WaitGroup
}

func newBoard(c config.Config) *status.Board {
	return status.NewBoard(status.Snapshot{
		At: time.Now(), Begun: time.Now(), Step: time.Now(),
		Version: version.String(), PID: os.Getpid(), Gateway: address(c),
		Patience: time.Minute, Session: status.Session{State: status.Waiting},
	})
}

// observe starts all of them. stop ends them.
func observe(
	ctx context.Context, c config.Config, dir string, board *status.Board, log *slog.Logger,
) (*observers, error) {
	o := &observers{board: board, log: log, audit: openAudit(c, dir, board)}
	past, err := lastDay(dir)
	if err != nil {
		log.Warn("the timeline of the last day cannot be read", "error", err)
	}
	board.Update(func(s *status.Snapshot) { s.Timeline = past })
	to := c.AlertsTo()
	to.Board, to.Log = board, log
	if o.alerts, err = alert.New(to); err != nil {
		return nil, exit.Because(exit.Usage, err)
	}
	servers, err := o.servers(c, dir)
	if err != nil {
		return nil, exit.Because(exit.Usage, err)
	}
	ctx, o.cancel = context.WithCancel(context.WithoutCancel(ctx)) // they see the end too
	for _, s := range servers {
		o.all.Go(func() {
			if err := s.Run(ctx); err != nil {
				log.Error("the status is not served any more", "error", err)
			}
		})
	}
	o.all.Go(func() { o.alerts.Run(ctx) })
	o.all.Go(func() { o.record(ctx, past) })
	o.all.Go(func() { tellSystemd(ctx, board, log) })
	return o, nil
}

// servers takes the configured address, which must be free, and the socket file, which is a convenience.
func (o *observers) servers(c config.Config, dir string) (all []*monitor.Server, err error) {
	token, err := c.Token()
	if err != nil {
		return nil, err
	}
	cfg := monitor.Config{Listen: c.Status.Listen, Token: token, Board: o.board, State: dir, Log: o.log}
	if cfg.Listen != "" {
		s, err := monitor.Listen(cfg)
		if err != nil {
			return nil, err
		}
		o.listen = s.Addr()
		o.log.Info("status page", "url", "http://"+o.listen+"/")
		all = append(all, s)
	}
	s, err := monitor.ListenUnix(cfg, filepath.Join(dir, SocketName))
	if err != nil {
		o.log.Warn("trader status will only see the journal", "error", err)
		return all, nil
	}
	return append(all, s), nil
}

// record keeps the timeline in the audit.
func (o *observers) record(ctx context.Context, past []status.Event) {
	var last time.Time
	if len(past) > 0 {
		last = past[len(past)-1].At
	}
	for over := false; ; {
		changed := o.board.Changed()
		for _, e := range o.board.Load().Since(last) {
			o.audit.writeAt(e.At, auditState, e)
			last = e.At
		}
		if over {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			over = true // and once more, for the last words
		}
	}
}

// exitTime bounds the alert about an end that nobody asked for, lastTime what an end on demand leaves untold.
const (
	exitTime = 10 * time.Second
	lastTime = time.Second
)

// stop ends them and tells of the life's end.
func (o *observers) stop(ctx context.Context, err error) error {
	o.cancel()
	o.all.Wait()
	text, within := "", lastTime
	if err != nil {
		text, within = exit.Line(err), exitTime
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	o.alerts.Close(ctx, text)
	return errors.Join(o.audit.file.Close())
}
