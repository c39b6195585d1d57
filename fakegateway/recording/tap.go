package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"ibsoak/internal/wire"
)

// dialLimit bounds the connection to the real Gateway.
const dialLimit = 10 * time.Second

// TapConfig configures a Tap.
type TapConfig struct {
	// Upstream is the HOST:PORT of the Gateway; there is no default, so that none is dialled that
	// nobody has named.
	Upstream string
	// Out is where the recording goes.
	Out io.Writer
	// Amounts says what becomes of balances. Default: ScaleAmounts.
	Amounts Amounts
	// Unscrubbed keeps everything as it came, accounts and balances included.
	Unscrubbed bool
	// Log hears of connections and of what cannot be kept. nil: nobody does.
	Log *slog.Logger
}

// Tap stands between clients and a Gateway: it forwards both ways byte for byte, FIN and RST as
// they come and no faster than the other end reads, and keeps every frame. One that cannot be
// kept is forwarded all the same.
type Tap struct {
	cfg  TapConfig
	keep *keeper
	log  *slog.Logger

	ctx    context.Context // of dials; over with Close
	cancel context.CancelFunc

	mu      sync.Mutex
	ln      net.Listener
	links   map[*link]bool
	count   int
	closing bool
	wg      sync.WaitGroup
	failed  error // the first entry that was not written
}

// NewTap makes a Tap that does not listen yet.
func NewTap(cfg TapConfig) (*Tap, error) {
	if _, _, err := net.SplitHostPort(cfg.Upstream); err != nil {
		return nil, fmt.Errorf("make tap: upstream %q: want the Gateway's HOST:PORT: %w",
			cfg.Upstream, err)
	}
	t := &Tap{cfg: cfg, log: cfg.Log, links: make(map[*link]bool)}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	t.keep = &keeper{
		w:   NewWriter(cfg.Out, Header{Scrubbed: !cfg.Unscrubbed, Source: "tap"}),
		now: time.Now,
	}
	if !cfg.Unscrubbed {
		var err error
		if t.keep.scrub, err = NewScrubber(cfg.Amounts); err != nil {
			return nil, err
		}
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t, nil
}

// Serve accepts clients on ln until Close, and owns ln from now on. It returns nil after Close.
func (t *Tap) Serve(ln net.Listener) error {
	t.mu.Lock()
	if t.closing || t.ln != nil {
		t.mu.Unlock()
		return errors.Join(errors.New("serve tap: it was closed, or serves already"), ln.Close())
	}
	t.ln = ln
	t.wg.Add(1)
	t.mu.Unlock()
	defer t.wg.Done()
	for {
		c, err := ln.Accept()
		if err != nil {
			if t.isClosing() {
				return nil
			}
			return fmt.Errorf("serve tap: %w", err)
		}
		t.admit(c)
	}
}

func (t *Tap) isClosing() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closing
}

// admit starts the link of a client.
func (t *Tap) admit(c net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing {
		_ = c.Close() // as if it had come a moment later
		return
	}
	t.count++
	l := &link{
		tap: t, id: t.count, client: c.(*net.TCPConn),
		fromClient: cutter{preamble: true},
	}
	t.links[l] = true
	t.wg.Go(func() {
		l.run()
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.links, l)
	})
}

// Connections is how many clients came, Entries how many lines the recording has.
func (t *Tap) Connections() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// Entries is how many lines the recording has after its header.
func (t *Tap) Entries() int { return t.keep.w.Entries() }

// kept files the outcome of writing an entry.
func (t *Tap) kept(err error) {
	if err == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil {
		t.failed = err
		t.log.Error("the recording is incomplete from here on; clients are still served", "err", err)
	}
}

// Close stops accepting, resets every connection that is left on both sides, and ends the
// recording. It returns the first error of writing it.
func (t *Tap) Close() error {
	t.mu.Lock()
	t.closing = true
	ln := t.ln
	for l := range t.links {
		l.abort()
	}
	t.mu.Unlock()
	t.cancel()
	if ln != nil {
		_ = ln.Close() // the accept loop returns either way
	}
	t.wg.Wait()
	err := t.keep.w.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed != nil {
		return t.failed
	}
	return err
}

// link is one client and its own connection to the Gateway. Two pumps work on it; run waits for
// both.
type link struct {
	tap     *Tap
	id      int
	client  *net.TCPConn
	gateway *net.TCPConn // set before the pumps start
	aborted atomic.Bool
	version atomic.Int64 // 0 until the version reply
	mu      sync.Mutex   // guards gateway against abort
	wg      sync.WaitGroup

	fromClient, fromGateway cutter // each of one pump
}

func (l *link) run() {
	defer l.client.Close()
	keep := l.tap.keep
	l.tap.kept(keep.event(l.id, wire.FromClient, KindConnected, ""))
	dialer := net.Dialer{Timeout: dialLimit}
	c, err := dialer.DialContext(l.tap.ctx, "tcp", l.tap.cfg.Upstream)
	if err != nil {
		l.tap.log.Error("Gateway not reached; the client is reset", "connection", l.id, "err", err)
		l.tap.kept(keep.event(l.id, wire.FromServer, KindRST, "the Gateway was not reached"))
		_ = l.client.SetLinger(0)
		return
	}
	l.mu.Lock()
	l.gateway = c.(*net.TCPConn)
	l.mu.Unlock()
	defer l.gateway.Close()
	if l.aborted.Load() {
		l.abort()
	}
	l.tap.log.Info("client connected", "connection", l.id, "from", l.client.RemoteAddr())
	l.wg.Add(2)
	go func() { defer l.wg.Done(); l.pump(wire.FromClient, l.client, l.gateway, &l.fromClient) }()
	go func() { defer l.wg.Done(); l.pump(wire.FromServer, l.gateway, l.client, &l.fromGateway) }()
	l.wg.Wait()
	l.tap.log.Info("connection ended", "connection", l.id)
}

// abort resets both ends.
func (l *link) abort() {
	l.aborted.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	reset(l.client)
	if l.gateway != nil {
		reset(l.gateway)
	}
}

// reset closes with RST; a second call does nothing.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}
