package keeper

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ibsoak/internal/wire"
	"ibsoak/trader/keeper/pace"
	"ibsoak/trader/keeper/pool"
	"ibsoak/trader/keeper/serve"
	"ibsoak/trader/link"
)

// identity is what a session was opened with. Another client may have the session if all of it is the
// same.
type identity struct {
	id           int
	version      wire.Version
	options      string
	capabilities string
}

func identityOf(c *serve.Client) identity {
	return identity{c.ID, c.Hello.Version, c.Preamble.Options, c.Capabilities}
}

// session is one connection to the Gateway, from before its handshake to after its end. mu guards
// what follows it; the link's reader takes it for every frame, so nobody waits while holding it.
type session struct {
	keeper *Keeper
	lane   *pace.Lane

	opened chan struct{} // closed when the handshake has succeeded or failed
	over   chan struct{} // closed when the connection is gone and no longer in Keeper.sessions

	mu       sync.Mutex
	identity identity
	machine  *pool.Session
	link     *link.Link // nil until opened, and after a failure
	failure  error      // why the handshake failed
	client   *serve.Client
	settled  chan struct{} // of the client: closed when it may ask
	left     chan struct{} // of the client: closed when it has left
	closing  bool          // no client may attach any more
	since    time.Time     // when the Gateway was ready
	idle     *time.Timer   // ends a session without a client
	last     *link.Request // that was given to the link
	sent     int           // requests given to the link, reqCurrentTime and startApi not counted
	capture  *capture      // nil: nothing is recorded
}

func (k *Keeper) newSession(who identity) *session {
	s := &session{
		keeper: k, lane: k.queue.Lane(), identity: who,
		opened: make(chan struct{}), over: make(chan struct{}),
		machine: pool.New(who.id, who.version, k.readOnly(who.id), k.book),
	}
	return s
}

// run opens the session and waits for its end.
func (s *session) run() {
	k := s.keeper
	who := s.identity
	cfg := k.cfg.Link
	cfg.Addr, cfg.ClientID = k.cfg.Gateway, who.id
	cfg.MaxServerVersion, cfg.Options, cfg.Capabilities = int(who.version), who.options, who.capabilities
	cfg.MessagesPerSecond, cfg.Log = -1, k.log.With("id", who.id)
	cfg.Greeted, cfg.Relay, cfg.Transcript = s.greeted, s.fromGateway, s.transcript
	l, err := link.Connect(k.ctx, cfg)
	s.ready(l, err)
	if err == nil {
		<-l.Done()
		err = l.Err()
	}
	s.ended(err)
}

// greeted follows the Gateway to a lower version than was assumed. The client has been told another
// one, and must come again; the session stays for it.
func (s *session) greeted(hello wire.Hello) {
	k := s.keeper
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := k.book.Learn(s.identity.version, hello); err != nil {
		k.log.Error("what was learned of the Gateway is only in memory", "error", err)
	}
	if hello.Version == s.identity.version {
		return
	}
	k.log.Warn("the Gateway speaks an older version than its client was told: the client is sent away once",
		"id", s.identity.id, "told", int(s.identity.version), "gateway", int(hello.Version))
	s.identity.version = hello.Version
	s.machine = pool.New(s.identity.id, hello.Version, k.readOnly(s.identity.id), k.book)
	if s.client != nil {
		s.client.Finish(fmt.Errorf("the Gateway speaks version %d: connect again", hello.Version))
	}
}

// ready notes how the handshake ended.
func (s *session) ready(l *link.Link, err error) {
	s.mu.Lock()
	s.link, s.failure, s.since = l, err, time.Now()
	if err == nil {
		s.keeper.counts.Sessions.Add(1)
		s.apply(s.machine.Opened())
		if s.client == nil {
			s.idleFrom(s.keeper.cfg.Keep)
		}
	} else {
		s.keeper.counts.Failed.Add(1)
		s.closing = true
	}
	s.mu.Unlock()
	if err == nil {
		s.keeper.present()
	}
	close(s.opened)
}

