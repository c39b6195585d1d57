package recording

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"ibsoak/internal/wire"
)

// defaultPlayerVersion is what current Gateways report to clients that can speak it.
const defaultPlayerVersion wire.Version = 225

// PlayerConfig configures a Player.
type PlayerConfig struct {
	// MaxServerVersion is the highest version to negotiate, whatever was recorded. 0: 225.
	MaxServerVersion int
	// Speed is how much faster than recorded answers come. 0: 1; negative: as fast as they can,
	// and the Gateway's FIN or RST is left out, which would come before the client has read them.
	Speed float64
	// NextOrderID is told as the first nextValidId, and all ids of orders that the client did not
	// give itself are moved with it. 0: as recorded.
	NextOrderID int
	// Log hears of connections and of requests that are not in the recording. nil: nobody does.
	Log *slog.Logger
}

// Player serves a recording to clients. A client gets the script of a recorded connection: one
// of the same client id that nobody had yet, else the next, else the last again. What it asks is
// looked for by kind and content; the answers come with its own request ids, order ids and order
// references, and in the form of its own version. A request that is not in the recording gets
// error 321, and stands in the Summary.
type Player struct {
	cfg     PlayerConfig
	log     *slog.Logger
	scripts []*script

	mu      sync.Mutex
	ln      net.Listener
	open    map[net.Conn]bool
	closing bool
	wg      sync.WaitGroup
	summary Summary
}

// Summary is what a Player has done.
type Summary struct {
	Connections int
	Requests    int // START_API apart
	Answered    int // of them, found in the recording
	Messages    int // sent
	// Missing are the requests that are not in the recording, in the order of their first
	// appearance, at most missingKept.
	Missing []Missing
	// Dropped are messages that have no form at the client's version, by kind.
	Dropped map[string]int
	// Left are recorded frames whose contents were not kept: they are not played.
	Left int
}

// missingKept bounds Summary.Missing.
const missingKept = 1000

// Missing is a request that is not in the recording.
type Missing struct {
	Request string // kind and content
	Has     string // what the recording has instead
	Times   int
}

// NewPlayer takes a recording apart.
func NewPlayer(r *Recording, cfg PlayerConfig) (*Player, error) {
	switch v := wire.Version(cfg.MaxServerVersion); {
	case v == 0:
		cfg.MaxServerVersion = int(defaultPlayerVersion)
	case v < wire.MinVersion || v > wire.MaxVersion:
		return nil, fmt.Errorf("play recording: server version %d: want %d to %d",
			v, wire.MinVersion, wire.MaxVersion)
	}
	if cfg.Speed == 0 {
		cfg.Speed = 1
	}
	all, err := scripts(r)
	if err != nil {
		return nil, fmt.Errorf("play recording: %w", err)
	}
	p := &Player{cfg: cfg, log: cfg.Log, scripts: all, open: make(map[net.Conn]bool)}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.summary.Dropped = make(map[string]int)
	for _, s := range all {
		p.summary.Left += s.left
	}
	return p, nil
}

// halfCloser is what TCP can do beyond net.Conn.
type halfCloser interface {
	net.Conn
	CloseWrite() error
	SetLinger(seconds int) error
}

// Serve accepts clients on ln until Close, and owns ln from now on. It returns nil after Close.
func (p *Player) Serve(ln net.Listener) error {
	p.mu.Lock()
	if p.closing || p.ln != nil {
		p.mu.Unlock()
		return errors.Join(errors.New("serve recording: closed, or serving already"), ln.Close())
	}
	p.ln = ln
	p.wg.Add(1)
	p.mu.Unlock()
	defer p.wg.Done()
	for {
		c, err := ln.Accept()
		p.mu.Lock()
		if p.closing {
			p.mu.Unlock()
			if err == nil {
				_ = c.Close() // as if it had come a moment later
			}
			return nil
		}
		if err != nil {
			p.mu.Unlock()
			return fmt.Errorf("serve recording: %w", err)
		}
		tcp, ok := c.(halfCloser)
		if !ok {
			p.mu.Unlock()
			return errors.Join(fmt.Errorf("serve recording: a %T cannot half-close", c), c.Close())
		}
		p.summary.Connections++
		p.open[c] = true
		p.wg.Go(func() { p.client(tcp) })
		p.mu.Unlock()
	}
}

// client serves one connection.
func (p *Player) client(c halfCloser) {
	t := newTurn(p, c)
	if err := t.serve(); err != nil {
		p.log.Warn("connection ended", "from", c.RemoteAddr(), "err", err)
	}
	p.mu.Lock()
	delete(p.open, c)
	p.mu.Unlock()
	_ = c.Close() // whatever could fail has been read or written before
}

// Close stops accepting, closes every connection, and waits for them.
func (p *Player) Close() error {
	p.mu.Lock()
	p.closing = true
	ln := p.ln
	for c := range p.open {
		_ = c.Close() // its turn ends either way
	}
	p.mu.Unlock()
	var err error
	if ln != nil {
		if err = ln.Close(); errors.Is(err, net.ErrClosed) {
			err = nil
		}
	}
	p.wg.Wait()
	return err
}

// Summary is what was done so far.
func (p *Player) Summary() Summary {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.summary
	s.Missing = slices.Clone(s.Missing)
	s.Dropped = make(map[string]int, len(p.summary.Dropped))
	for kind, n := range p.summary.Dropped {
		s.Dropped[kind] = n
	}
	return s
}

// scriptFor picks the script of a client.
func (p *Player) scriptFor(clientID int) *script {
	p.mu.Lock()
	defer p.mu.Unlock()
	pick := func(ok func(*script) bool) *script {
		for _, s := range p.scripts {
			if ok(s) {
				s.used = true
				return s
			}
		}
		return nil
	}
	if s := pick(func(s *script) bool { return !s.used && s.clientID == clientID }); s != nil {
		return s
	}
	if s := pick(func(s *script) bool { return !s.used }); s != nil {
		return s
	}
	for _, s := range slices.Backward(p.scripts) {
		if s.clientID == clientID {
			return s
		}
	}
	return p.scripts[len(p.scripts)-1]
}

// count adds to the summary.
func (p *Player) count(do func(*Summary)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do(&p.summary)
}

// missing files a request that is not in the recording.
func (p *Player) missing(request, has string) {
	p.log.Warn("not in the recording", "request", request, "has", has)
	p.count(func(s *Summary) {
		for i := range s.Missing {
			if s.Missing[i].Request == request {
				s.Missing[i].Times++
				return
			}
		}
		if len(s.Missing) < missingKept {
			s.Missing = append(s.Missing, Missing{Request: request, Has: has, Times: 1})
		}
	})
}

// delay is recorded time at the Player's speed.
func (p *Player) delay(recorded time.Duration) time.Duration {
	if p.cfg.Speed < 0 {
		return 0
	}
	return time.Duration(float64(max(0, recorded)) / p.cfg.Speed)
}
