package broker_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway"
	"ibsoak/internal/wire"
	"ibsoak/trader/broker"
	"ibsoak/trader/link"
)

// recordServerFrames runs a whole session and keeps what the Gateway sent.
func recordServerFrames(t *testing.T, v int) [][]byte {
	t.Helper()
	g := startGateway(t, fakegateway.Config{MaxServerVersion: v})
	var frames [][]byte
	s := connect(t, broker.Config{Link: link.Config{Addr: g.Addr(), Transcript: func(f link.Frame) {
		if f.Direction == wire.FromServer {
			frames = append(frames, bytes.Clone(f.Payload))
		}
	}}})
	askEverything(t, s)
	buyAndFollow(t, s)
	closeSession(t, s)
	return frames
}

// spoil changes a frame in one of the ways in which frames go wrong, keeping its id.
func spoil(r *rand.Rand, frame []byte, v int) []byte {
	idBytes := 4
	if v < 201 {
		idBytes = bytes.IndexByte(frame, 0) + 1
	}
	id, body := bytes.Clone(frame[:idBytes]), bytes.Clone(frame[idBytes:])
	if len(body) == 0 {
		return id
	}
	at := r.IntN(len(body))
	switch r.IntN(5) {
	case 0:
		body[at] ^= byte(1 << r.IntN(8))
	case 1:
		body = body[:at]
	case 2:
		body = append(body[:at], body[at+1:]...)
	case 3:
		body = append(body[:at:at], append([]byte("x"), body[at:]...)...)
	case 4: // whole fields swapped, or lost
		fields := bytes.SplitAfter(body, []byte{0})
		i, j := r.IntN(len(fields)), r.IntN(len(fields))
		fields[i] = fields[j]
		body = bytes.Join(fields, nil)
	}
	return append(id, body...)
}

// TestSpoiledFramesNeverReachThePanickingDecoder replays sessions with spoiled frames. Whatever a
// frame says, the session goes on or ends as malformed; it never ends because the API client died.
func TestSpoiledFramesNeverReachThePanickingDecoder(t *testing.T) {
	const rounds = 5
	for _, v := range []int{176, 200, 206, 225} {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			t.Parallel()
			const seed = 7
			r := rand.New(rand.NewPCG(seed, uint64(v)))
			var spoiled [][]byte
			for range rounds {
				for _, f := range recorded(t, v) {
					spoiled = append(spoiled, spoil(r, f, v))
				}
			}
			sessions, malformed := replay(t, wire.Version(v), spoiled)
			t.Logf("%d frames, %d sessions, %d ended as malformed", len(spoiled), sessions, malformed)
			if malformed == 0 {
				t.Error("no frame was noticed: nothing was spoiled")
			}
		})
	}
}

var recordings sync.Map // version -> [][]byte

func recorded(t *testing.T, v int) [][]byte {
	if f, ok := recordings.Load(v); ok {
		return f.([][]byte)
	}
	f := recordServerFrames(t, v)
	recordings.Store(v, f)
	return f
}

// replay sends frames until one ends the session, and goes on behind it in the next one.
func replay(t *testing.T, v wire.Version, frames [][]byte) (sessions, malformed int) {
	t.Helper()
	next := 0
	g := startScriptAt(t, v, func(c *talk, m wire.Message) {
		if m.Kind != wire.ReqCurrentTime {
			return
		}
		if next < len(frames) {
			_, _ = c.conn.Write(wire.AppendFrame(nil, frames[next]))
			next++
		}
		c.send(wire.CurrentTime, &pb.CurrentTime{CurrentTime: proto.Int64(5)})
	})
	done := func() bool {
		g.turn.Lock()
		defer g.turn.Unlock()
		return next >= len(frames)
	}
	for !done() {
		sessions++
		s, err := broker.Connect(t.Context(), broker.Config{Link: link.Config{
			Addr: g.addr(), MessagesPerSecond: -1, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}})
		if err != nil {
			t.Fatal(err)
		}
		for s.State() != broker.Over && !done() {
			if _, err := s.CurrentTime(ctxWithin(t, 10*time.Second)); err != nil {
				break
			}
		}
		closeSession(t, s)
		switch reason := link.ReasonOf(s.Err()); reason {
		case link.LocalClose, link.PortMoved:
		case link.Malformed:
			malformed++
		default:
			t.Errorf("after frame %d %q: %v", next-1, frames[max(0, next-1)], s.Err())
		}
	}
	return sessions, malformed
}

// TestSessionsEndAtAnyMoment lets the Gateway end sessions by FIN and RST at random moments while
// callers ask and place orders. Every call has an outcome, every session goes down cleanly, and the
// race detector has nothing to say.
func TestSessionsEndAtAnyMoment(t *testing.T) {
	const sessions, callers = 60, 4
	r := rand.New(rand.NewPCG(1, 2))
	var ends, resets int
	g := startScript(t, func(c *talk, m wire.Message) {
		switch m.Kind {
		case wire.ReqContractDetails:
			id, symbol := contractRequest(m)
			c.contract(id, symbol)
			c.contractEnd(id)
		case wire.ReqCurrentTime:
			c.send(wire.CurrentTime, &pb.CurrentTime{CurrentTime: proto.Int64(5)})
		default: // orders are not answered
		}
		switch r.IntN(12) {
		case 0:
			ends++
			_ = c.conn.Close()
		case 1:
			resets++
			c.reset()
		}
	})
	for range sessions {
		s, err := broker.Connect(t.Context(), broker.Config{Link: link.Config{
			Addr: g.addr(), MessagesPerSecond: -1,
		}})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() { callUntilOver(t, s) })
		}
		wg.Wait()
		closeSession(t, s)
		if reason := link.ReasonOf(s.Err()); reason != link.Closed && reason != link.Reset {
			t.Errorf("ended for %v", s.Err())
		}
	}
	g.turn.Lock()
	defer g.turn.Unlock()
	if ends == 0 || resets == 0 {
		t.Errorf("%d ends, %d resets: the dice never fell", ends, resets)
	}
}

func callUntilOver(t *testing.T, s *broker.Session) {
	for s.State() != broker.Over {
		ctx := ctxWithin(t, 10*time.Second)
		if d, err := s.ContractDetails(ctx, apple); err == nil && len(d) != 1 {
			t.Errorf("%d details without an error", len(d))
		}
		_, _ = s.CurrentTime(ctx)
		_ = s.PlaceOrder(ctx, marketOrder(s.NextOrderID()))
		if ctx.Err() != nil {
			t.Error("a call had no outcome")
		}
	}
}
