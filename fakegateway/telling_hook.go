package fakegateway

import (
	"fmt"
	"os"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/hook"
	"ibsoak/internal/wire"
)

// actionHook is what receipts of a hook that failed name as its plan.
const actionHook fault.Action = "hook"

// loadHook reads a schedule's hook, if it has one. Every connection starts with an empty state.
func (s *Server) loadHook(schedule fault.Schedule) error {
	if schedule.Hook == "" {
		s.hook.Store(nil)
		return nil
	}
	source, err := os.ReadFile(schedule.Hook)
	if err != nil {
		return fmt.Errorf("read hook: %w", err)
	}
	h, err := hook.Load(schedule.Hook, source, func(text string) {
		s.log.Info("hook", "says", text)
	})
	if err != nil {
		return fmt.Errorf("read hook: %w", err)
	}
	s.hook.Store(h)
	return nil
}

// hooked asks the hook about a message; nil is to go on. A hook that fails leaves a receipt and the
// message untouched. The caller holds telling.
func (c *conn) hooked(m wire.Message) *fault.What {
	h := c.srv.hook.Load()
	if h == nil || c.row.Planted {
		return nil
	}
	if c.script == nil || c.script.Hook != h {
		c.script = h.Thread(c.id)
	}
	clientID, known := c.track.Client()
	if !known {
		clientID = -1
	}
	what, err := c.script.OnMessage(c.id, clientID, m)
	if err != nil {
		c.srv.board.File(fault.Receipt{
			Fault: fault.HookID, Planned: actionHook, Connection: c.id, At: time.Now(),
			Point: m.Kind.String(), Wire: "message untouched", BytesOut: c.w.sent.Load(),
			Mismatch: err.Error(),
		})
		return nil
	}
	return what
}
