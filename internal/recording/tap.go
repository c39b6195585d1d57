package recording

import (
	"context"
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

	server server

	mu     sync.Mutex
	failed error // the first error of writing an entry
}

// NewTap makes a Tap that does not listen yet.
func NewTap(cfg TapConfig) (*Tap, error) {
	if _, _, err := net.SplitHostPort(cfg.Upstream); err != nil {
		return nil, fmt.Errorf("make tap: upstream %q: want the Gateway's HOST:PORT: %w",
			cfg.Upstream, err)
	}
	t := &Tap{cfg: cfg, log: cfg.Log}
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

// Serve accepts clients on ln, a TCP listener, until Close. It closes ln, and returns nil after Close.
func (t *Tap) Serve(ln net.Listener) error {
	err := t.server.serve(ln, func(c net.Conn, number int) (run, end func()) {
		tc := &tapConnection{
			tap: t, id: number, client: c.(*net.TCPConn),
			fromClient: frameSplitter{preamble: true},
		}
		return tc.run, tc.abort
	})
	if err != nil {
		return fmt.Errorf("serve tap: %w", err)
	}
	return nil
}

// Connections is how many clients have connected so far.
func (t *Tap) Connections() int { return t.server.connections() }

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
	t.cancel()
	t.server.close()
	err := t.entries.file.close()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed != nil {
		return t.failed
	}
	return err
}
