package fakegateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ibsoak/fakegateway/clock"
	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/control"
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/hook"
	"ibsoak/fakegateway/listener"
	"ibsoak/fakegateway/lock"
	"ibsoak/fakegateway/observe"
	"ibsoak/fakegateway/session"
	"ibsoak/fakegateway/stage"
	"ibsoak/internal/sockets"
	"ibsoak/internal/wire"
)

// ErrClosed is what is answered by a Gateway that was closed.
var ErrClosed = stage.ErrClosed

// stragglerLimit is how long Close waits for a connection before it names it and gives up on it.
const stragglerLimit = 5 * time.Second

// Server is a fake Gateway.
type Server struct {
	cfg      Config
	log      *slog.Logger
	clock    clock.Running
	plan     *fault.Plan
	delayed  *connection.Delayed
	moment   lock.RWMutex[lock.Moment] // held while the exchange tells of a moment
	hook     atomic.Pointer[hook.Hook] // nil is none
	board    *observe.Board
	shared   *connection.Gateway
	stage    *stage.Stages
	profile  Profile
	login    *session.Login
	exchange *exchange.Exchange // the login's
	dialogs  connection.Dialogs
	trusted  []netip.Prefix
	port     *listener.Port

	replan chan struct{} // the schedule has changed
	stop   chan struct{} // closed by Close
	gone   chan struct{} // closed when Close is done
	up     chan struct{} // closed when Serve has taken its listener over

	mu       lock.Mutex[lock.Server]
	conns    map[*connection.Conn]bool // not yet ended: this is what pins the held ones
	serving  bool
	crashed  bool // by the crash-on-fin quirk, until a restart
	sinceUp  int  // connections accepted since the last start
	logins   logins
	epoch    int
	subjects int            // accepted connections that this package did not make itself
	sockets  sync.WaitGroup // connections
	owned    sync.WaitGroup // everything else
	once     sync.Once
	closed   error
}

// New makes a Gateway that does not listen yet.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	profile, err := profileNamed(cfg.Profile)
	if err != nil {
		return nil, err
	}
	profile.Quirks = profile.Quirks.with(cfg.Quirks)
	cfg.Dialog = cmp.Or(cfg.Dialog, profile.Dialog)
	trusted, err := parseTrusted(cfg.TrustedAddresses)
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, log: cfg.Log, profile: profile, trusted: trusted, clock: cfg.Clock.Begin(),
		stage: stage.New(Ready), replan: make(chan struct{}, 1),
		stop: make(chan struct{}), gone: make(chan struct{}), up: make(chan struct{}),
		conns:   make(map[*connection.Conn]bool),
		delayed: connection.NewDelayed(),
	}
	if err := s.loadHook(cfg.Schedule); err != nil {
		return nil, fmt.Errorf("configure gateway: %w", err)
	}
	s.plan = fault.NewPlan(cfg.Schedule, profile.Schedule, s.clock.Elapsed)
	if s.login, err = session.NewLogin(s.loginConfig()); err != nil {
		return nil, err
	}
	s.exchange = s.login.Exchange()
	if s.board, err = observe.NewBoard(cfg.TranscriptFrames, cfg.RecordDir, s.clock); err != nil {
		return nil, err
	}
	s.shared = s.connections()
	return s, nil
}

// connections is what they share.
func (s *Server) connections() *connection.Gateway {
	c := s.cfg
	return &connection.Gateway{
		Settings: connection.Settings{
			MaxServerVersion: wire.Version(c.MaxServerVersion), Seed: c.Seed,
			MessagePacing: c.MessagePacing, MessageRate: c.messageRate(),
			Dialog: c.Dialog, DialogAnswer: c.DialogAnswer, DialogAfter: c.DialogAfter,
			SendTimeout: c.SendTimeout, DisconnectMalformed: c.DisconnectMalformed,
			RefusalDelay: c.RefusalDelay, VersionReply: c.VersionReply,
			LeakProbes: s.profile.Quirks.LeakProbes,
		},
		Clock: s.clock, Board: s.board, Stage: s.stage, Plan: s.plan, Login: s.login,
		Dialogs: &s.dialogs, Delayed: s.delayed, Hook: &s.hook, Moment: &s.moment, Log: s.log,
		Owner: owner{s},
	}
}

