package cli

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"ibsoak/trader/status"
)

// startPatience is how much longer systemd should wait for readiness each time that the engine shows that it
// is alive: a Gateway that is down at boot is no reason to start the trader again.
const startPatience = 2 * time.Minute

// tellSystemd says when the trader is ready for the first time, what it does, and that it is well, until ctx
// ends. Without systemd it does nothing.
func tellSystemd(ctx context.Context, board *status.Board, log *slog.Logger) {
	notify := func(state string) {
		if _, err := daemon.SdNotify(false, state); err != nil {
			log.Debug("systemd was not told", "error", err)
		}
	}
	if told, err := daemon.SdNotify(false, "STATUS=starting"); !told || err != nil {
		return // there is none
	}
	every := startPatience / 4
	if interval, err := daemon.SdWatchdogEnabled(false); err == nil && interval > 0 {
		every = min(every, interval/4)
	}
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	var dog watchdog
	said, ready := "", false
	for {
		changed := board.Changed()
		s, now := board.Load(), time.Now()
		ok, why := s.Ready(now)
		if line := "STATUS=" + headline(ok, why); line != said {
			said = line
			notify(line)
		}
		if ok && !ready {
			ready = true
			notify(daemon.SdNotifyReady)
		}
		if dog.fed(s, now) {
			notify(daemon.SdNotifyWatchdog)
			if !ready {
				notify(fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", startPatience.Microseconds()))
			}
		}
		select {
		case <-ctx.Done():
			notify(daemon.SdNotifyStopping)
			return
		case <-ticks.C:
		case <-changed:
			select { // a change is looked at, but not more often than every second
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
}

func headline(ready bool, why string) string {
	if ready {
		return "ready"
	}
	return "not ready: " + why
}

// watchdog decides whether a life deserves to go on.
type watchdog struct{ useful time.Time }

// fed says whether the watchdog may be fed: since the last time a cycle was completed, or the next one is not
// overdue by an interval, or there is no session that one could be completed on. Away from its Gateway a trader
// comes back by itself, and a restart would change nothing; with a session and no cycle, or without any step of
// its engine, it would.
func (w *watchdog) fed(s *status.Snapshot, now time.Time) bool {
	alive, _ := s.Alive(now)
	useful := s.Cycle.Useful.After(w.useful)
	w.useful = s.Cycle.Useful
	up := s.Session.State == status.Synced || s.Session.State == status.Connected
	due := now.Sub(s.Cycle.Useful) < 2*s.Cycle.Interval // an interval may be longer than systemd's patience
	return alive && (useful || due || !up)
}
