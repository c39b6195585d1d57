package client

import (
	"time"

	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/lock"
	"ibsoak/internal/wire"

	"github.com/scmhub/ibapi/protobuf"
)

// NoRequest is the id of messages that answer no request.
const NoRequest = -1

// Conn is what a client is reached through.
type Conn interface {
	// Send queues m for writing and never blocks.
	Send(m wire.Message)
	// Now is the scenario's clock.
	Now() time.Time
}

// Client is one client of the API, as all families of requests see it.
//
// Its lock guards what the client follows, in every family: requests come from the connection's
// loop, and the exchange's events from whatever goroutine has moved the exchange.
type Client struct {
	lock.Mutex[lock.Client]

	conn    Conn
	version wire.Version
	id      int
}

// New is the client of a connection that speaks version. Its id is 0 until Identify.
func New(c Conn, version wire.Version) *Client { return &Client{conn: c, version: version} }

// Identify says which client id START_API had. It is called once, before anything is answered.
func (c *Client) Identify(id int) { c.id = id }

// ID is the client id.
func (c *Client) ID() int { return c.id }

// Version is the negotiated version of the protocol.
func (c *Client) Version() wire.Version { return c.version }

// Now is the time on the scenario's clock.
func (c *Client) Now() time.Time { return c.conn.Now() }

// Send queues a message for the client and never blocks. The body is encoded before Send returns.
func (c *Client) Send(k wire.Kind, body proto.Message) {
	c.conn.Send(wire.Message{Kind: k, Body: body})
}

// Fail sends an errMsg. id is the request's or the order's, or NoRequest.
func (c *Client) Fail(id, code int, text string) {
	c.Send(wire.ErrorMessage, &protobuf.ErrorMessage{
		Id: Num(id), ErrorTime: proto.Int64(c.Now().UnixMilli()),
		ErrorCode: Num(code), ErrorMsg: proto.String(text),
	})
}

// Refuse answers a request, or an order, with why it is refused.
func (c *Client) Refuse(id int, r *Refusal) { c.Fail(id, r.Code, r.Text) }

// Notify sends a notice about the Gateway itself: an errMsg with id -1.
func (c *Client) Notify(n Notice) { c.Fail(NoRequest, n.Code, n.Text) }

// Notice is a message about the Gateway itself: an errMsg with id -1.
type Notice struct {
	Code int
	Text string
}
