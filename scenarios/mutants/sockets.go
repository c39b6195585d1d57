package mutants

import (
	"context"
	"net"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// kept pins what a mutant should have closed: Go's finalizers close what nothing refers to, and
// would heal the leak at the next collection.
var kept []any

func plainClose(ctx context.Context, p params) int {
	t := right()
	t.connect = func(ctx context.Context, p params) (*session, error) {
		conn, err := dialPlain(ctx, p)
		if err != nil {
			return nil, err
		}
		s, err := shake(ctx, conn, p.clientID)
		if err != nil {
			conn.Close()
		}
		return s, err
	}
	t.leave = func(s *session) { s.conn.Close() }
	return t.run(ctx, p)
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
