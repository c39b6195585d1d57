package keeper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/time/rate"

	"ibsoak/internal/wire"
	"ibsoak/trader/keeper/book"
	"ibsoak/trader/keeper/pace"
	"ibsoak/trader/keeper/serve"
	"ibsoak/trader/link"
)

// Keeper is a running keeper. Each client has a goroutine that reads and one that writes; each
// session has one that waits for its end, besides its link's; pump sends what was paced. Run waits
// for all of them.
type Keeper struct {
	cfg    Config
	log    *slog.Logger
	book   *book.Book
	queue  *pace.Queue
	rate   *rate.Limiter
	port   *port
	begun  time.Time
	counts counters

	// openFile is os.OpenFile but in tests, for captures: a disk may be slow.
	openFile func(path string, flag int, mode os.FileMode) (*os.File, error)

	running sync.WaitGroup
	ctx     context.Context // of everything that runs; ended by Run
	cancel  context.CancelFunc

	mu       sync.Mutex       // taken before any session's
	sessions map[int]*session // by client id; the only one of its id
	clients  map[*serve.Client]bool
	away     *absence                    // nil while the Gateway is not known to be away
	pauses   *backoff.ExponentialBackOff // between attempts while it is away
	proven   time.Time                   // when the Gateway last was ready for a session; zero: never
}

// counters count what happened since the start.
type counters struct {
	Clients, Probes, Refused, Slow, TakenOver                 atomic.Uint64
	Sessions, Reused, Reopened, Failed, Lost, Unsent, Dropped atomic.Uint64
}

// New opens the state directory and the port. Run must follow.
func New(cfg Config) (*Keeper, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("keeper: %w", err)
	}
	k := &Keeper{
		cfg: cfg, log: cfg.Log, queue: pace.NewQueue(), begun: time.Now(),
		sessions: map[int]*session{}, clients: map[*serve.Client]bool{},
		pauses: newPauses(cfg), openFile: os.OpenFile,
	}
	if cfg.MessagesPerSecond > 0 {
		k.rate = rate.NewLimiter(rate.Limit(cfg.MessagesPerSecond), link.PaceBurst)
	}
	if k.book, err = book.Open(cfg.State); err != nil {
		return nil, err
	}
	if k.port, err = openPort(cfg.Listen); err != nil {
		return nil, errors.Join(err, k.book.Close())
	}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	return k, nil
}

// Addr is where clients connect.
func (k *Keeper) Addr() net.Addr { return k.port.addr }

// Run serves until ctx ends, then closes every session in good order. It returns when nothing of the
// keeper runs any more.
func (k *Keeper) Run(ctx context.Context) error {
	k.running.Go(k.pump)
	k.running.Go(k.accept)
	k.log.Info("keeper listens", "addr", k.Addr(), "gateway", k.cfg.Gateway)
	<-ctx.Done()
	k.log.Info("keeper stops")
	_ = k.port.shut()
	k.endAll()
	k.cancel()
	hurry := time.AfterFunc(partWithin, k.dropAll)
	defer hurry.Stop()
	k.running.Wait()
	return errors.Join(k.port.remove(), k.book.Close())
}

// endAll ends the clients with a FIN, and then the sessions.
func (k *Keeper) endAll() {
	k.mu.Lock()
	sessions := make([]*session, 0, len(k.sessions))
	for _, s := range k.sessions {
		sessions = append(sessions, s)
	}
	for c := range k.clients {
		c.Finish(errStopping)
	}
	k.mu.Unlock()
	limit, cancel := context.WithTimeout(k.ctx, stopWithin)
	defer cancel()
	var closing sync.WaitGroup
	for _, s := range sessions {
		closing.Go(func() { s.close(limit, "the keeper stops") })
	}
	closing.Wait()
}

// dropAll ends the clients that have not answered their FIN.
func (k *Keeper) dropAll() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for c := range k.clients {
		c.Drop(errStopping)
	}
}

var (
	errStopping  = errors.New("the keeper stops")
	errTakenOver = errors.New("another client has taken the session over")
)

