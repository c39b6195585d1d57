package fakegateway

import (
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/internal/wire"
)

// reached notes in the loop that the handshake has come to p, and lets what falls there act. It
// reports whether the loop goes on.
func (c *conn) reached(p fault.Phase) bool {
	if p != fault.Accepted { // marked before the reader started
		c.mark(p)
	}
	hit := c.phase(p)
	if hit == nil {
		return true
	}
	goOn, _ := c.strike(*hit, wire.Message{})
	return goOn
}

// reachedAtWriter is reached for the phases that are over when something was written.
func (c *conn) reachedAtWriter(p fault.Phase) bool {
	c.mark(p)
	hit := c.phase(p)
	return hit == nil || c.w.strike(*hit, item{})
}

func (c *conn) mark(p fault.Phase) {
	event := Event{Kind: EventPhase, Message: string(p)}
	c.srv.board.update(c.row, event, func(r *Connection) {
		if at := r.phase(p); at.IsZero() {
			*at = time.Now()
		}
	})
}

// strike lets a fault act in the loop, on the message m that was just read, if any. goOn is false
// when the loop is over, handle when the message is not to be handled.
func (c *conn) strike(hit fault.Hit, m wire.Message) (goOn, handle bool) {
	switch hit.What.Do { //nolint:exhaustive // the rest acts without the message
	case fault.Delay:
		c.filed(hit, "held back "+hit.What.For.String())
		goOn = c.sleep(time.Duration(hit.When.Delay+hit.What.For)) && !c.quitting()
		return goOn, goOn
	case fault.Drop:
		c.filed(hit, "message dropped")
		return c.sleep(time.Duration(hit.When.Delay)), false
	case fault.Error:
		goOn = c.sleep(time.Duration(hit.When.Delay))
		c.filed(hit, fmt.Sprintf("error %d", hit.What.Code))
		c.putError(hit, session.RequestID(m.Body))
		return goOn, m.Body == nil
	}
	if hit.When.Delay > 0 {
		c.later(hit)
		return true, true
	}
	c.do(hit, "", hit.What.Do)
	goOn = !hit.What.Do.EndsConnection()
	return goOn, goOn
}

// later lets a fault act after its When.Delay, while the connection goes on.
func (c *conn) later(hit fault.Hit) {
	delay := time.Duration(hit.When.Delay)
	hit.When.Delay = 0
	c.after(delay, func() { c.do(hit, "", hit.What.Do) })
}

// do performs an action on the connection, or hands one on the listener to the Gateway. Any
// goroutine may call it. wrote is what the fault has written before, for the receipt.
func (c *conn) do(hit fault.Hit, wrote string, planned fault.Action) {
	file := func(wire, mismatch string) { c.receipt(hit, planned, wrote+wire, mismatch) }
	end := string(planned) + " by fault " + hit.ID
	switch hit.What.Do {
	case fault.FIN:
		c.finish(end, func(mismatch string) { file("FIN", mismatch) })
	case fault.RST:
		mismatch := ""
		if c.isEnded() {
			mismatch = "the connection had ended already"
		}
		file("RST", mismatch)
		c.shut(end, true)
	case fault.HalfClose:
		c.w.put(item{step: func(bool) bool {
			c.sendFIN(true, end, func(mismatch string) { file("FIN", mismatch) })
			return false
		}})
	case fault.Hold:
		file("nothing", "")
		c.hold(end)
	case fault.Mute, fault.StopWriting, fault.StopReading:
		file(c.pause(hit), "")
	case fault.CloseOnEOF, fault.IgnoreEOF, fault.SendAfterEOF:
		c.setEOF(hit)
		file("nothing", "")
	case fault.Error:
		if c.spoken.Load() == 0 {
			file("nothing", "the connection has no version yet")
			return
		}
		file(fmt.Sprintf("error %d", hit.What.Code), "") // first: who sees the error finds it
		c.putError(hit, noID)
	case fault.Garbage, fault.BadLength, fault.Drip:
		hit.What.Do = planned
		c.w.put(item{step: func(bool) bool { return c.w.strike(hit, item{}) }})
	case fault.Refuse, fault.BacklogFull, fault.Restart, fault.Operate:
		c.srv.order(hit)
	case fault.Cut, fault.Delay, fault.Duplicate, fault.Drop, fault.Reorder, fault.Withhold,
		fault.Replace, fault.Corrupt, fault.Swap:
		file("nothing", "the action needs a message") // Validate lets none of them come here
	}
}

// pause starts an action that may end by itself, and says how long it lasts.
func (c *conn) pause(hit fault.Hit) string {
	lasts, resume := "for good", func() { c.setMuted(false) }
	switch hit.What.Do {
	case fault.StopWriting:
		resume = c.w.gate.shut()
	case fault.StopReading:
		resume = c.stopReading()
	default:
		c.setMuted(true)
	}
	c.srv.stage.wake() // a request that waits for the bootstrap waits no longer
	if d := time.Duration(hit.What.For); d > 0 {
		lasts = "for " + d.String()
		c.after(d, resume)
	}
	return "nothing " + lasts
}

