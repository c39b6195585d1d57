package serve

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// The bounds of a client.
const (
	// HandshakeWithin is from a client's connect to the end of its preamble, and from the version reply
	// to its START_API.
	HandshakeWithin = 10 * time.Second
	// MaxUnread is how many bytes may wait for a client to read them. A client that is further behind
	// is dropped, so that it keeps no other waiting.
	MaxUnread = 8 << 20
	// ReadWithin is how long a client may read nothing while something waits.
	ReadWithin = 30 * time.Second
	// CloseGrace is how long a client may take for its own FIN after ours; then it gets an RST. It
	// keeps no other client waiting: whoever comes with its id has the session at once.
	CloseGrace = 5 * time.Second

	bufferBytes = 64 << 10
)

// The reasons why a client was dropped.
var (
	ErrSlow     = fmt.Errorf("the client left more than %d bytes unread", MaxUnread)
	ErrNotStart = errors.New("the client's first message is not START_API")
)

// Client is one connection of a TWS API client. Read has one caller; the other methods may be called
// from any goroutine.
type Client struct {
	conn     net.Conn
	in       *bufio.Reader
	frames   *wire.FrameReader
	Since    time.Time
	Preamble wire.Preamble
	Hello    wire.Hello
	// ID and Capabilities are what START_API said.
	ID           int
	Capabilities string

	In, Out atomic.Uint64 // whole frames

	mu      sync.Mutex
	queue   [][]byte
	waiting int  // bytes in queue
	last    bool // nothing more is queued: FIN behind the queue
	why     error
	filled  chan struct{}
	gone    chan struct{} // closed when the writer has ended
	dropped chan struct{} // closed by the first Drop

	readBy   time.Time // the deadline of reading, from the end of Greet on
	stopping bool      // a Watch is being stopped: reading ends at once
}

// Accept takes over a connection.
func Accept(conn net.Conn) *Client {
	in := bufio.NewReaderSize(conn, bufferBytes)
	return &Client{
		conn: conn, in: in, frames: wire.NewFrameReader(in), Since: time.Now(),
		filled: make(chan struct{}, 1), gone: make(chan struct{}), dropped: make(chan struct{}),
	}
}

// Remote is the client's address.
func (c *Client) Remote() net.Addr { return c.conn.RemoteAddr() }

// Greet reads the preamble, and answers it with the hello that reply makes. It ends with ctx. So must
// reply, which may wait, and Watch the client meanwhile.
func (c *Client) Greet(ctx context.Context, reply func(wire.Preamble) (wire.Hello, error)) error {
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(atOnce) })
	defer stop()
	if err := c.conn.SetDeadline(time.Now().Add(HandshakeWithin)); err != nil {
		return err
	}
	var err error
	if c.Preamble, err = wire.ReadPreamble(c.in); err != nil {
		return err
	}
	if c.Hello, err = reply(c.Preamble); err != nil {
		return err
	}
	if err := c.conn.SetDeadline(time.Now().Add(HandshakeWithin)); err != nil {
		return err
	}
	if _, err := c.conn.Write(wire.AppendHello(nil, c.Hello)); err != nil {
		return err
	}
	if err := c.start(); err != nil {
		return err
	}
	if err := c.conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	return context.Cause(ctx) // its deadline on the connection may have been overwritten
}

// start reads START_API.
func (c *Client) start() error {
	payload, err := c.frames.Next()
	if err != nil {
		return err
	}
	m, err := wire.Decode(wire.FromClient, payload, c.Hello.Version)
	if err != nil {
		return err
	}
	body, ok := m.Body.(*pb.StartApiRequest)
	if !ok {
		return fmt.Errorf("%w but %s", ErrNotStart, m.Kind)
	}
	if body.GetClientId() < 0 {
		return fmt.Errorf("client id %d: want 0 or more", body.GetClientId())
	}
	c.ID, c.Capabilities = int(body.GetClientId()), body.GetOptionalCapabilities()
	return nil
}

// Abandon ends a connection whose handshake failed.
func (c *Client) Abandon() { _ = c.conn.Close() }

// Read waits for the client's next whole frame. A frame that the client did not finish is an error.
func (c *Client) Read() (wire.Kind, []byte, error) {
	payload, err := c.frames.Next()
	if err != nil {
		return 0, nil, err
	}
	c.In.Add(1)
	kind, _, _, err := wire.Identify(wire.FromClient, payload, c.Hello.Version)
	return kind, payload, err
}

// Push queues frames for the client. It never waits: a client that is too far behind is dropped.
func (c *Client) Push(payloads ...[]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last {
		return
	}
	for _, p := range payloads {
		c.queue = append(c.queue, p)
		c.waiting += len(p)
	}
	if c.waiting > MaxUnread {
		c.drop(ErrSlow)
		return
	}
	signal(c.filled)
}

