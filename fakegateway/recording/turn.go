package recording

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

const (
	// handshakeLimit bounds the wait for a greeting and for START_API.
	handshakeLimit = 30 * time.Second
	// playerWriteLimit bounds a write: a client that reads nothing for so long is reset.
	playerWriteLimit = 30 * time.Second
	// farewellLimit bounds the wait for a client's FIN after the recorded Gateway's.
	farewellLimit = 5 * time.Second
)

// turn is one client's turn at a Player: the reader finds what is asked, the prompter says it at
// its time. serve waits for both.
type turn struct {
	player   *Player
	conn     halfCloser
	version  wire.Version
	script   *script
	names    *names
	prompter *prompter
	subjects map[int32]*ask // by the client's request id: what it stands for in the script
	done     map[*ask]bool  // asked in this turn
}

func newTurn(p *Player, c halfCloser) *turn {
	return &turn{
		player: p, conn: c, names: newNames(),
		subjects: make(map[int32]*ask), done: make(map[*ask]bool),
	}
}

func (t *turn) serve() error {
	if err := t.conn.SetReadDeadline(time.Now().Add(handshakeLimit)); err != nil {
		return err
	}
	in := bufio.NewReader(t.conn)
	preamble, err := wire.ReadPreamble(in)
	if errors.Is(err, io.EOF) {
		return nil // a probe
	}
	if err != nil {
		return err
	}
	t.version = wire.Negotiate(wire.Version(t.player.cfg.MaxServerVersion), preamble)
	hello := wire.AppendHello(nil, wire.Hello{Version: t.version, Time: t.player.scripts[0].time})
	if _, err := t.conn.Write(hello); err != nil {
		return fmt.Errorf("send version reply: %w", err)
	}
	frames := wire.NewFrameReader(in)
	if err := t.start(frames); err != nil {
		return err
	}
	if err := t.conn.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	t.prompter = newPrompter(t)
	ended := make(chan error, 1)
	go func() { ended <- t.prompter.run() }()
	t.ask(t.script.asks[0], 0)
	err = t.read(frames)
	t.prompter.stop()
	return errors.Join(err, <-ended)
}

// start reads START_API and picks the script.
func (t *turn) start(frames *wire.FrameReader) error {
	payload, err := frames.Next()
	if err != nil {
		return fmt.Errorf("read startApi: %w", err)
	}
	m, err := wire.Decode(wire.FromClient, payload, t.version)
	if err != nil {
		return err
	}
	start, ok := m.Body.(*protobuf.StartApiRequest)
	if !ok {
		return fmt.Errorf("read startApi: got %s", m.Kind)
	}
	t.script = t.player.scriptFor(int(start.GetClientId()))
	t.names.clientID = [2]int32{int32(t.script.clientID), start.GetClientId()}
	if next := t.player.cfg.NextOrderID; next > 0 && t.script.nextID > 0 {
		t.names.offset = int32(next) - t.script.nextID
	}
	return nil
}

// read handles requests until the client's end.
func (t *turn) read(frames *wire.FrameReader) error {
	for {
		payload, err := frames.Next()
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed):
			return nil
		default:
			return err
		}
		t.player.count(func(s *Summary) { s.Requests++ })
		m, err := wire.Decode(wire.FromClient, payload, t.version)
		if err != nil {
			t.refuse(0, "a request that cannot be read: "+err.Error(), "nothing like it")
			continue
		}
		t.request(m)
	}
}

// request answers one request from the recording.
func (t *turn) request(m wire.Message) {
	id := requestID(m)
	if stops := strings.HasPrefix(m.Kind.String(), "cancel") && m.Kind != wire.CancelOrder; stops {
		t.prompter.forget(id)
	}
	found := t.find(m, id)
	switch {
	case found != nil:
		t.player.count(func(s *Summary) { s.Answered++ })
		t.names.placed(found.Message, m)
		t.subjects[id] = found
		t.ask(found, id)
	case unanswered(m.Kind):
		t.player.count(func(s *Summary) { s.Answered++ })
	default:
		t.refuse(id, fmt.Sprintf("%s %s", m.Kind, contentOf(m)), t.has(m.Kind))
	}
}

// unanswered are the requests that a Gateway does not answer when all is well.
func unanswered(k wire.Kind) bool {
	return k == wire.SetServerLogLevel || k == wire.ReqMarketDataType || k == wire.StartAPI ||
		strings.HasPrefix(k.String(), "cancel") && k != wire.CancelOrder
}

// ask schedules the answers to a recorded request; id is the client's.
func (t *turn) ask(a *ask, id int32) {
	repeated := t.done[a]
	t.done[a] = true
	now := time.Now()
	for _, r := range a.replies {
		if r.once && repeated || r.end != "" && t.player.cfg.Speed < 0 {
			continue
		}
		l := line{
			at: now.Add(t.player.delay(r.after)), id: id, end: r.end,
			message: t.message(r, a.id, id),
		}
		if r.Kind == wire.HistoricalDataEnd && t.version < barsEndSince {
			continue // the bars have said it
		}
		t.prompter.put(l)
		if r.Kind == wire.HistoricalData && a.version < barsEndSince && t.version >= barsEndSince {
			l.message = wire.Message{
				Kind: wire.HistoricalDataEnd, Body: &protobuf.HistoricalDataEnd{ReqId: &id},
			}
			t.prompter.put(l)
		}
	}
}

// barsEndSince is the version from which the end of bars is a message of its own.
var barsEndSince = wire.Since(wire.HistoricalDataEnd)

// message is a reply as the client is to read it.
func (t *turn) message(r reply, asked, live int32) wire.Message {
	if r.end != "" {
		return wire.Message{}
	}
	return t.names.rewrite(r.Message, asked, live)
}

// refuse answers what is not in the recording.
func (t *turn) refuse(id int32, request, has string) {
	t.player.missing(request, has)
	if id <= 0 {
		id = -1
	}
	text := fmt.Sprintf("Error validating request.-'replay' : cause - "+
		"not in the recording: %s; it has %s", request, has)
	t.prompter.put(line{at: time.Now(), id: id, message: wire.Message{
		Kind: wire.ErrorMessage, Body: &protobuf.ErrorMessage{
			Id: &id, ErrorCode: proto.Int32(codeValidating), ErrorMsg: &text,
			ErrorTime: proto.Int64(time.Now().UnixMilli()),
		},
	}})
}

// codeValidating is IBKR's code of a request that does not make sense.
const codeValidating = 321
