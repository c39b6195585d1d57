package recording

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"ibsoak/internal/wire"
)

const (
	// pumpBytes is how much is read before it is passed on: what one end has sent and the other
	// not yet taken is bounded by this and by the kernel's buffers.
	pumpBytes = 64 << 10
	// hangUpEvery is how often a pump that is held up by a slow reader looks whether its sender
	// is still there.
	hangUpEvery = 100 * time.Millisecond
)

// pump forwards one direction until its end: FIN is passed on as FIN, RST as RST.
func (l *link) pump(d wire.Direction, from, to *net.TCPConn, cut *cutter) {
	buf := make([]byte, pumpBytes)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			l.keep(d, buf[:n], cut)
			if writeErr := l.forward(from, to, buf[:n]); writeErr != nil {
				l.broken(d, writeErr)
				return
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			l.ended(d, KindFIN, cut)
			if err := to.CloseWrite(); err != nil && !gone(err) {
				l.tap.log.Error("FIN not passed on", "connection", l.id, "from", d, "err", err)
			}
			return
		default:
			l.broken(d, err)
			return
		}
	}
}

// errSenderGone is a sender's reset that was noticed while its bytes waited for the other end.
var errSenderGone = fmt.Errorf("the sender is gone: %w", syscall.ECONNRESET)

// forward writes, and gives up when the sender is reset meanwhile: it would wait for ever for a
// receiver that does not read, and the receiver would not learn of the reset.
func (l *link) forward(from, to *net.TCPConn, p []byte) error {
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

// broken passes a reset on, whichever end it came from: there is nothing left to forward either
// way.
func (l *link) broken(d wire.Direction, err error) {
	if l.aborted.Swap(true) {
		return // by Close, or the other pump has seen it
	}
	who := d
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "write" {
		who = other(d)
	}
	l.tap.kept(l.tap.keep.event(l.id, who, KindRST, ""))
	l.abort()
}

func other(d wire.Direction) wire.Direction {
	if d == wire.FromClient {
		return wire.FromServer
	}
	return wire.FromClient
}

// gone reports whether an end was reset, or closed here.
func gone(err error) bool {
	return errors.Is(err, syscall.ENOTCONN) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed)
}

// ended keeps the end of a half.
func (l *link) ended(d wire.Direction, kind string, cut *cutter) {
	note := ""
	if n := cut.inside(); n > 0 {
		note = fmt.Sprintf("after %d bytes of a frame that never ended", n)
	}
	l.tap.kept(l.tap.keep.event(l.id, d, kind, note))
}

// keep writes down what bytes complete, before they are passed on: so a request is always before
// its answer.
func (l *link) keep(d wire.Direction, p []byte, cut *cutter) {
	err := cut.push(p, func(raw []byte, preamble bool) error {
		l.tap.kept(l.unit(d, raw, preamble))
		return nil
	})
	if err != nil {
		l.tap.log.Error("the rest of this direction is forwarded but not kept",
			"connection", l.id, "from", d, "err", err)
		l.tap.kept(l.tap.keep.event(l.id, d, "undecodable", "nothing is kept from here on: "+err.Error()))
	}
}

func (l *link) unit(d wire.Direction, raw []byte, preamble bool) error {
	keep := l.tap.keep
	v := wire.Version(l.version.Load())
	switch {
	case preamble:
		return keep.preamble(l.id, raw)
	case v == 0 && d == wire.FromServer:
		hello, err := wire.ParseHello(raw[framePrefixBytes:])
		if err != nil {
			return keep.w.Write(Entry{
				At: keep.now(), Connection: l.id, From: FromGateway, Kind: "undecodable",
				Bytes: len(raw), Note: "contents left out: it is no version reply",
			})
		}
		l.version.Store(int64(hello.Version))
		return keep.hello(l.id, hello)
	}
	return keep.frame(l.id, d, raw, v)
}