// accept serves the connections of the port until it is closed for good.
func (k *Keeper) accept() {
	for {
		conn, err := k.port.next()
		if err != nil {
			return
		}
		if !k.cfg.allows(conn.RemoteAddr()) {
			k.log.Warn("client refused: it is not from this host, nor from --allow-remote", "from", conn.RemoteAddr())
			k.counts.Refused.Add(1)
			_ = conn.Close() // nothing was said
			continue
		}
		c := serve.Accept(conn)
		k.mu.Lock()
		full := len(k.clients) >= MaxClients
		if !full {
			k.clients[c] = true
			k.running.Go(func() { k.serve(c) })
		}
		k.mu.Unlock()
		if full {
			k.log.Warn("client refused: too many connections", "from", conn.RemoteAddr(), "max", MaxClients)
			k.counts.Refused.Add(1)
			_ = conn.Close() // nothing was said
		}
	}
}

// serve is the life of a client.
func (k *Keeper) serve(c *serve.Client) {
	defer func() {
		k.mu.Lock()
		delete(k.clients, c)
		k.mu.Unlock()
	}()
	if err := c.Greet(k.ctx, func(p wire.Preamble) (wire.Hello, error) { return k.hello(c, p) }); err != nil {
		k.counts.Probes.Add(1)
		k.log.Debug("client did not shake hands", "from", c.Remote(), "error", err)
		c.Abandon()
		return
	}
	k.counts.Clients.Add(1)
	k.running.Go(c.Write)
	w := c.Watch()
	s, err := k.attach(c, w)
	w.Stop()
	if err != nil {
		k.refuse(c, err)
		c.Close(c.Discard())
		return
	}
	err = s.exchange(c)
	s.leave(c)
	why := c.Why()
	if errors.Is(why, serve.ErrSlow) {
		k.counts.Slow.Add(1)
	}
	k.log.Info("client left", "id", c.ID, "from", c.Remote(), "after", time.Since(c.Since).Round(time.Millisecond),
		"frames_in", c.In.Load(), "frames_out", c.Out.Load(), "ended_by_keeper", why, "end", err)
	c.Close(!errors.Is(err, os.ErrDeadlineExceeded))
}

// hello answers a preamble: the version is the smaller of the client's newest and the Gateway's, as
// far as that is known.
func (k *Keeper) hello(c *serve.Client, p wire.Preamble) (wire.Hello, error) {
	if k.cfg.Hold {
		w := c.Watch()
		err := k.awaitGateway(w)
		w.Stop()
		if err != nil {
			return wire.Hello{}, err
		}
	}
	newest := wire.MaxVersion
	if v := k.book.Newest(); v != 0 {
		newest = v
	}
	if k.cfg.ServerVersion != 0 {
		newest = min(newest, wire.Version(k.cfg.ServerVersion))
	}
	return k.book.Hello(wire.Negotiate(newest, p)), nil
}

// refuse tells a client why it has no session.
func (k *Keeper) refuse(c *serve.Client, err error) {
	k.counts.Refused.Add(1)
	k.log.Warn("client refused", "id", c.ID, "from", c.Remote(), "reason", err)
	if errors.Is(err, errIDInUse) {
		c.Refuse(wire.CodeClientIDInUse, wire.TextClientIDInUse)
		return
	}
	c.Finish(err) // what the Gateway itself has said is queued before it
}

var errIDInUse = errors.New("the client id is in use")

// pump sends requests that were queued, at the rate of the Gateway.
func (k *Keeper) pump() {
	for {
		select {
		case <-k.queue.Filled():
		case <-k.ctx.Done():
			return
		}
		for !k.queue.Idle() {
			if k.rate != nil && k.rate.Wait(k.ctx) != nil {
				return
			}
			item, ok := k.queue.Take()
			if !ok {
				break
			}
			item.Send(item.Kind, item.Payload)
			k.queue.Sent()
		}
	}
}

// atOnce reports that a request may leave now, past an empty queue.
func (k *Keeper) atOnce() bool {
	return k.queue.Idle() && (k.rate == nil || k.rate.Allow())
}

func (k *Keeper) readOnly(id int) bool { return slices.Contains(k.cfg.ReadOnly, id) }
