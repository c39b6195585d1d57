package mutants

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// socketDefects are the traders that handle their connections badly.
var socketDefects = []Mutant{
	{
		Name: "naive", run: naive,
		Defect: "uses the stock client as its examples do: a connection each cycle, then Disconnect",
	},
	{Name: "no-deadline", Defect: "waits in the stock client's Connect, which nothing ends", run: noDeadline},
	{
		Name: "blind-reconnect", run: blindReconnect,
		Defect: "sends its request again on a new connection, without a handshake",
	},
	{
		Name: "plain-close", run: plainClose,
		Defect: "closes without reset, so a Gateway that never closes keeps the socket",
	},
	{Name: "ignores-eof", Defect: "never closes its socket when the Gateway closes", run: ignoresEOF},
	{
		Name: "ignores-second-eof", run: ignoresSecondEOF,
		Defect: "closes the first session that the Gateway closes, and keeps the second's socket",
	},
	{
		Name: "leaks-failed-handshake", run: leaksFailedHandshake,
		Defect: "keeps the socket of a failed handshake and tries with another",
	},
	{
		Name: "probes-port", run: probesPort,
		Defect: "connects and closes before each connect, to see whether the port is open",
	},
	{Name: "two-connections", Defect: "holds a second connection in reserve", run: twoConnections},
	{
		Name: "hundred-connections", run: hundredConnections,
		Defect: "makes a hundred sessions, one after the other, before it works",
	},
}

// recoveryDefects are the traders that come back badly, or not at all.
var recoveryDefects = []Mutant{
	{Name: "tight-reconnect", Defect: "reconnects at once, for as long as it takes", run: tightReconnect},
	{
		Name: "storms-refused", run: stormsRefused,
		Defect: "dials a closed port without a pause, and has one for everything else",
	},
	{
		Name: "never-recovers", run: neverRecovers,
		Defect: "stays up after its session is lost and does nothing",
	},
	{
		Name: "trusts-keepalive", run: trustsKeepalive,
		Defect: "waits for an answer with nothing but TCP keepalive to end the wait",
	},
	{
		Name: "reconnects-each-cycle", run: reconnectsEachCycle,
		Defect: "opens and properly closes a connection for each cycle",
	},
}

// kept pins what a mutant should have closed: Go's finalizers close what nothing refers to, and
// would heal the leak at the next collection.
var kept []any

func plainClose(ctx context.Context, p params) int {
	t := right()
	t.connect = connectPlain
	t.leave = func(s *session) { s.conn.Close() }
	return t.run(ctx, p)
}

// connectPlain is connect without a reset at the end.
func connectPlain(ctx context.Context, p params) (*session, error) {
	conn, err := dialPlain(ctx, p)
	if err != nil {
		return nil, err
	}
	s, err := shake(ctx, conn, p.clientID)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

func ignoresEOF(ctx context.Context, p params) int {
	t := right()
	t.leave = func(s *session) {
		if ctx.Err() == nil {
			kept = append(kept, s)
			return
		}
		s.leave()
	}
	return t.run(ctx, p)
}

func ignoresSecondEOF(ctx context.Context, p params) int {
	t := right()
	lost := 0
	t.leave = func(s *session) {
		if lost++; lost > 1 && ctx.Err() == nil {
			kept = append(kept, s)
			return
		}
		s.conn.Close()
	}
	return t.run(ctx, p)
}

func hundredConnections(ctx context.Context, p params) int {
	const sessions = 100
	for range sessions {
		s, err := connect(ctx, p)
		if err != nil {
			return exitCode(err)
		}
		err = s.beat()
		s.leave()
		if err != nil {
			return exitCode(err)
		}
	}
	return right().run(ctx, p)
}

func stormsRefused(ctx context.Context, p params) int {
	t := right()
	t.connect = func(ctx context.Context, p params) (*session, error) {
		for {
			s, err := connect(ctx, p)
			if !errors.Is(err, syscall.ECONNREFUSED) || ctx.Err() != nil {
				return s, err
			}
		}
	}
	return t.run(ctx, p)
}

func leaksFailedHandshake(ctx context.Context, p params) int {
	const tries = 3
	t := right()
	t.connect = func(ctx context.Context, p params) (s *session, err error) {
		for range tries {
			var conn *net.TCPConn
			if conn, err = dial(ctx, p); err != nil {
				return nil, err
			}
			if s, err = shake(ctx, conn, p.clientID); err == nil || ctx.Err() != nil {
				return s, err
			}
			kept = append(kept, conn)
		}
		return nil, err
	}
	return t.run(ctx, p)
}

func probesPort(ctx context.Context, p params) int {
	t := right()
	t.connect = func(ctx context.Context, p params) (*session, error) {
		probe, err := dialPlain(ctx, p)
		if err != nil {
			return nil, err
		}
		probe.Close()
		return connect(ctx, p)
	}
	return t.run(ctx, p)
}

// twoConnections opens a second connection and greets the Gateway on it, to have one in reserve.
// It goes no further, for a Gateway refuses a client id that is in use.
func twoConnections(ctx context.Context, p params) int {
	t := right()
	t.connect = func(ctx context.Context, p params) (*session, error) {
		s, err := connect(ctx, p)
		if err != nil {
			return nil, err
		}
		reserve, err := dial(ctx, p)
		if err != nil {
			return nil, err
		}
		kept = append(kept, reserve)
		_, err = reserve.Write(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225}))
		return s, err
	}
	return t.run(ctx, p)
}

// blindReconnect does what the stock client's Write does when its socket is gone: a new TCP
// connection, and the request on it as if the session were still there.
func blindReconnect(ctx context.Context, p params) int {
	t := right()
	var version wire.Version
	t.connect = func(ctx context.Context, p params) (*session, error) {
		if version == 0 {
			s, err := connect(ctx, p)
			if err == nil {
				version = s.version
			}
			return s, err
		}
		conn, err := dial(ctx, p)
		if err != nil {
			return nil, err
		}
		s := newSession(conn)
		s.version = version
		if err := s.send(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}); err != nil {
			return nil, err
		}
		return s, nil
	}
	return t.run(ctx, p)
}

func tightReconnect(ctx context.Context, p params) int {
	const patience = 50 * time.Millisecond
	t := right()
	t.connect = func(ctx context.Context, p params) (*session, error) {
		conn, err := dial(ctx, p)
		if err != nil {
			return nil, err
		}
		short, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		s, err := shake(short, conn, p.clientID)
		if err != nil {
			conn.Close()
		}
		return s, err
	}
	t.backOff = func(ctx context.Context, _ int) bool { return ctx.Err() == nil }
	return t.run(ctx, p)
}

func neverRecovers(ctx context.Context, p params) int {
	t := right()
	t.backOff = func(ctx context.Context, _ int) bool {
		<-ctx.Done()
		return false
	}
	return t.run(ctx, p)
}

func trustsKeepalive(ctx context.Context, p params) int {
	t := right()
	t.work = func(ctx context.Context, s *session) error {
		if err := s.conn.SetDeadline(time.Time{}); err != nil {
			return err
		}
		stop := whenDone(ctx, func() { _ = s.conn.SetDeadline(time.Now()) })
		defer stop()
		return s.bars()
	}
	return t.run(ctx, p)
}

func reconnectsEachCycle(ctx context.Context, p params) int {
	for {
		once := p
		once.once = true
		if code := right().run(ctx, once); code != exitOK || p.once {
			return code
		}
		if !pause(ctx, p.interval) {
			return exitOK
		}
	}
}
