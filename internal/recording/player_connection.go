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
	// handshakeLimit bounds the wait for a client's preamble and START_API.
	handshakeLimit = 30 * time.Second
	// playerWriteLimit bounds a write. A client that does not read for so long is disconnected.
	playerWriteLimit = 30 * time.Second
	// clientEndLimit bounds the wait for the client's FIN after the Gateway's.
	clientEndLimit = 5 * time.Second
)

// playerConn is one client's connection to a Player. One goroutine reads requests and finds them in
// the script; another sends the replies when they are due. serve waits for both.
type playerConn struct {
	player   *Player
	conn     halfCloser
	version  wire.Version
	script   *script
	ids      *idMap
	queue    *sendQueue
	subjects map[int32]*request // the recorded request by the client's request id
	answered map[*request]bool  // played to this client
}

func newPlayerConn(p *Player, conn halfCloser) *playerConn {
	return &playerConn{
		player: p, conn: conn, ids: newIDMap(),
		subjects: make(map[int32]*request), answered: make(map[*request]bool),
	}
}

func (c *playerConn) serve() error {
	if err := c.conn.SetReadDeadline(time.Now().Add(handshakeLimit)); err != nil {
		return err
	}
	in := bufio.NewReader(c.conn)
	preamble, err := wire.ReadPreamble(in)
	if errors.Is(err, io.EOF) {
		return nil // it only looked whether the port is open
	}
	if err != nil {
		return err
	}
	c.version = wire.Negotiate(wire.Version(c.player.cfg.MaxServerVersion), preamble)
	hello := wire.AppendHello(nil, wire.Hello{Version: c.version, Time: c.player.scripts[0].time})
	if _, err := c.conn.Write(hello); err != nil {
		return fmt.Errorf("send version reply: %w", err)
	}
	frames := wire.NewFrameReader(in)
	if err := c.start(frames); err != nil {
		return err
	}
	if err := c.conn.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	c.queue = newSendQueue(c)
	ended := make(chan error, 1)
	go func() { ended <- c.queue.run() }()
	c.scheduleReplies(c.script.requests[0], 0)
	err = c.read(frames)
	c.queue.stop()
	return errors.Join(err, <-ended)
}

// start reads START_API and picks the script.
func (c *playerConn) start(frames *wire.FrameReader) error {
	payload, err := frames.Next()
	if err != nil {
		return fmt.Errorf("read startApi: %w", err)
	}
	m, err := wire.Decode(wire.FromClient, payload, c.version)
	if err != nil {
		return err
	}
	start, ok := m.Body.(*protobuf.StartApiRequest)
	if !ok {
		return fmt.Errorf("read startApi: got %s", m.Kind)
	}
	c.script = c.player.scriptFor(int(start.GetClientId()))
	c.ids.clientID = [2]int32{int32(c.script.clientID), start.GetClientId()}
	if next := c.player.cfg.NextOrderID; next > 0 && c.script.nextID > 0 {
		c.ids.offset = int32(next) - c.script.nextID
	}
	return nil
}

// read handles requests until the client disconnects.
func (c *playerConn) read(frames *wire.FrameReader) error {
	for {
		payload, err := frames.Next()
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed):
			return nil
		default:
			return err
		}
		c.player.count(func(s *Summary) { s.Requests++ })
		m, err := wire.Decode(wire.FromClient, payload, c.version)
		if err != nil {
			c.refuse(0, "a request that cannot be read: "+err.Error(), "nothing like it")
			continue
		}
		c.request(m)
	}
}

// request answers one request from the recording.
func (c *playerConn) request(m wire.Message) {
	id := requestID(m)
	if isCancel(m.Kind) {
		c.queue.drop(id)
	}
	found := c.find(m, id)
	switch {
	case found != nil:
		c.player.count(func(s *Summary) { s.Answered++ })
		c.ids.learn(found.Message, m)
		c.subjects[id] = found
		c.scheduleReplies(found, id)
	case hasNoAnswer(m.Kind):
		c.player.count(func(s *Summary) { s.Answered++ })
	default:
		c.refuse(id, fmt.Sprintf("%s %s", m.Kind, contentOf(m)), c.has(m.Kind))
	}
}

// isCancel reports whether a request ends an earlier request. A cancel of an order does not: the
// order's messages go on.
func isCancel(k wire.Kind) bool {
	return strings.HasPrefix(k.String(), "cancel") && k != wire.CancelOrder
}

// hasNoAnswer reports whether a Gateway sends no answer to a request unless it is wrong.
func hasNoAnswer(k wire.Kind) bool {
	return k == wire.SetServerLogLevel || k == wire.ReqMarketDataType || k == wire.StartAPI || isCancel(k)
}

// scheduleReplies queues the replies to a recorded request; id is the client's request id.
func (c *playerConn) scheduleReplies(a *request, id int32) {
	repeated := c.answered[a]
	c.answered[a] = true
	now := time.Now()
	for _, r := range a.replies {
		if r.unasked && repeated || r.end != "" && c.player.cfg.Speed < 0 {
			continue
		}
		q := queued{at: now.Add(c.player.delay(r.after)), id: id, end: r.end}
		if r.end == "" {
			q.message = c.ids.translate(r.Message, a.id, id)
		}
		if r.Kind == wire.HistoricalDataEnd && c.version < barsEndSince {
			continue // at this version the bars contain the end
		}
		c.queue.put(q)
		if r.Kind == wire.HistoricalData && a.version < barsEndSince && c.version >= barsEndSince {
			q.message = wire.Message{
				Kind: wire.HistoricalDataEnd, Body: &protobuf.HistoricalDataEnd{ReqId: &id},
			}
			c.queue.put(q)
		}
	}
}

// barsEndSince is the version from which the end of bars is a message of its own.
var barsEndSince = wire.Since(wire.HistoricalDataEnd)

// refuse answers a request that is not in the recording.
func (c *playerConn) refuse(id int32, request, has string) {
	c.player.missing(request, has)
	if id <= 0 {
		id = -1
	}
	text := fmt.Sprintf("Error validating request.-'replay' : cause - "+
		"not in the recording: %s; it has %s", request, has)
	c.queue.put(queued{at: time.Now(), id: id, message: wire.Message{
		Kind: wire.ErrorMessage, Body: &protobuf.ErrorMessage{
			Id: &id, ErrorCode: proto.Int32(codeValidating), ErrorMsg: &text,
			ErrorTime: proto.Int64(time.Now().UnixMilli()),
		},
	}})
}

// codeValidating is IBKR's error code for a request that is not valid.
const codeValidating = 321
