package link

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// Client is what the link needs of an API client; *ibapi.EClient has it. A client is attached
// once, fresh.
type Client interface {
	// SetConnectionOptions sets what is appended to the greeting. The link uses it to know its own
	// client from any other program that connects to the loopback port.
	SetConnectionOptions(options string)
	// Connect dials, shakes hands and sends START_API.
	Connect(host string, port int, clientID int64) error
	// SetServerLogLevel sends a message that no Gateway answers. The link uses it as the marker
	// behind each request, and never relays it.
	SetServerLogLevel(level int64)
}

const (
	// strangerTimeout bounds how long a connection to the loopback listener may take to show that
	// it is our client.
	strangerTimeout = time.Second
	// clientCloseTimeout bounds how long the client may take to go down once its connection ended.
	clientCloseTimeout = 2 * time.Second
)

type attachPhase uint8

const (
	unattached attachPhase = iota
	attaching
	attached
	attachFailed
)

// clientSide is the loopback half of a link.
type clientSide struct {
	api         Client
	phase       attachPhase // guarded by Link.mu
	nonce       string
	markerLevel int64

	conn   net.Conn
	frames *wire.FrameReader

	turn     chan struct{} // semaphore: who holds it may call the client
	marked   chan struct{} // a marker arrived
	opened   chan struct{} // the opening sentinel was decoded
	drained  chan struct{} // the closing sentinel was decoded
	gone     chan struct{} // the client closed its end; nothing reads it any more
	stop     chan struct{} // tells the goroutine that writes to the client to end
	stopped  chan struct{} // it has
	over     chan struct{} // Attach has returned, well or not
	closed   chan struct{} // ClientClosed was called
	openOnce sync.Once
	doneOnce sync.Once
	downOnce sync.Once
}

func newClientSide() clientSide {
	return clientSide{
		nonce: newNonce(), markerLevel: newMarkerLevel(),
		turn: make(chan struct{}, 1), marked: make(chan struct{}, 1),
		opened: make(chan struct{}), drained: make(chan struct{}), gone: make(chan struct{}),
		stop: make(chan struct{}), stopped: make(chan struct{}), over: make(chan struct{}),
		closed: make(chan struct{}),
	}
}

// Attach lets a fresh API client connect, to a loopback listener that accepts it alone and is then
// closed, and delivers to it everything that has arrived since the handshake. The client's Connect
// has returned by then, so no callback runs before the client knows that it is connected. If Attach
// fails, the link has ended when it returns.
func (l *Link) Attach(ctx context.Context, client Client) error {
	if !l.beginAttach(client) {
		return fmt.Errorf("attach API client: %w", l.attachRefused())
	}
	limited, cancel := context.WithTimeout(ctx, l.cfg.AttachTimeout)
	err := l.attach(limited, client)
	cancel()
	l.endAttach(err)
	if err == nil {
		go l.writeClient()
		return nil
	}
	reason := ClientFailed
	if ctx.Err() != nil {
		reason = Canceled
	}
	l.end(reason, fmt.Errorf("attach API client: %w", err))
	<-l.done
	return l.Err()
}

func (l *Link) beginAttach(client Client) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client.phase != unattached || l.cfg.Relay != nil {
		return false
	}
	l.client.phase, l.client.api = attaching, client
	return true
}

func (l *Link) endAttach(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.client.phase = attached
	if err != nil {
		l.client.phase = attachFailed
	}
	close(l.client.over)
}

func (l *Link) attachRefused() error {
	if err := l.Err(); err != nil {
		return err
	}
	return errors.New("a link takes one client, once")
}