// loginConfig is that of the login behind this Gateway.
func (s *Server) loginConfig() session.Config {
	c := s.cfg.login()
	c.Port.Number = func() int {
		_, port := s.HostPort()
		return port
	}
	return c
}

// Start makes a Gateway on a free port of 127.0.0.1 and serves until Close.
func Start(cfg Config) (*Server, error) {
	s, err := New(cfg)
	if err != nil {
		return nil, err
	}
	ln, err := sockets.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start gateway: %w", err), s.Close())
	}
	if err := s.listen(ln); err != nil {
		return nil, err
	}
	s.owned.Go(func() {
		if err := s.port.Run(); err != nil {
			s.log.Error("gateway stopped serving", "err", err)
		}
	})
	return s, nil
}

// Serve accepts clients on ln until Close, and owns ln from now on. It returns nil after Close. A
// Server serves once.
func (s *Server) Serve(ln net.Listener) error {
	if err := s.listen(ln); err != nil {
		return err
	}
	s.owned.Add(1)
	defer s.owned.Done()
	return s.port.Run()
}

// listen takes the listener over and starts the drivers.
func (s *Server) listen(ln net.Listener) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stop:
		return errors.Join(fmt.Errorf("serve: %w", ErrClosed), ln.Close())
	default:
	}
	if s.serving {
		return errors.Join(errors.New("serve: this Server serves already"), ln.Close())
	}
	s.serving = true
	s.port = listener.New(s.portGateway(), ln)
	s.owned.Go(s.runExchange)
	s.owned.Go(s.runSchedule)
	s.owned.Go(s.runDelayed)
	if daily := slices.Concat(s.profile.Daily, s.cfg.Daily); len(daily) > 0 {
		s.owned.Go(func() { s.runDaily(daily) })
	}
	if s.cfg.PlantedZombies > 0 {
		s.owned.Go(s.plantFirst)
	}
	close(s.up)
	return nil
}

// Serving is closed when Serve has taken its listener over: everything else may be called now. The
// profile may still keep the port closed.
func (s *Server) Serving() <-chan struct{} { return s.up }

// Addr is where the Gateway listens, or will listen again; "" before Serve.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.port == nil {
		return ""
	}
	return s.port.Addr().String()
}

// HostPort is Addr in two parts.
func (s *Server) HostPort() (host string, port int) {
	return listener.SplitAddr(s.Addr())
}

// portGateway is what the port has of the Gateway.
func (s *Server) portGateway() listener.Gateway {
	return listener.Gateway{
		Startup: s.startup(), APIDisabled: s.cfg.APIDisabled, Relisten: s.cfg.Relisten,
		Clock: s.clock, Board: s.board, Stage: s.stage, Login: s.login, Dialogs: &s.dialogs,
		Log: s.log, Stop: s.stop, Owner: portOwner{s},
	}
}

// Close ends everything, in this order: the listener, the accept loop, the connections and their
// sessions, the exchange and the records. A connection that has not ended after 5 s is named in the
// error. Closing again returns the same result.
func (s *Server) Close() error {
	s.once.Do(func() {
		close(s.stop)
		s.mu.Lock()
		serving := s.serving
		s.mu.Unlock()
		if serving {
			s.port.Close()
		}
		err := s.closeConnections()
		s.owned.Wait()
		s.closed = errors.Join(err, s.board.Finish(s.cfg.RecordDir))
		close(s.gone)
	})
	<-s.gone
	return s.closed
}

func (s *Server) closeConnections() error {
	for _, c := range s.open() {
		c.Close("the gateway was closed")
	}
	done := make(chan struct{})
	go func() { s.sockets.Wait(); close(done) }()
	limit := time.NewTimer(stragglerLimit)
	defer limit.Stop()
	select {
	case <-done:
		return nil
	case <-limit.C:
	}
	var names []string
	for _, c := range s.open() {
		names = append(names, c.Describe())
	}
	return fmt.Errorf("close gateway: still running after %s: %s",
		stragglerLimit, strings.Join(names, ", "))
}

