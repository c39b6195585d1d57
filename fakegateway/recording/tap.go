package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
)

// dialLimit is how long the Tap waits for a connection to the Gateway.
const dialLimit = 10 * time.Second

// TapConfig configures a Tap.
type TapConfig struct {
	// Upstream is the HOST:PORT of the Gateway. There is no default: a Tap dials only a Gateway that
	// somebody has named.
	Upstream string
	// Out receives the recording.
	Out io.Writer
	// Amounts says how amounts of money are replaced. Default: ScaleAmounts.
	Amounts Amounts
	// Unscrubbed replaces nothing: the recording has accounts and balances as they are.
	Unscrubbed bool
	// Log receives connections and errors. nil: nothing is logged.
	Log *slog.Logger
}

// Tap is a proxy between clients and a Gateway. It forwards every byte, FIN and RST in both
// directions, no faster than the receiver reads, and records every frame. It forwards a frame also
// when it cannot record it.
type Tap struct {
	cfg     TapConfig
	entries *entryWriter
	log     *slog.Logger

	ctx    context.Context // bounds the dials; Close ends it
	cancel context.CancelFunc

	mu      sync.Mutex
	ln      net.Listener
	open    map[*tapConnection]bool
	count   int // connections so far
	closing bool
	wg      sync.WaitGroup
	failed  error // the first error of writing an entry
}

// NewTap makes a Tap that does not listen yet.
func NewTap(cfg TapConfig) (*Tap, error) {
	if _, _, err := net.SplitHostPort(cfg.Upstream); err != nil {
		return nil, fmt.Errorf("make tap: upstream %q: want the Gateway's HOST:PORT: %w",
			cfg.Upstream, err)
	}
	t := &Tap{cfg: cfg, log: cfg.Log, open: make(map[*tapConnection]bool)}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	t.entries = &entryWriter{
		file: newWriter(cfg.Out, Header{Scrubbed: !cfg.Unscrubbed, Source: "tap"}),
		now:  time.Now,
	}
	if !cfg.Unscrubbed {
		var err error
		if t.entries.scrub, err = NewScrubber(cfg.Amounts); err != nil {
			return nil, err
		}
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t, nil
}

// Serve accepts clients on ln until Close. It closes ln, and returns nil after Close.
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

// admit starts to forward for a client.
func (t *Tap) admit(c net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing {
		_ = c.Close() // the client came too late
		return
	}
	t.count++
	tc := &tapConnection{
		tap: t, id: t.count, client: c.(*net.TCPConn),
		fromClient: frameSplitter{preamble: true},
	}
	t.open[tc] = true
	t.wg.Go(func() {
		tc.run()
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.open, tc)
	})
}

// Connections is how many clients have connected so far.
func (t *Tap) Connections() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// Entries is how many lines the recording has so far, without its header.
func (t *Tap) Entries() int { return t.entries.file.count() }

// noteError keeps the first error of writing an entry, for Close. nil is no error.
func (t *Tap) noteError(err error) {
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

// Close stops accepting, resets both ends of every open connection, waits for their goroutines, and
// ends the recording. It returns the first error of writing the recording.
func (t *Tap) Close() error {
	t.mu.Lock()
	t.closing = true
	ln := t.ln
	for c := range t.open {
		c.abort()
	}
	t.mu.Unlock()
	t.cancel()
	if ln != nil {
		_ = ln.Close() // the accept loop returns either way
	}
	t.wg.Wait()
	err := t.entries.file.close()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed != nil {
		return t.failed
	}
	return err
}