// ended takes the session out, whose connection is gone, and tells its client by a FIN.
func (s *session) ended(err error) {
	k := s.keeper
	s.mu.Lock()
	s.closing = true
	s.stopIdle()
	wasReady := s.failure == nil
	if s.client != nil && wasReady { // else its own goroutine decides: it may wait for the Gateway
		s.client.Finish(fmt.Errorf("the session at the Gateway is over: %w", err))
	}
	k.counts.Dropped.Add(s.machine.Dropped())
	s.mu.Unlock()
	_, _ = s.endCapture("the session is over") // it has logged itself; there may be none
	if n := s.lane.Clear(); n > 0 {
		k.counts.Unsent.Add(uint64(n))
		k.log.Warn("requests were never sent: the session is over", "id", s.identity.id, "requests", n)
	}
	k.mu.Lock()
	if k.sessions[s.identity.id] == s {
		delete(k.sessions, s.identity.id)
	}
	k.mu.Unlock()
	close(s.over)
	k.lost(s, wasReady, err)
}

// fromGateway takes a frame, from the link's reader.
func (s *session) fromGateway(kind wire.Kind, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	deliver, effects := s.machine.FromGateway(kind, payload)
	if deliver != nil && s.client != nil {
		s.client.Push(deliver)
	}
	if effects != nil {
		s.apply(*effects)
	}
}

// apply does what the machine has decided. The caller holds mu.
func (s *session) apply(e pool.Effects) {
	if s.client != nil {
		s.client.Push(e.ToClient...)
	}
	s.ask(e.ToGateway)
	if e.Settled && s.client != nil {
		close(s.settled)
	}
}

// ask queues requests of the keeper's own, in their order and before those of clients. The caller
// holds mu.
func (s *session) ask(messages []wire.Message) {
	for _, m := range messages {
		payload, err := wire.Payload(m, s.identity.version)
		if err != nil {
			s.keeper.log.Error("request not made", "id", s.identity.id, "error", err)
			continue
		}
		s.lane.Push(pace.Item{Kind: m.Kind, Payload: payload, Send: s.sendOwn}, true)
	}
}

// sendClients is send for a client's request that has waited.
func (s *session) sendClients(kind wire.Kind, payload []byte) { _ = s.send(kind, payload) }

// sendOwn is send for a request of the keeper's own.
func (s *session) sendOwn(kind wire.Kind, payload []byte) {
	n := s.send(kind, payload)
	if tell := s.keeper.cfg.OwnRequests; tell != nil && n > 0 {
		s.mu.Lock()
		local := s.link.LocalAddr().String()
		s.mu.Unlock()
		tell(OwnRequest{ID: s.identity.id, Local: local, Number: n, Kind: kind.String()})
	}
}

// send hands a request to the link, as the n-th of the session: 0 when it was not sent. A Gateway
// that leaves its socket unread for so long is stalled.
func (s *session) send(kind wire.Kind, payload []byte) (n int) {
	s.mu.Lock()
	l := s.link
	s.mu.Unlock()
	if l == nil {
		return 0
	}
	ctx := s.keeper.ctx
	if !l.Room() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, sendWithin)
		defer cancel()
	}
	r, err := l.Send(ctx, kind, payload)
	if err != nil {
		s.keeper.counts.Unsent.Add(1)
		l.End(link.Stalled, err)
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = r
	if kind != wire.ReqCurrentTime && kind != wire.StartAPI {
		s.sent++
	}
	return s.sent
}

// flush waits until everything that goes before the end has been written: a departed client's orders,
// and the cancels of its subscriptions.
func (s *session) flush(ctx context.Context) {
	passed := make(chan struct{})
	s.lane.Push(pace.Item{Send: func(wire.Kind, []byte) { close(passed) }}, true)
	select {
	case <-passed:
	case <-s.over:
		return
	case <-ctx.Done():
		return
	}
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	if last == nil {
		return
	}
	select {
	case <-last.Done():
	case <-ctx.Done():
	}
}