// open lists the connections that have not ended, by number.
func (s *Server) open() []*connection.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make([]*connection.Conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	slices.SortFunc(conns, func(a, b *connection.Conn) int { return a.Number() - b.Number() })
	return conns
}

// admit registers a connection and starts its goroutines.
func (s *Server) admit(nc net.Conn, planted bool) {
	tcp, ok := nc.(connection.Socket)
	if !ok {
		s.log.Error("connection refused: it cannot half-close", "type", fmt.Sprintf("%T", nc))
		_ = nc.Close() // nothing was read or written: there is nothing to lose
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	row, ok := s.board.Open(Connection{
		Epoch: s.epoch, Local: connection.AddrPort(nc.LocalAddr()), Remote: connection.AddrPort(nc.RemoteAddr()),
		Accepted: time.Now(), Planted: planted,
	})
	if !ok {
		s.log.Error("connection reset: the ledger is full", "rows", observe.LedgerRows)
		_ = tcp.SetLinger(0)
		_ = tcp.Close()
		return
	}
	ordinal := 0 // of a planted zombie: no fault falls on it
	if !row.Planted {
		s.subjects++
		ordinal = s.subjects
	}
	c := connection.New(s.shared, tcp, row, ordinal)
	if !row.Planted {
		s.sinceUp++
		s.judge(c)
	}
	s.applyQuirks(c)
	s.conns[c] = true
	s.sockets.Go(func() {
		c.Serve()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	})
}

// Connections is the ledger: a row for every connection ever accepted.
func (s *Server) Connections() []Connection { return s.board.Connections() }

// Connectivity is the state of the Gateway's connection to IBKR's servers.
func (s *Server) Connectivity() session.Connectivity { return s.login.Connectivity() }

// Books is a snapshot of the exchange's truth.
func (s *Server) Books() exchange.Books { return s.exchange.Books() }

// Health is how the Gateway is, in a line.
func (s *Server) Health() Health {
	events, rows, receipts := s.board.Counts()
	s.mu.Lock()
	port := s.port
	s.mu.Unlock()
	return Health{
		Gateway: s.Addr(), Profile: s.profile.Name, Stage: s.stage.Now(), Events: events,
		Connections: rows,
		Open:        len(s.open()), CloseWait: s.board.InCloseWait(), Receipts: receipts,
		Dialogs: s.dialogs.Waiting(), AwaitsApproval: port != nil && port.AwaitsApproval(),
		About: s.cfg.About.Summary,
	}
}

// Control is the Gateway's HTTP interface, for test programs in other languages: see control.Handler.
func (s *Server) Control() http.Handler { return control.Handler(s, s.log) }

// TranscriptAfter is Transcript without the frames up to the one with this number.
func (s *Server) TranscriptAfter(seq int) []Frame { return s.board.Transcript(seq) }

// Transcript is every frame that is still kept, decoded. It is expensive: one decoding a frame.
func (s *Server) Transcript() []Frame { return s.board.Transcript(0) }

// TranscriptDropped is how many of the oldest frames are no longer kept in memory.
func (s *Server) TranscriptDropped() int { return s.board.Dropped() }

// Receipts is what every fault that acted really did, in order.
func (s *Server) Receipts() []fault.Receipt { return s.board.Receipts() }

// Follow tells everything from the beginning and then what happens, in batches of lines, until ctx
// ends, tell fails, or the Gateway is closed and all was told. A follower that lags behind by more
// than the 4096 events of Watch loses some, and the lines say how many.
func (s *Server) Follow(ctx context.Context, tell func([]Line) error) error {
	of := observe.Source{Gateway: s.Addr, Books: s.Books, Closed: s.gone}
	return s.board.Follow(ctx, of, tell)
}
