package doctor

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"

	"ibsoak/internal/wire"
	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/link"
	"ibsoak/trader/zombies"
)

// DefaultClientID is the doctor's own, so that it can look while a trader trades.
const DefaultClientID = 9099

// The defaults of Config, and what the examination goes by.
const (
	DefaultAnswer = 10 * time.Second
	DefaultStay   = 2500 * time.Millisecond // some Gateways crash when a client leaves within a second

	closeGrace = 2 * time.Second        // for the Gateway's FIN
	closedIn   = 500 * time.Millisecond // a Gateway that has not closed by then leaks
	slow       = 400 * time.Millisecond // for an answer of a Gateway
)

// Config says which Gateway to examine, and for which trader.
type Config struct {
	Host     string
	Port     int
	ClientID int
	Account  string // that the trader wants; "" is the only one
	Live     bool
	Symbol   broker.Contract // of which market data is asked for
	MaxSkew  time.Duration   // that the Gateway's clock may stand behind

	DialTimeout, VersionTimeout, ReadyTimeout time.Duration
	Answer                                    time.Duration // for each answer
	Stay                                      time.Duration // at least, once the session is ready
}

// examination is one of them.
type examination struct {
	Report
	cfg Config

	mu    sync.Mutex
	heard map[wire.Kind]int // messages of the Gateway
	farms map[string]broker.DataFarm
	state broker.State
	lost  int // the code that told of a lost connection to IBKR
}

// Examine takes a few seconds, up to the sum of the timeouts on a Gateway that is very sick.
func Examine(ctx context.Context, cfg Config) Report {
	if cfg.Answer == 0 {
		cfg.Answer = DefaultAnswer
	}
	if cfg.Stay == 0 {
		cfg.Stay = DefaultStay
	}
	x := &examination{cfg: cfg, heard: map[wire.Kind]int{}, farms: map[string]broker.DataFarm{}}
	x.At, x.Gateway = time.Now(), net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port))
	if x.port(ctx) {
		x.callOn(ctx)
	}
	x.Took = time.Since(x.At)
	return x.Report
}

// callOn opens a session, looks, and leaves.
func (x *examination) callOn(ctx context.Context) {
	began := time.Now()
	s, err := broker.Connect(ctx, broker.Config{Link: link.Config{
		Addr: x.Gateway, ClientID: x.cfg.ClientID, Account: x.cfg.Account, CloseGrace: closeGrace,
		DialTimeout: x.cfg.DialTimeout, VersionTimeout: x.cfg.VersionTimeout, ReadyTimeout: x.cfg.ReadyTimeout,
		Transcript: func(f link.Frame) {
			x.mu.Lock()
			defer x.mu.Unlock()
			if f.Direction == wire.FromServer {
				x.heard[f.Kind]++
			}
		},
	}})
	if err != nil {
		x.failed(err)
		return
	}
	ready := time.Now()
	x.add("handshake", OK, "", "a session was ready after %s", ready.Sub(began).Round(time.Millisecond))
	var listener sync.WaitGroup
	listener.Go(func() { x.listen(s) })
	x.session(ctx, s)
	x.stay(ctx, s, ready)
	ended := s.Err() // before we end it
	x.leave(ctx, s)
	listener.Wait()
	if ended != nil {
		x.bad(exit.SessionLost, "session", "look at the Gateway's API log; if it does so to every client, restart it",
			"the Gateway ended the session by itself: %s", reasonOf(ended))
	}
	x.farmsAndIBKR()
}

func reasonOf(err error) string {
	if e, ok := errors.AsType[*link.Error](err); ok {
		return string(e.Reason) + " after " + e.After.Round(time.Millisecond).String()
	}
	return err.Error()
}

// listen follows what the Gateway says unasked, until the session is over.
func (x *examination) listen(s *broker.Session) {
	for ev := range s.Events() {
		x.mu.Lock()
		switch body := ev.Body.(type) {
		case broker.DataFarm:
			x.farms[body.Kind+" "+body.Name] = body
		case broker.StateChange:
			x.state, x.lost = body.State, body.Code
		}
		x.mu.Unlock()
	}
}

// stay waits until the session is old enough to be left.
func (x *examination) stay(ctx context.Context, s *broker.Session, ready time.Time) {
	timer := time.NewTimer(time.Until(ready.Add(x.cfg.Stay)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.Done():
	case <-ctx.Done():
	}
}

// leave sends a FIN and sees whether the Gateway closes its end too. When it does not, our RST takes the
// socket from it after the grace.
func (x *examination) leave(ctx context.Context, s *broker.Session) {
	closed := make(chan error, 1)
	go func() { closed <- s.Close(context.WithoutCancel(ctx)) }()
	timer := time.NewTimer(closedIn)
	defer timer.Stop()
	select {
	case <-closed:
		return
	case <-timer.C:
	}
	count, err := zombies.Check(ctx, x.cfg.Host, x.cfg.Port, zombies.DefaultLimit)
	<-closed
	if err == nil && len(count.Gateway) > x.closeWait {
		x.add("leaving", Warning,
			"restart the Gateway every night: each client that leaves without a reset blocks it a little more",
			"the Gateway did not close its end when the doctor left: it leaks a socket for each client")
	}
}
