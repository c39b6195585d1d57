package recording

import (
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
	// MaxServerVersion is the highest version to negotiate, from 100 to 225; it does not have to be the
	// recorded one. 0: 225.
	MaxServerVersion int
	// Speed is how many times faster than recorded the replies are sent. 0: 1; negative: at once. Then
	// the Gateway's FIN or RST is left out, because it would come before the client has read them.
	Speed float64
	// NextOrderID replaces the first nextValidId. The ids of orders that the client did not place are
	// shifted by the same amount. 0: as recorded.
	NextOrderID int
	// Log receives connections and requests that are not in the recording. nil: nothing is logged.
	Log *slog.Logger
}

// Player serves a recording to clients. Each client gets a recorded connection: the first unused one
// with the same client id, else the first unused one, else the last one with the same client id,
// else the last one.
//
// A Player finds the client's request in the recording by its kind and content. The replies contain
// the client's own request ids, order ids and order references, in the form of the client's version.
// A request that is not in the recording gets error 321, and is listed in the Summary.
type Player struct {
	cfg     PlayerConfig
	log     *slog.Logger
	scripts []*script

	server server

	mu      sync.Mutex // guards summary, and used of the scripts
	summary Summary
}

// Summary counts what a Player has done.
type Summary struct {
	Connections int
	Requests    int // without START_API
	Answered    int // requests that are in the recording, or need no answer
	Messages    int // sent
	// Missing lists the requests that are not in the recording, in the order in which they first
	// came, at most missingLimit.
	Missing []Missing
	// Dropped counts the replies that do not exist at the client's version, by kind.
	Dropped map[string]int
	// Skipped counts the frames that were recorded without their contents: they are not sent.
	Skipped int
}

// missingLimit bounds Summary.Missing.
const missingLimit = 1000

// Missing is a request that is not in the recording.
type Missing struct {
	Request string // kind and content
	Has     string // what the recording has instead
	Times   int
}

// NewPlayer makes a Player that does not listen yet. It returns an error when MaxServerVersion is out of
// range, or when no recorded connection has a START_API.
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
	p := &Player{cfg: cfg, log: cfg.Log, scripts: all}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.summary.Dropped = make(map[string]int)
	for _, s := range all {
		p.summary.Skipped += s.skipped
	}
	return p, nil
}

// halfCloser is a connection that can send FIN or RST, like *net.TCPConn.
type halfCloser interface {
	net.Conn
	CloseWrite() error
	SetLinger(seconds int) error
}

// Serve accepts clients on ln, a TCP listener, until Close. It closes ln, and returns nil after Close.
func (p *Player) Serve(ln net.Listener) error {
	err := p.server.serve(ln, func(c net.Conn, _ int) (run, end func()) {
		return func() { p.serveClient(c.(halfCloser)) }, func() { _ = c.Close() }
	})
	if err != nil {
		return fmt.Errorf("serve recording: %w", err)
	}
	return nil
}

// serveClient serves one connection.
func (p *Player) serveClient(c halfCloser) {
	if err := newPlayerConn(p, c).serve(); err != nil {
		p.log.Warn("connection ended", "from", c.RemoteAddr(), "err", err)
	}
	_ = c.Close() // everything was read and written before
}

// Close stops accepting, closes every connection, and waits for their goroutines.
func (p *Player) Close() { p.server.close() }

// Summary returns the counts so far.
func (p *Player) Summary() Summary {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.summary
	s.Connections = p.server.connections()
	s.Missing = slices.Clone(s.Missing)
	s.Dropped = make(map[string]int, len(p.summary.Dropped))
	for kind, n := range p.summary.Dropped {
		s.Dropped[kind] = n
	}
	return s
}

// scriptFor picks the script for a client, in the order that Player documents.
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

// missing counts a request that is not in the recording.
func (p *Player) missing(request, has string) {
	p.log.Warn("not in the recording", "request", request, "has", has)
	p.count(func(s *Summary) {
		for i := range s.Missing {
			if s.Missing[i].Request == request {
				s.Missing[i].Times++
				return
			}
		}
		if len(s.Missing) < missingLimit {
			s.Missing = append(s.Missing, Missing{Request: request, Has: has, Times: 1})
		}
	})
}

// delay returns a recorded delay at the Player's speed.
func (p *Player) delay(recorded time.Duration) time.Duration {
	if p.cfg.Speed < 0 {
		return 0
	}
	return time.Duration(float64(max(0, recorded)) / p.cfg.Speed)
}
