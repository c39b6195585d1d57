package recording

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"ibsoak/internal/wire"
)

const (
	// forwardBytes is how much is read before it is written to the other end. This and the kernel's
	// buffers bound how much one end can send before the other has read it.
	forwardBytes = 64 << 10
	// hangUpEvery is how often a forwarder that waits for a slow reader checks whether the sender
	// has reset its connection.
	hangUpEvery = 100 * time.Millisecond
)

// tapConnection is one client and the connection to the Gateway that the Tap has dialled for it. It
// has two goroutines, one for each direction; run waits for both.
type tapConnection struct {
	tap     *Tap
	id      int
	client  *net.TCPConn
	gateway *net.TCPConn // set before the two goroutines start
	aborted atomic.Bool
	version atomic.Int64 // 0 until the version reply
	mu      sync.Mutex   // guards gateway against abort
	wg      sync.WaitGroup

	fromClient, fromGateway frameSplitter // each belongs to one of the goroutines
}

func (c *tapConnection) run() {
	defer c.client.Close()
	entries := c.tap.entries
	c.tap.noteError(entries.event(c.id, wire.FromClient, KindConnected, ""))
	dialer := net.Dialer{Timeout: dialLimit}
	conn, err := dialer.DialContext(c.tap.ctx, "tcp", c.tap.cfg.Upstream)
	if err != nil {
		c.tap.log.Error("Gateway not reached; the client is reset", "connection", c.id, "err", err)
		c.tap.noteError(entries.event(c.id, wire.FromServer, KindRST, "the Gateway was not reached"))
		_ = c.client.SetLinger(0)
		return
	}
	c.mu.Lock()
	c.gateway = conn.(*net.TCPConn)
	c.mu.Unlock()
	defer c.gateway.Close()
	if c.aborted.Load() {
		c.abort()
	}
	c.tap.log.Info("client connected", "connection", c.id, "from", c.client.RemoteAddr())
	c.wg.Go(func() { c.forward(wire.FromClient, c.client, c.gateway, &c.fromClient) })
	c.wg.Go(func() { c.forward(wire.FromServer, c.gateway, c.client, &c.fromGateway) })
	c.wg.Wait()
	c.tap.log.Info("connection ended", "connection", c.id)
}

// abort resets both ends.
func (c *tapConnection) abort() {
	c.aborted.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	reset(c.client)
	if c.gateway != nil {
		reset(c.gateway)
	}
}

// reset closes with RST; a second call does nothing.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// forward copies one direction until it ends. It forwards a FIN as a FIN, and an RST as an RST.
func (c *tapConnection) forward(d wire.Direction, from, to *net.TCPConn, split *frameSplitter) {
	buf := make([]byte, forwardBytes)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			c.record(d, buf[:n], split)
			if writeErr := c.write(from, to, buf[:n]); writeErr != nil {
				c.forwardReset(d, writeErr)
				return
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			c.forwardFIN(d, to, split)
			return
		default:
			c.forwardReset(d, err)
			return
		}
	}
}

// errSenderGone is a reset by the sender while its bytes waited for the other end.
var errSenderGone = fmt.Errorf("the sender is gone: %w", syscall.ECONNRESET)

// write writes p, and gives up when the sender resets its connection meanwhile. Without this check
// it would wait for a receiver that does not read, and the receiver would never learn of the reset.
func (c *tapConnection) write(from, to *net.TCPConn, p []byte) error {
	for {
		if err := to.SetWriteDeadline(time.Now().Add(hangUpEvery)); err != nil {
			return err
		}
		n, err := to.Write(p)
		p = p[n:]
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if hungUp(from) {
			return errSenderGone
		}
	}
}

// forwardReset resets both ends and records which one was reset first: after that, nothing can be
// forwarded in either direction.
func (c *tapConnection) forwardReset(d wire.Direction, err error) {
	if c.aborted.Swap(true) {
		return // Close, or the goroutine of the other direction, did it already
	}
	who := d
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "write" {
		who = other(d)
	}
	c.tap.noteError(c.tap.entries.event(c.id, who, KindRST, ""))
	c.abort()
}

func other(d wire.Direction) wire.Direction {
	if d == wire.FromClient {
		return wire.FromServer
	}
	return wire.FromClient
}

// gone reports whether the connection was reset by its peer, or closed here.
func gone(err error) bool {
	return errors.Is(err, syscall.ENOTCONN) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed)
}

// forwardFIN records the end of one direction and forwards it.
func (c *tapConnection) forwardFIN(d wire.Direction, to *net.TCPConn, split *frameSplitter) {
	note := ""
	if n := split.incomplete(); n > 0 {
		note = fmt.Sprintf("after %d bytes of a frame that never ended", n)
	}
	c.tap.noteError(c.tap.entries.event(c.id, d, KindFIN, note))
	if err := to.CloseWrite(); err != nil && !gone(err) {
		c.tap.log.Error("FIN not forwarded", "connection", c.id, "from", d, "err", err)
	}
}

// record writes the frames that p completes. It runs before p is forwarded, so that a request is
// always recorded before its answer.
func (c *tapConnection) record(d wire.Direction, p []byte, split *frameSplitter) {
	err := split.push(p, func(raw []byte, preamble bool) {
		c.tap.noteError(c.recordFrame(d, raw, preamble))
	})
	if err != nil {
		c.tap.log.Error("the rest of this direction is forwarded but not recorded",
			"connection", c.id, "from", d, "err", err)
		c.tap.noteError(c.tap.entries.event(c.id, d, kindUndecodable,
			"nothing is recorded from here on: "+err.Error()))
	}
}

func (c *tapConnection) recordFrame(d wire.Direction, raw []byte, preamble bool) error {
	entries := c.tap.entries
	v := wire.Version(c.version.Load())
	switch {
	case preamble:
		return entries.preamble(c.id, raw)
	case v == 0 && d == wire.FromServer:
		hello, err := wire.ParseHello(raw[framePrefixBytes:])
		if err != nil {
			return entries.file.write(Entry{
				At: entries.now(), Connection: c.id, From: FromGateway, Kind: kindUndecodable,
				Bytes: len(raw), Note: "contents left out: it is no version reply",
			})
		}
		c.version.Store(int64(hello.Version))
		return entries.hello(c.id, hello)
	}
	return entries.frame(c.id, d, raw, v)
}