// attach brings the client up and proves it in both directions: a sentinel that it decodes, a
// marker that it sends. From then on all of its goroutines are known to run.
func (l *Link) attach(ctx context.Context, client Client) error {
	ln, err := l.cfg.Listen()
	if err != nil {
		return fmt.Errorf("listen on loopback: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	host, port, err := hostPort(ln.Addr())
	if err != nil {
		_ = ln.Close()
		return err
	}
	served := make(chan error, 1)
	go func() { served <- l.serve(ctx, ln) }()
	connected := make(chan error, 1)
	go func() {
		client.SetConnectionOptions(l.client.nonce)
		connected <- client.Connect(host, port, int64(l.cfg.ClientID))
	}()
	serveErr := <-served
	select {
	case err = <-connected:
	case <-ctx.Done():
		err = fmt.Errorf("the client's Connect did not return: %w", context.Cause(ctx))
	}
	if err := errors.Join(serveErr, err); err != nil {
		if l.client.conn != nil {
			_ = l.client.conn.Close()
		}
		return err
	}
	go l.readClient()
	return l.prove(ctx)
}

func hostPort(addr net.Addr) (string, int, error) {
	host, text, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "", 0, fmt.Errorf("loopback address %s: %w", addr, err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return "", 0, fmt.Errorf("loopback address %s: %w", addr, err)
	}
	return host, port, nil
}

// serve accepts the client, closes the listener, and does the Gateway's part of the handshake. The
// client's blind reconnect, which would resend a request without a handshake, finds nothing there.
func (l *Link) serve(ctx context.Context, ln net.Listener) error {
	defer func() { _ = ln.Close() }() // a second close only says that it is closed
	for {
		conn, err := ln.Accept()
		if err != nil {
			return fmt.Errorf("accept the client: %w", errors.Join(err, context.Cause(ctx)))
		}
		ours, err := l.recognize(conn)
		if err == nil && ours {
			_ = ln.Close()
			l.client.conn = conn
			l.client.frames = wire.NewFrameReader(bufio.NewReaderSize(conn, readBufferBytes))
			return l.greet(ctx, conn)
		}
		l.log.Warn("stranger on the loopback port", "from", conn.RemoteAddr(), "error", err)
		_ = conn.Close()
	}
}

// recognize reads a greeting and says whether it carries this link's nonce.
func (l *Link) recognize(conn net.Conn) (bool, error) {
	if err := conn.SetDeadline(time.Now().Add(strangerTimeout)); err != nil {
		return false, err
	}
	p, err := wire.ReadPreamble(conn)
	return err == nil && p.Options == l.client.nonce, err
}

// greet serves the version reply of the Gateway and swallows START_API, which the link has sent
// itself.
func (l *Link) greet(ctx context.Context, conn net.Conn) error {
	if by, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(by); err != nil {
			return err
		}
	}
	if _, err := conn.Write(wire.AppendHello(nil, l.hello)); err != nil {
		return fmt.Errorf("greet the client: %w", err)
	}
	payload, err := l.client.frames.Next()
	if err != nil {
		return fmt.Errorf("read START_API from the client: %w", err)
	}
	kind, _, _, err := wire.Identify(wire.FromClient, payload, l.hello.Version)
	if err != nil || kind != wire.StartAPI {
		return fmt.Errorf("the client's first message is %s, not startApi: %w", kind, err)
	}
	return conn.SetDeadline(time.Time{})
}

func (l *Link) prove(ctx context.Context) error {
	frame, err := l.sentinelFrame(sentinelOpen)
	if err != nil {
		return err
	}
	if _, err := l.client.conn.Write(wire.AppendFrame(nil, frame)); err != nil {
		return fmt.Errorf("write the opening sentinel: %w", err)
	}
	if err := l.mark(); err != nil {
		return err
	}
	select {
	case <-l.client.opened:
		return nil
	case <-l.client.gone:
		return errors.New("the client closed its connection")
	case <-ctx.Done():
		return fmt.Errorf("the client's Error callback did not pass the opening sentinel on: %w",
			context.Cause(ctx))
	}
}

// readClient takes messages from the client until it closes its end.
func (l *Link) readClient() {
	defer close(l.client.gone)
	for {
		payload, err := l.client.frames.Next()
		if err != nil {
			l.end(ClientFailed, fmt.Errorf("read from the API client: %w", err))
			return
		}
		kind, _, _, err := wire.Identify(wire.FromClient, payload, l.hello.Version)
		if err != nil {
			l.end(ClientFailed, fmt.Errorf("read from the API client: %w", err))
			return
		}
		if l.isMarker(kind, payload) {
			signal(l.client.marked)
			continue
		}
		l.forward(kind, payload)
	}
}

func (l *Link) isMarker(kind wire.Kind, payload []byte) bool {
	if kind != wire.SetServerLogLevel {
		return false
	}
	m, err := wire.Decode(wire.FromClient, payload, l.hello.Version)
	if err != nil {
		return false
	}
	body, ok := m.Body.(*pb.SetServerLogLevelRequest)
	return ok && int64(body.GetLogLevel()) == l.client.markerLevel
}

// writeClient delivers queued frames to the client, batched while more are waiting.
func (l *Link) writeClient() {
	defer close(l.client.stopped)
	out := bufio.NewWriterSize(l.client.conn, readBufferBytes)
	for {
		for {
			payload, ok := l.toClient.pop()
			if !ok {
				break
			}
			if err := l.writeFrame(out, payload); err != nil {
				l.end(ClientFailed, fmt.Errorf("write to the API client: %w", err))
				return
			}
		}
		if err := out.Flush(); err != nil {
			l.end(ClientFailed, fmt.Errorf("write to the API client: %w", err))
			return
		}
		select {
		case <-l.toClient.filled:
		case <-l.client.stop:
			return
		}
	}
}

func (l *Link) writeFrame(out *bufio.Writer, payload []byte) error {
	if err := l.client.conn.SetWriteDeadline(time.Now().Add(l.cfg.WriteTimeout)); err != nil {
		return err
	}
	_, err := out.Write(wire.AppendFrame(out.AvailableBuffer(), payload))
	return err
}
