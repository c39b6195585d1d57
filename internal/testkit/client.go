package testkit

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// silence is how long WantSilence listens. The test must know from somewhere else that whatever could
// come has come: silence is the last look and never the proof.
const silence = 30 * time.Millisecond

// Socket is what a Client speaks over: TCP, or a connection in memory.
type Socket interface {
	net.Conn
	CloseWrite() error
	SetLinger(seconds int) error
}

// Client is a TWS API client that speaks the protocol by hand. Its methods fail the test when
// something goes wrong. Those that only send return the Client, for calls in a row.
type Client struct {
	T    T
	Conn Socket
	In   *bufio.Reader
	// Version is the highest to offer, and from Hello on the negotiated one.
	Version wire.Version
}

// Dial connects to a Gateway's port and sends nothing. The connection ends with the test.
func Dial(t T, addr string, offer wire.Version) *Client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, Patience)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	return NewClient(t, conn.(*net.TCPConn), offer)
}

// NewClient speaks over a connection that there is, and ends it with the test.
func NewClient(t T, conn Socket, offer wire.Version) *Client {
	t.Helper()
	c := &Client{T: t, Conn: conn, In: bufio.NewReader(conn), Version: offer}
	t.Cleanup(func() { _ = conn.Close() })
	c.deadline()
	return c
}

func (c *Client) deadline() {
	c.T.Helper()
	if err := c.Conn.SetDeadline(time.Now().Add(Patience)); err != nil {
		c.T.Fatalf("set deadline: %v", err)
	}
}

// Write sends bytes.
func (c *Client) Write(b []byte) *Client {
	c.T.Helper()
	if _, err := c.Conn.Write(b); err != nil {
		c.T.Fatalf("client write: %v", err)
	}
	return c
}

// Greet sends the preamble, with version 100 as the least.
func (c *Client) Greet() *Client {
	c.T.Helper()
	return c.Write(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: c.Version}))
}

// Hello greets, and reads the version reply.
func (c *Client) Hello() *Client {
	c.T.Helper()
	c.Greet().VersionReply()
	return c
}

// VersionReply reads it.
func (c *Client) VersionReply() wire.Hello {
	c.T.Helper()
	hello, err := wire.ParseHello(c.Frame())
	if err != nil {
		c.T.Fatalf("%v", err)
	}
	c.Version = hello.Version
	return hello
}

// StartAPI sends START_API.
func (c *Client) StartAPI(clientID int32) *Client {
	c.T.Helper()
	return c.Send(wire.StartAPI, &protobuf.StartApiRequest{ClientId: proto.Int32(clientID)})
}

// Connect does the whole handshake: up to the last of the farm notices that end it.
func (c *Client) Connect(clientID int32) *Client {
	c.T.Helper()
	return c.Hello().StartAPI(clientID).UntilError(2158)
}

// Send sends a message.
func (c *Client) Send(k wire.Kind, body proto.Message) *Client {
	c.T.Helper()
	frame, err := wire.Append(nil, wire.Message{Kind: k, Body: body}, c.Version)
	if err != nil {
		c.T.Fatalf("%v", err)
	}
	return c.Write(frame)
}

// AskTime sends a request that every Gateway answers at once, with CurrentTime.
func (c *Client) AskTime() *Client {
	c.T.Helper()
	return c.Send(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
}

// Frame reads one frame's payload.
func (c *Client) Frame() []byte {
	c.T.Helper()
	payload, err := wire.NewFrameReader(c.In).Next()
	if err != nil {
		c.T.Fatalf("read frame: %v", err)
	}
	return payload
}

// Message reads one message.
func (c *Client) Message() wire.Message {
	c.T.Helper()
	m, err := wire.Decode(wire.FromServer, c.Frame(), c.Version)
	if err != nil {
		c.T.Fatalf("%v", err)
	}
	return m
}

// Expect reads one message of each of these kinds, in this order, and returns the last.
func (c *Client) Expect(kinds ...wire.Kind) (m wire.Message) {
	c.T.Helper()
	for _, want := range kinds {
		if m = c.Message(); m.Kind != want {
			c.T.Fatalf("got %s %v, want %s", m.Kind, m.Body, want)
		}
	}
	return m
}

// Until reads up to the first message of a kind.
func (c *Client) Until(k wire.Kind) proto.Message {
	c.T.Helper()
	for {
		if m := c.Message(); m.Kind == k {
			return m.Body
		}
	}
}

// UntilError reads up to the first error message with a code.
func (c *Client) UntilError(code int32) *Client {
	c.T.Helper()
	for c.Until(wire.ErrorMessage).(*protobuf.ErrorMessage).GetErrorCode() != code {
	}
	return c
}

// CloseWrite sends FIN and keeps the socket, to read what still comes.
func (c *Client) CloseWrite() *Client {
	c.T.Helper()
	if err := c.Conn.CloseWrite(); err != nil {
		c.T.Fatalf("send FIN: %v", err)
	}
	return c
}

// WantFIN reads to the end. It wants this many bytes, or any number if bytes is below 0, and then FIN.
func (c *Client) WantFIN(bytes int) {
	c.T.Helper()
	got, err := io.ReadAll(c.In)
	if err != nil || bytes >= 0 && len(got) != bytes {
		c.T.Errorf("%d bytes, then %v; want %d, then FIN", len(got), err, bytes)
	}
}

// WantRST reads to the end and wants a reset.
func (c *Client) WantRST() {
	c.T.Helper()
	if _, err := io.ReadAll(c.In); !errors.Is(err, syscall.ECONNRESET) {
		c.T.Errorf("read to the end: %v, want a reset", err)
	}
}

// WantSilence listens for a moment, and wants neither bytes nor an end.
func (c *Client) WantSilence() *Client {
	c.T.Helper()
	if err := c.Conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
		c.T.Fatalf("set deadline: %v", err)
	}
	b, err := c.In.ReadByte()
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		c.T.Fatalf("read: byte %#x, error %v, want silence", b, err)
	}
	c.deadline()
	return c
}