func (c *conn) setMuted(muted bool) {
	c.mu.Lock()
	c.muted = muted
	c.mu.Unlock()
	c.w.silent.Store(muted)
}

// stopReading makes the kernel's buffer small, so that the receive window soon is full, and breaks
// off the read under way.
func (c *conn) stopReading() (resume func()) {
	const smallest = 4096
	if b, ok := c.nc.(interface{ SetReadBuffer(bytes int) error }); ok {
		_ = b.SetReadBuffer(smallest) // refused only on a socket that is gone
	}
	open := c.rd.gate.shut()
	_ = c.nc.SetReadDeadline(time.Unix(1, 0))
	return func() {
		_ = c.nc.SetReadDeadline(time.Time{})
		open()
	}
}

func (c *conn) setEOF(hit fault.Hit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch hit.What.Do {
	case fault.IgnoreEOF:
		c.eof = leakOnEOF
	case fault.SendAfterEOF:
		c.eof, c.pastEOF = sendPastEOF, hit
	default:
		c.eof = closeOnEOF
	}
}

func (c *conn) isEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// filed is the receipt of a fault that did what was planned.
func (c *conn) filed(hit fault.Hit, wire string) { c.receipt(hit, hit.What.Do, wire, "") }

func (c *conn) receipt(hit fault.Hit, planned fault.Action, wire, mismatch string) {
	c.srv.board.receipt(fault.Receipt{
		Fault: hit.ID, Planned: planned, Wire: wire, Connection: c.id, Point: hit.Point,
		At: time.Now(), BytesOut: c.w.sent.Load(), Mismatch: mismatch,
	})
}

// noID is the id of an error message that answers no request.
const noID = -1

// putError queues the error message of a fault.
func (c *conn) putError(hit fault.Hit, id int64) {
	m := c.errorMessage(hit, id)
	c.w.put(c.errorItem(hit, m))
	c.made(m)
}

func (c *conn) errorMessage(hit fault.Hit, id int64) wire.Message {
	text := hit.What.Message
	if text == "" {
		text = fault.ErrorText(hit.What.Code)
	}
	return wire.Message{Kind: wire.ErrorMessage, Body: &protobuf.ErrorMessage{
		Id: proto.Int32(int32(id)), ErrorTime: proto.Int64(c.Now().UnixMilli()),
		ErrorCode: proto.Int32(int32(hit.What.Code)), ErrorMsg: proto.String(text),
	}}
}

func (c *conn) errorItem(hit fault.Hit, m wire.Message) item {
	raw, err := wire.Append(nil, m, wire.Version(c.spoken.Load()))
	if err != nil {
		c.srv.log.Error("error message of a fault not sent", "fault", hit.ID, "err", err)
	}
	return item{raw: raw, kind: m.Kind.String(), digest: c.digest(m)}
}

// requestID is the id in a message that is about to be written.
func (c *conn) requestID(it item) int64 {
	if !it.message {
		return noID
	}
	m, err := wire.Decode(wire.FromServer, payloadOf(it.raw), c.version)
	if err != nil {
		return noID
	}
	return session.RequestID(m.Body)
}

// noise is what garbage and bad-length write: the same for the same seed, fault and connection.
func (s *Server) noise(hit fault.Hit) []byte {
	if hit.What.Do == fault.BadLength {
		n := uint32(hit.What.Length)
		return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	}
	var name uint64 = 14695981039346656037 // FNV-1a
	for _, b := range []byte(hit.ID) {
		name = (name ^ uint64(b)) * 1099511628211
	}
	source := rand.New(rand.NewPCG(s.cfg.Seed, name+uint64(hit.Connection)))
	noise := make([]byte, hit.What.Bytes)
	for i := range noise {
		noise[i] = byte(source.UintN(256))
	}
	return noise
}

func payloadOf(raw []byte) []byte {
	const prefixBytes = 4
	return raw[min(prefixBytes, len(raw)):]
}

// frame is the transcript's form of an outbound unit.
func (c *conn) frame(d wire.Direction, it item, note string) frame {
	f := frame{
		at: time.Now(), connection: c.id, direction: d, raw: it.raw, kind: it.kind, note: note,
		digest: it.digest,
	}
	if it.message || it.kind == errorKind {
		f.version = c.version
	}
	return f
}

var errorKind = wire.ErrorMessage.String()

// inboundFrame is the transcript's form of an arrival. Its raw bytes are made again from what was
// read, which is the same for everything that wire's readers accept.
func (c *conn) inboundFrame(a arrival, kind, note string) frame {
	if a.preamble != nil {
		return c.rawFrame(wire.AppendPreamble(nil, *a.preamble), kind, note)
	}
	if kind == "" {
		kind = KindMalformed
		if k, _, _, err := wire.Identify(wire.FromClient, a.payload, c.version); err == nil {
			kind = k.String()
		}
	}
	f := c.rawFrame(a.frame(), kind, note)
	f.at, f.version = a.at, c.version
	return f
}

func (c *conn) rawFrame(raw []byte, kind, note string) frame {
	return frame{
		at: time.Now(), connection: c.id, direction: wire.FromClient,
		raw: raw, kind: kind, note: note,
	}
}