// try gives the session to a client, unless another has it or it is about to end.
func (s *session) try(c *serve.Client) (left chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.left, false
	}
	s.stopIdle()
	s.client, s.settled, s.left = c, make(chan struct{}), make(chan struct{})
	s.apply(s.machine.Attach())
	return nil, true
}

// usable says whether the client may ever have the session.
func (s *session) usable(c *serve.Client) (closing, same, busy bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing, s.identity == identityOf(c), s.client != nil
}

// exchange passes the client's requests on until it has ended or was ended.
func (s *session) exchange(c *serve.Client) error {
	ctx := s.keeper.ctx
	for {
		kind, payload, err := c.Read()
		if err != nil {
			return err
		}
		if err := s.lane.Await(ctx); err != nil {
			return err
		}
		if err := s.request(c, kind, payload); err != nil {
			return err
		}
	}
}

// request passes one request on.
func (s *session) request(c *serve.Client, kind wire.Kind, payload []byte) error {
	s.mu.Lock()
	if s.client != c || s.closing {
		s.mu.Unlock()
		return errors.New("the session is over")
	}
	key, forward, reply, err := s.machine.FromClient(kind, payload)
	if err != nil {
		s.keeper.log.Error("an order id is only in memory", "id", s.identity.id, "error", err)
	}
	if reply != nil {
		c.Push(reply)
	}
	now := forward && s.keeper.atOnce()
	if forward && !now {
		s.lane.Push(pace.Item{Kind: kind, Payload: payload, Key: key, Send: s.sendClients}, pace.IsFirst(kind))
	}
	s.mu.Unlock()
	if now {
		_ = s.send(kind, payload)
	}
	return nil
}

// leave takes the session from a client that has ended, and takes back what it had asked for. Its
// orders and cancels that wait are still sent.
func (s *session) leave(c *serve.Client) {
	k := s.keeper
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != c {
		return
	}
	for _, item := range s.lane.Drop() {
		s.machine.Unsent(item.Key)
		k.counts.Unsent.Add(1)
	}
	s.client = nil
	if own := s.machine.Leave(); !s.closing { // else there is nobody to be asked, and others wait behind it
		s.ask(own)
	}
	close(s.left)
	keep := k.cfg.Keep
	if !s.machine.Reusable() {
		k.log.Info("session closes: its client asked for something that the keeper does not know",
			"id", s.identity.id)
		keep = -1
	}
	s.idleFrom(keep)
}

// idleFrom ends the session after some time without a client. The caller holds mu.
func (s *session) idleFrom(keep time.Duration) {
	if keep == Forever || s.closing {
		return
	}
	if keep < 0 {
		keep = 0
	}
	s.idle = time.AfterFunc(keep, s.expire)
}

func (s *session) stopIdle() {
	if s.idle != nil {
		s.idle.Stop()
		s.idle = nil
	}
}

// expire ends a session that nobody came for.
func (s *session) expire() {
	s.mu.Lock()
	stale := s.client != nil || s.closing || s.link == nil
	if !stale {
		s.closing = true
	}
	s.mu.Unlock()
	if !stale {
		ctx, cancel := context.WithTimeout(s.keeper.ctx, stopWithin)
		defer cancel()
		s.flush(ctx)
		s.link.End(link.LocalClose, errExpired)
	}
}

var errExpired = errors.New("nobody came for the session")

// close ends the session in good order and waits for it.
func (s *session) close(ctx context.Context, why string) {
	s.mu.Lock()
	s.closing = true
	s.stopIdle()
	l := s.link
	s.mu.Unlock()
	if l == nil {
		select {
		case <-s.opened:
		case <-ctx.Done():
		}
		s.mu.Lock()
		l = s.link
		s.mu.Unlock()
	}
	if l != nil {
		s.keeper.log.Info("session closes", "id", s.identity.id, "why", why)
		s.flush(ctx)
		_ = l.Close(ctx) // the link has logged what it left undone
	}
	select {
	case <-s.over:
	case <-ctx.Done():
	}
}
