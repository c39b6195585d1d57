package connection

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/hook"
	"ibsoak/fakegateway/lock"
	"ibsoak/fakegateway/observe"
	"ibsoak/fakegateway/session"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/stage"
	"ibsoak/internal/wire"
)

const (
	// inboundQueue bounds the messages between the reader and the loop.
	inboundQueue = 64

	// pendingMessages bounds what is read ahead while the Gateway's stage lets nothing through.
	pendingMessages = 1024
)

// errOver is a wait that the end of the connection cut short.
var errOver = errors.New("the connection is over")

// Conn is one accepted socket. Three goroutines work on it: the reader, the writer, and the loop,
// which owns the session and handles messages one at a time. Serve waits for all of them.
type Conn struct {
	gateway *Gateway
	nc      Socket
	row     *observe.Connection // guarded by the board
	id      int
	track   *fault.Track
	w       *writer
	rd      *reader

	refusal string  // why it is closed without a byte; "" when it is not
	dialog  *dialog // the operator is asked before anything is read; nil when he is not
	readOn  func()  // opens the reader's gate, which the dialog has shut

	over chan struct{} // closed with the socket
	quit chan struct{} // closed when nothing more is handled

	mu      lock.Mutex[lock.Last]
	wg      sync.WaitGroup // reader, writer, delayed faults; Add under mu, unless over
	ended   bool           // over is closed
	stopped bool           // quit is closed
	muted   bool
	onFIN   fault.Hit         // answers the client's FIN; without an action it is answered as ever
	unfiled map[int]fault.Hit // by number: hits that have not yet left a receipt
	finSent bool
	half    bool // finSent by a half-close: later bytes are handled, not refused
	finSeen bool // the client's
	finAt   time.Time

	sending lock.Mutex[lock.Sending] // see sendThroughFaults
	slab    slab                     // guarded by sending
	script  *hook.Thread             // guarded by sending; nil before the hook was asked

	agreed atomic.Int64        // version, for those who are not behind the loop; 0 until it is known
	asked  atomic.Pointer[int] // client id of START_API, likewise; nil until it has come

	// Of the loop, and of what it has queued or registered:
	version   wire.Version
	greeted   chan struct{} // closed when the version reply is out; nil before it was queued
	booted    chan struct{} // the same for the bootstrap
	versioned bool
	started   bool
	ready     bool // the bootstrap is out
	requested bool
	pending   []arrival
	lagging   bool // the writer did not get on within writtenLimit
	session   *session.Session
	rate      *meter // of messages, where too many are rejected; nil where they are not
}

var _ client.Conn = (*Conn)(nil)

// New makes a connection of a socket that was just accepted, the ordinal-th that faults count.
func New(g *Gateway, nc Socket, row *observe.Connection, ordinal int) *Conn {
	c := &Conn{
		gateway: g, nc: nc, row: row, id: row.ID,
		track: g.Plan.Track(row.ID, ordinal),
		over:  make(chan struct{}), quit: make(chan struct{}),
	}
	c.w = newWriter(c)
	c.rd = newReader(c)
	return c
}

// Now is the scenario's clock.
func (c *Conn) Now() time.Time { return c.gateway.Clock.Now() }

// Send queues m for writing and never blocks. A message that the negotiated version cannot carry is
// logged and dropped, as is everything after the end of the session.
func (c *Conn) Send(m wire.Message) {
	if c.isMuted() {
		return
	}
	c.sendThroughFaults(m)
}

// Serve runs the connection and returns when its socket and all its goroutines are gone.
func (c *Conn) Serve() {
	c.mark(fault.Accepted) // before anything is read
	c.wg.Add(2)
	go func() { defer c.wg.Done(); c.rd.run() }()
	go func() { defer c.wg.Done(); c.w.run() }()
	c.loop()
	c.wg.Wait()
	c.cameToNothing()
}

// loop handles what arrives, as far as the Gateway's stage lets it.
func (c *Conn) loop() {
	defer c.rd.discard() // whatever comes now is read and thrown away
	defer func() {
		if c.session != nil {
			c.session.End()
		}
	}()
	if !c.reached(fault.Accepted) || !c.welcome() {
		return
	}
	for {
		now, stageOver := c.gateway.Stage.Get()
		if c.session != nil && c.session.Waits() && !c.isMuted() {
			c.session.Resume()
		}
		for len(c.pending) > 0 && c.admitted(now) {
			if !c.awaitWritten() {
				return
			}
			a := c.pending[0]
			c.pending = c.pending[1:]
			c.w.cork()
			goOn := c.handle(a)
			c.w.uncork()
			if !goOn {
				return
			}
		}
		in := c.rd.arrivals
		if len(c.pending) >= pendingMessages {
			in = nil
		}
		select {
		case a := <-in:
			if a.err != nil && !c.streamEnded(a) {
				return
			}
			if a.err == nil {
				c.pending = append(c.pending, a)
			}
		case <-c.greeted:
			c.greeted, c.versioned = nil, true
		case <-c.booted:
			c.booted, c.ready = nil, true
		case <-stageOver:
		case <-c.quit:
			return
		case <-c.over:
			return
		}
	}
}

// admitted reports whether the oldest pending arrival may be handled now.
func (c *Conn) admitted(now stage.Stage) bool {
	switch {
	case c.isMuted():
		return true // to be filed and forgotten
	case c.pending[0].preamble != nil:
		return now.Order() >= stage.VersionOnly.Order()
	case !c.versioned:
		return false // a client that did not wait for the version reply
	case !c.started:
		return now == stage.Ready
	default: // a fast client's request does not overtake the end of the bootstrap, unless that waits
		return c.ready || c.w.gate.isShut()
	}
}

