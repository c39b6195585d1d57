package connection

import (
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// actionHook is what receipts of a hook that failed name as its plan.
const actionHook fault.Action = "hook"

// askHook asks the hook about a message; nil is to go on. A hook that fails leaves a receipt and the
// message untouched. The caller holds sending.
func (c *Conn) askHook(m wire.Message) *fault.What {
	h := c.gateway.Hook.Load()
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
		c.gateway.Board.File(fault.Receipt{
			Fault: fault.HookID, Planned: actionHook, Connection: c.id, At: time.Now(),
			Point: m.Kind.String(), Wire: "message untouched", BytesOut: c.w.sent.Load(),
			Mismatch: err.Error(),
		})
		return nil
	}
	return what
}