// Finish ends the connection in good order: what is queued, then FIN.
func (c *Client) Finish(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last {
		return
	}
	c.last, c.why = true, why
	signal(c.filled)
}

// Drop ends the connection at once.
func (c *Client) Drop(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(why)
}

// drop ends the connection; what was queued is not sent. The caller holds mu.
func (c *Client) drop(why error) {
	select {
	case <-c.dropped:
		return
	default:
	}
	if c.why == nil {
		c.why = why
	}
	c.last, c.queue, c.waiting = true, nil, 0
	close(c.dropped)
	_ = c.conn.SetWriteDeadline(atOnce) // whoever writes or reads ends now
	c.limitReading(atOnce)
	signal(c.filled)
}

// Why is why we ended the connection; nil while we have not.
func (c *Client) Why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

// Unread is how many bytes wait to be written.
func (c *Client) Unread() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting
}

// Write writes what is queued until Finish or Drop, then ends our half of the connection. It must
// run in a goroutine of its own from the end of Greet on; Close waits for it.
func (c *Client) Write() {
	defer close(c.gone)
	out := bufio.NewWriterSize(c.conn, bufferBytes)
	for {
		batch, last := c.take()
		if err := c.write(out, batch); err != nil {
			c.unwritable(err)
			return
		}
		if len(batch) > 0 {
			continue
		}
		if last {
			c.endOfStream()
			return
		}
		<-c.filled // Finish and Drop fill it too
	}
}

// unwritable ends writing. A client that takes nothing is dropped. One that is gone is read to its end:
// what it had written before, orders say, is still to be had.
func (c *Client) unwritable(err error) {
	err = fmt.Errorf("write to the client: %w", err)
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.drop(err)
		return
	}
	c.last, c.queue, c.waiting = true, nil, 0
}

func (c *Client) take() (batch [][]byte, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	batch, c.queue, c.waiting = c.queue, nil, 0
	return batch, c.last
}

func (c *Client) write(out *bufio.Writer, batch [][]byte) error {
	if len(batch) == 0 {
		return nil
	}
	select {
	case <-c.dropped:
		return os.ErrDeadlineExceeded
	default:
	}
	for _, payload := range batch {
		if out.Available() < len(payload) {
			if err := c.allow(); err != nil {
				return err
			}
		}
		if _, err := out.Write(wire.AppendFrame(out.AvailableBuffer(), payload)); err != nil {
			return err
		}
		c.Out.Add(1)
	}
	if err := c.allow(); err != nil {
		return err
	}
	return out.Flush()
}

// allow gives the client time to read, unless it was dropped.
func (c *Client) allow() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.dropped:
		return os.ErrDeadlineExceeded
	default:
		return c.conn.SetWriteDeadline(time.Now().Add(ReadWithin))
	}
}

// endOfStream sends FIN, and gives the client a moment for its own.
func (c *Client) endOfStream() {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if ok {
		_ = half.CloseWrite() // fails when the client has reset
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limitReading(time.Now().Add(CloseGrace)) // whoever reads ends by then
}

// Close waits for the writer and gives the socket back. A client that has not ended its half by then
// gets an RST, so that neither side keeps a socket of it.
func (c *Client) Close(endedByClient bool) {
	c.Finish(nil)
	if endedByClient {
		_ = c.conn.SetWriteDeadline(time.Now().Add(CloseGrace)) // nobody reads it any more
	}
	<-c.gone
	if armed, ok := c.conn.(interface{ SetLinger(sec int) error }); ok && !endedByClient {
		_ = armed.SetLinger(0)
	}
	_ = c.conn.Close()
}

// Refuse tells a client why it is not served, and ends its connection as a Gateway does: the error,
// then FIN. It must not have been given to Write yet.
func (c *Client) Refuse(code int, text string) {
	payload, err := wire.Payload(wire.Message{Kind: wire.ErrorMessage, Body: &pb.ErrorMessage{
		Id: proto.Int32(-1), ErrorCode: proto.Int32(int32(code)), ErrorMsg: proto.String(text),
		ErrorTime: proto.Int64(time.Now().UnixMilli()),
	}}, c.Hello.Version)
	if err == nil {
		c.Push(payload)
	}
	c.Finish(errors.New(text))
}

// Discard reads and forgets until the client ends its half or the deadline of the end is over.
func (c *Client) Discard() (endedByClient bool) {
	for {
		if _, err := c.in.Discard(1); err != nil {
			return !errors.Is(err, os.ErrDeadlineExceeded)
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