// handle takes one arrival. It reports whether the loop goes on.
func (c *Conn) handle(a arrival) bool {
	switch {
	case a.preamble != nil:
		return c.greet(a)
	case c.isMuted():
		c.gateway.Board.Inbound(c.row, c.unanswered(a))
		return true
	case !c.started:
		return c.start(a)
	default:
		return c.request(a)
	}
}

// greet answers a client's preamble with the version reply.
func (c *Conn) greet(a arrival) bool {
	c.version = wire.Negotiate(c.gateway.Settings.MaxServerVersion, *a.preamble)
	c.agreed.Store(int64(c.version))
	c.track.Version(c.version)
	c.gateway.Board.Update(c.row, observe.Event{}, func(r *observe.Connection) { r.ServerVersion = int(c.version) })
	if !c.reached(fault.PreambleRead) {
		return false
	}
	if c.isMuted() {
		return true
	}
	c.greeted = make(chan struct{})
	greeted := c.greeted
	reply := wire.AppendHello(nil, wire.Hello{Version: c.version, Time: helloTime(c.Now())})
	if lie := c.gateway.Settings.VersionReply; lie != "" {
		reply = wire.AppendFrame(nil, []byte(lie))
	}
	c.w.put(item{raw: reply, kind: observe.KindVersionReply}, item{step: func(silenced bool) bool {
		defer close(greeted)
		return silenced || c.reachedAtWriter(fault.VersionSent)
	}})
	return true
}

// helloTime is the connection time in a version reply. The zone is always UTC: some clients refuse
// names that they do not know.
func helloTime(t time.Time) string { return t.UTC().Format("20060102 15:04:05 UTC") }

// start takes the first message, which must be START_API.
func (c *Conn) start(a arrival) bool {
	m, err := wire.Decode(wire.FromClient, a.payload, c.version)
	if err != nil || m.Kind != wire.StartAPI {
		c.gateway.Board.Inbound(c.row, c.inboundFrame(a, "", "startApi was due"))
		c.finish("the first message was not startApi", nil)
		return false
	}
	id := clientID(m)
	c.asked.Store(&id)
	c.track.ClientID(id)
	c.gateway.Board.Update(c.row, observe.Event{}, func(r *observe.Connection) { r.ClientID = &id })
	c.gateway.Board.Inbound(c.row, c.digestedFrame(a, m))
	c.started = true
	if !c.reached(fault.StartAPIRead) {
		return false
	}
	if hit := c.inboundFault(m); hit != nil {
		if goOn, handle := c.strike(*hit, m); !handle {
			return goOn
		}
	}
	if !c.allow(id) || !c.sleep(c.gateway.Owner.StallLogin(c.Now())) || c.quitting() {
		return false
	}
	if c.isMuted() {
		c.ready = true // there is no bootstrap to wait for, and no session when the mute is over
		return true
	}
	if c.version < wire.MinVersion {
		c.sendAway()
		return false
	}
	c.settle(id)
	c.session = session.New(c.gateway.Login, c, c.version)
	ok := c.session.Start(id)
	if !ok {
		c.session = nil
		c.finishAfter(c.gateway.Settings.RefusalDelay, "startApi was refused")
		return false
	}
	c.booted = make(chan struct{})
	booted := c.booted
	c.w.put(item{step: func(silenced bool) bool {
		defer close(booted)
		return silenced || c.reachedAtWriter(fault.BootstrapSent)
	}})
	return true
}

// request takes one message after START_API.
func (c *Conn) request(a arrival) bool {
	m, err := wire.Decode(wire.FromClient, a.payload, c.version)
	if err != nil {
		c.gateway.Board.Inbound(c.row, c.inboundFrame(a, observe.KindMalformed, err.Error()))
	} else {
		c.gateway.Board.Inbound(c.row, c.digestedFrame(a, m))
	}
	if !c.requested {
		c.requested = true
		if !c.reached(fault.FirstRequested) {
			return false
		}
	}
	if c.rate != nil && c.session != nil {
		if goOn, handle := c.overRate(); !handle {
			return goOn
		}
	}
	if err != nil {
		return c.malformed(a.payload, err)
	}
	if hit := c.inboundFault(m); hit != nil {
		if goOn, handle := c.strike(*hit, m); !handle {
			return goOn
		}
	}
	if c.isMuted() || c.session == nil {
		return true
	}
	c.session.Handle(m)
	return true
}

func (c *Conn) isMuted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.muted
}

// After runs f after d, unless the connection is over by then.
func (c *Conn) After(d time.Duration, f func()) {
	c.spawn(func() {
		if over, _ := c.await(max(1, d), fault.Hit{}, nil); !over {
			f()
		}
	})
}

// spawn runs f in a goroutine of its own, which the loop waits for, unless the connection is over.
func (c *Conn) spawn(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.wg.Go(f)
	}
}

// stop makes the loop return: nothing more is handled.
func (c *Conn) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped {
		c.stopped = true
		close(c.quit)
	}
}

// clientID is the id in START_API; absent is 0.
func clientID(m wire.Message) int {
	body, _ := m.Body.(*protobuf.StartApiRequest)
	return int(body.GetClientId())
}
