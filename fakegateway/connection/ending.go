package connection

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/observe"
	"ibsoak/internal/wire"
)

// streamEnded is the loop's part of the end of the stream. It reports whether the loop goes on.
func (c *Conn) streamEnded(a arrival) bool {
	var frame *wire.FrameError
	switch {
	case atEOF(a.err):
		return c.clientLeft(a.err)
	case socketReset(a.err), errors.Is(a.err, errOver), errors.Is(a.err, net.ErrClosed):
		return false
	case errors.As(a.err, &frame):
		c.gateway.Board.Inbound(c.row, c.rawFrame(frame.Seen, observe.KindMalformed, frame.Error()))
		c.finish("malformed: "+frame.Error(), nil)
	case errors.Is(a.err, wire.ErrNotAPI):
		c.finish("not an API client: "+a.err.Error(), nil)
	default:
		c.finish(a.err.Error(), nil)
	}
	return false
}

// malformed answers what cannot be read. It reports whether the loop goes on.
func (c *Conn) malformed(payload []byte, err error) bool {
	c.session.Malformed(payload, err)
	if c.gateway.Settings.DisconnectMalformed {
		c.finishAfter(c.gateway.Settings.RefusalDelay, "a request could not be read")
		return false
	}
	return true
}

// clientLeft decides what the client's FIN leads to.
func (c *Conn) clientLeft(err error) bool {
	c.gateway.Owner.ClientLeft(c)
	c.mu.Lock()
	hit := c.onFIN
	c.mu.Unlock()
	file := func(wire string) { c.receipt(hit, wire, "") }
	if goOn, handled := hit.OnClientFIN(c, file); handled {
		return goOn
	}
	if c.gateway.Settings.LeakProbes && c.rd.read.Load() == 0 {
		c.Hold("the FIN of a client that sent nothing is ignored")
		return false
	}
	end := "closed by the client"
	if errors.Is(err, io.ErrUnexpectedEOF) {
		end = "closed by the client inside a message"
	}
	c.finish(end, nil)
	return false
}

// clientFIN files the client's FIN, and closes when the Gateway's is out already.
func (c *Conn) clientFIN() {
	c.mu.Lock()
	first := !c.finSeen
	c.finSeen = true
	both := c.finSent
	c.mu.Unlock()
	if first {
		c.gateway.Board.Update(c.row, observe.Event{Kind: observe.EventClientFIN}, func(r *observe.Connection) {
			r.ClientFIN = time.Now()
			r.EndedFirstBy(observe.ByClient)
		})
	}
	if both {
		c.shut("closed by both sides", false)
	}
}

