package connection

import (
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/observe"
	"ibsoak/fakegateway/session"
	"ibsoak/internal/wire"
)

var (
	_ fault.Connection = (*Conn)(nil)
	_ fault.Flow       = atLoop{}
	_ fault.Stream     = atWriter{}
)

// Ended reports whether the socket is gone.
func (c *Conn) Ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// HasVersion reports whether a version is agreed upon.
func (c *Conn) HasVersion() bool { return c.agreed.Load() != 0 }

// FIN sends FIN behind everything that was queued.
func (c *Conn) FIN(end string, done fault.Closed) { c.finish(end, done) }

// HalfClose sends FIN behind everything that was queued, and goes on reading.
func (c *Conn) HalfClose(end string, done fault.Closed) {
	c.w.put(item{step: func(bool) bool { c.sendFIN(true, end, done); return false }})
}

// RST closes the socket at once.
func (c *Conn) RST(end string) { c.shut(end, true) }

// Mute reads and throws away, and writes nothing.
func (c *Conn) Mute() (resume func()) {
	c.SetMuted(true)
	c.gateway.Stage.Wake() // a request that waits for the bootstrap waits no longer
	return func() { c.SetMuted(false) }
}

// StopWriting shuts the writer's gate.
func (c *Conn) StopWriting() (resume func()) {
	defer c.gateway.Stage.Wake()
	return c.w.gate.shut()
}

// StopReading makes the kernel's buffer small, so that the receive window soon is full, and breaks
// off the read under way.
func (c *Conn) StopReading() (resume func()) {
	defer c.gateway.Stage.Wake()
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

// SetMuted makes the connection read everything and answer nothing, or ends that.
func (c *Conn) SetMuted(muted bool) {
	c.mu.Lock()
	c.muted = muted
	c.mu.Unlock()
	c.w.silent.Store(muted)
}

// OnClientFIN lets the hit's action answer the client's FIN.
func (c *Conn) OnClientFIN(hit fault.Hit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onFIN = hit
}

// SendError queues an error message.
func (c *Conn) SendError(hit fault.Hit, code int, text string, id int64, written func(bytes int)) bool {
	m := c.errorMessage(code, text, id)
	it := c.errorItem(hit, m)
	if written == nil {
		c.w.put(it)
	} else {
		c.w.put(it, item{step: func(silenced bool) bool {
			if !silenced {
				written(len(it.raw))
			}
			return true
		}})
	}
	c.passError(m)
	return true
}

func (c *Conn) errorMessage(code int, text string, id int64) wire.Message {
	return c.timed(fault.ErrorMessage(code, text, id))
}

// timed gives an error message of a fault its time.
func (c *Conn) timed(m wire.Message) wire.Message {
	if body, ok := m.Body.(*protobuf.ErrorMessage); ok && body.ErrorTime == nil {
		body.ErrorTime = proto.Int64(c.Now().UnixMilli())
	}
	return m
}

func (c *Conn) errorItem(hit fault.Hit, m wire.Message) item {
	raw, err := wire.Append(nil, m, wire.Version(c.agreed.Load()))
	if err != nil {
		c.gateway.Log.Error("error message of a fault not sent", "fault", hit.ID, "err", err)
	}
	return item{raw: raw, kind: m.Kind.String(), digest: c.digest(m)}
}

// atLoop is a connection as an action sees it in the loop: ahead of the handling of a message, or
// between messages.
type atLoop struct {
	*Conn
	hit     fault.Hit
	message wire.Message // without a body between messages
}

// Wait lets what was queued go out meanwhile.
func (l atLoop) Wait(d time.Duration) bool {
	if l.w.uncork() {
		defer l.w.cork()
	}
	return l.holdBack(d, l.hit) && !l.quitting()
}

func (l atLoop) RequestID() int64 { return session.RequestID(l.message.Body) }
func (l atLoop) OnMessage() bool  { return l.message.Body != nil }

// atWriter is a connection as an action sees it in the writer: ahead of a frame, or between frames. What
// it writes goes out at once.
type atWriter struct {
	*Conn
	hit fault.Hit
	it  item // without bytes between frames
}

// FIN sends FIN in the place of everything that is queued.
func (w atWriter) FIN(end string, done fault.Closed) {
	w.w.discard()
	w.sendFIN(false, end, done)
}

// HalfClose sends FIN in the place of everything that is queued, and goes on reading.
func (w atWriter) HalfClose(end string, done fault.Closed) {
	w.w.discard()
	w.sendFIN(true, end, done)
}

// SendError writes an error message here and now.
func (w atWriter) SendError(hit fault.Hit, code int, text string, id int64, written func(bytes int)) bool {
	m := w.errorMessage(code, text, id)
	note := "by " + hit.ID
	if w.it.kind != "" {
		note = "in place of " + w.it.kind
	}
	it := w.errorItem(hit, m)
	goOn := w.w.add(it, note)
	if written != nil && goOn {
		written(len(it.raw))
	}
	w.passError(m)
	return goOn
}

func (w atWriter) Wait(d time.Duration) bool { return w.holdBack(d, w.hit) }
func (w atWriter) OnMessage() bool           { return len(w.it.raw) > 0 }
func (w atWriter) FrameName() string         { return w.it.kind }
func (w atWriter) Write(note string) bool    { return w.w.add(w.it, note) }
func (w atWriter) WriteLater()               { w.w.late = append(w.w.late, w.it) }
func (w atWriter) Flush() bool               { return w.w.flush() }

func (w atWriter) WriteRaw(raw []byte) bool {
	return w.w.direct(item{raw: raw, kind: observe.KindGarbage}, "by "+w.hit.ID)
}

func (w atWriter) Drip(every time.Duration) (was time.Duration) {
	was = time.Duration(w.w.every.Swap(int64(every)))
	select {
	case w.w.hurry <- struct{}{}: // it may be waiting between two bytes
	default:
	}
	return was
}

func (w atWriter) RequestID() int64 {
	if !w.it.message {
		return session.RequestID(nil)
	}
	m, err := wire.Decode(wire.FromServer, payloadOf(w.it.raw), w.version)
	if err != nil {
		return session.RequestID(nil)
	}
	return session.RequestID(m.Body)
}

// Noise is the same for the same seed, fault and connection.
func (w atWriter) Noise(n int) []byte {
	var name uint64 = 14695981039346656037 // FNV-1a
	for _, b := range []byte(w.hit.ID) {
		name = (name ^ uint64(b)) * 1099511628211
	}
	source := rand.New(rand.NewPCG(w.gateway.Settings.Seed, name+uint64(w.hit.Connection)))
	noise := make([]byte, n)
	for i := range noise {
		noise[i] = byte(source.UintN(256))
	}
	return noise
}

// partial writes the first bytes of a unit that will not, or not yet, go out as a whole.
func (w *writer) partial(it item, bytes int, note string) bool {
	if bytes <= 0 || len(it.raw) == 0 {
		return true
	}
	it.raw = it.raw[:min(bytes, len(it.raw))]
	return w.direct(it, note)
}

// direct writes a piece of the stream past the batch, which must be empty or on its way out.
func (w *writer) direct(it item, note string) bool {
	f := w.c.frame(wire.FromServer, it, note)
	f.Version = 0 // not a whole message
	frames := []observe.RawFrame{f}
	w.c.gateway.Board.Outbound(frames)
	n, goOn := w.send(f.Raw)
	w.c.gateway.Board.Written(w.c.row, n, nil)
	return goOn
}

// rest writes what partial left of a unit.
func (w *writer) rest(it item, from int) bool {
	if from <= 0 {
		return len(it.raw) == 0 || w.add(it, "")
	}
	if from < len(it.raw) {
		it.raw = it.raw[from:]
		if !w.direct(it, "the rest of it") {
			return false
		}
	}
	w.c.gateway.Board.Written(w.c.row, 0, []observe.RawFrame{{Kind: it.kind}})
	return true
}

// strike lets a fault act on the unit that is about to be written, or between units. It reports whether
// the writer goes on.
func (w *writer) strike(hit fault.Hit, it item) bool {
	w.c.fell(hit)
	inside := hit.When.Byte
	if !w.partial(it, inside, fmt.Sprintf("%s inside by %s", hit.What.Do, hit.ID)) {
		return false
	}
	if hit.InMessages() || hit.InStream() {
		if !w.c.wait(time.Duration(hit.When.Delay)) {
			return false
		}
		e := hit.OnStream(atWriter{Conn: w.c, hit: hit, it: it})
		if e.Then != "" {
			return w.act(hit.Then(e.Then), e.Wire+", then ")
		}
		return w.c.perform(hit, "", e) && (e.Swallow || w.rest(it, inside))
	}
	hit.When.Byte = 0
	if hit.When.Delay > 0 {
		w.c.Later(hit)
		return w.rest(it, inside)
	}
	return w.act(hit, "") && w.gate.pass(w.c.over) && w.rest(it, inside)
}

// act performs an action on the connection in the writer's own goroutine, so that nothing comes
// between the bytes before and the end.
func (w *writer) act(hit fault.Hit, wrote string) bool {
	if hit.What.Do.OnListener() {
		w.c.Do(hit)
		return true
	}
	w.c.perform(hit, wrote, hit.OnConnection(atWriter{Conn: w.c, hit: hit}))
	return !hit.What.Do.EndsWriting()
}