// clientSaidFIN reports that the client's FIN has arrived, read or not.
func (c *Conn) clientSaidFIN() bool {
	if raw, ok := c.nc.(syscall.Conn); ok {
		if state, known := tcpState(raw); known {
			return state == tcpCloseWait
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.finSeen
}

// clientReset files the client's RST: the socket is gone.
func (c *Conn) clientReset(err error) {
	c.mu.Lock()
	over := c.ended
	c.mu.Unlock()
	if over {
		return
	}
	c.gateway.Board.Update(c.row, observe.Event{Kind: observe.EventClientRST}, func(r *observe.Connection) {
		if r.ClientRST.IsZero() {
			r.ClientRST = time.Now()
			r.EndedFirstBy(observe.ByClient)
		}
	})
	c.shut("reset by the client: "+err.Error(), false)
}

// writeFailed is an error of the sending half.
func (c *Conn) writeFailed(err error) {
	switch {
	case errors.Is(err, errOver), errors.Is(err, net.ErrClosed):
	case socketReset(err):
		c.clientReset(err)
	case c.quitting():
		// The deadline of a flush before FIN: the step that sends it comes next in finish.
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.shut("the client took nothing for "+c.gateway.Settings.SendTimeout.String(), true)
	default:
		c.shut("write: "+err.Error(), true)
	}
}

func (c *Conn) quitting() bool {
	select {
	case <-c.quit:
		return true
	default:
		return false
	}
}

// finish sends FIN after everything that was queued, within flushGrace, and handles nothing more.
// done, when not nil, is told how the FIN differs from one.
func (c *Conn) finish(end string, done fault.Closed) {
	var once sync.Once
	send := func(bool) bool {
		once.Do(func() { c.sendFIN(false, end, done) })
		return false
	}
	if c.w.gate.isShut() {
		c.w.discard()
		send(false)
	} else {
		c.w.putLast(item{step: send})
		_ = c.nc.SetWriteDeadline(time.Now().Add(flushGrace)) // an error means that it is closed
		c.After(flushGrace, func() { send(false) })           // in case the writer could not
	}
	c.stop()
}

// finishAfter is finish, some time later; what comes meanwhile is not handled.
func (c *Conn) finishAfter(d time.Duration, end string) {
	if d <= 0 {
		c.finish(end, nil)
		return
	}
	c.After(d, func() { c.finish(end, nil) })
}

// sendFIN closes the sending half, once. The receiving half is read on, to time the client's FIN;
// when that has come already, the connection is closed altogether.
func (c *Conn) sendFIN(half bool, end string, done fault.Closed) {
	c.mu.Lock()
	if c.finSent || c.ended {
		ended := c.ended
		c.mu.Unlock()
		switch {
		case done == nil:
		case ended:
			done("", "the connection had ended already")
		default:
			done(", which was out before", "")
		}
		return
	}
	c.finSent, c.half, c.finAt = true, half, time.Now()
	both := c.finSeen // else the reader meets the client's and finds the Gateway's sent
	c.mu.Unlock()
	c.gateway.Board.Update(c.row, observe.Event{Kind: observe.EventGatewayFIN}, func(r *observe.Connection) {
		r.GatewayFIN = time.Now()
		r.EndedFirstBy(observe.ByGateway)
		if r.End == "" && !half {
			r.End = end
		}
	})
	err := c.nc.CloseWrite()
	if done != nil {
		done("", finMismatch(c.nc, err))
	}
	if !half {
		c.stop()
	}
	if both {
		c.shut(end, false)
	}
}

// ignoreFIN leaves the client's FIN without an answer: the zombie.
var ignoreFIN = fault.Hit{Fault: fault.Fault{What: fault.What{Do: fault.IgnoreEOF}}}

// Hold makes the connection a zombie: nothing is handled or written, and it is never closed. The
// reader keeps it referenced and notices the client's RST.
func (c *Conn) Hold(end string) {
	c.mu.Lock()
	c.onFIN = ignoreFIN
	c.mu.Unlock()
	c.w.silent.Store(true)
	c.w.discard()
	c.gateway.Board.Update(c.row, observe.Event{Kind: observe.EventHeld}, func(r *observe.Connection) {
		r.Held = true
		if r.End == "" {
			r.End = "held: " + end
		}
	})
	c.stop()
}

// shut closes the socket for good, with RST if told to. The first reason given stands.
func (c *Conn) shut(end string, rst bool) {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	c.ended = true
	finSent := c.finSent
	c.mu.Unlock()
	if rst {
		_ = c.nc.SetLinger(0) // fails only on a socket that is gone
	}
	event := observe.Event{Kind: observe.EventClosed, Message: end}
	c.gateway.Board.Update(c.row, event, func(r *observe.Connection) {
		r.Closed = time.Now()
		switch {
		case rst:
			r.GatewayRST = r.Closed
			r.EndedFirstBy(observe.ByGateway)
		case !finSent && r.ClientRST.IsZero():
			r.GatewayFIN = r.Closed
			r.EndedFirstBy(observe.ByGateway)
		}
		if r.End == "" {
			r.End = end
		}
	})
	close(c.over)
	if err := c.nc.Close(); err != nil {
		c.gateway.Log.Debug("close socket", "connection", c.id, "err", err)
	}
	c.stop()
}

// Describe names the connection for people.
func (c *Conn) Describe() string {
	return fmt.Sprintf("connection %d from %s with %d bytes to write", c.id, c.nc.RemoteAddr(), c.Queued())
}

// IsLive reports whether a fault by the clock may still fall on the connection.
func (c *Conn) IsLive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.ended && !c.stopped
}

// IsZombie reports whether the client has sent FIN and we have not.
func (c *Conn) IsZombie() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.ended && !c.finSent
}
