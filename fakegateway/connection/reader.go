package connection

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"ibsoak/fakegateway/observe"
	"ibsoak/internal/wire"
)

const (
	// firstBytesKept is how much of a connection's first bytes the ledger shows.
	firstBytesKept = 32
	readerBytes    = 4 << 10

	// LateGrace is how long after our FIN bytes of the client are excused: they may have been on
	// their way. Later ones are answered as a closed socket answers: RST.
	LateGrace = 250 * time.Millisecond
)

// arrival is one thing that came in: a preamble, a message, or the end of the stream.
type arrival struct {
	at       time.Time
	preamble *wire.Preamble
	payload  []byte
	err      error
}

func (a arrival) greeting() string {
	p := *a.preamble
	text := fmt.Sprintf("v%d..%d", p.Min, p.Max)
	if p.Options != "" {
		text += " " + p.Options
	}
	return text
}

// frame is a message as it came, its length before it.
func (a arrival) frame() []byte {
	if len(a.payload) == 0 {
		return make([]byte, 4) // a frame without a message is its length
	}
	return wire.AppendFrame(nil, a.payload)
}

// reader owns the receiving half of a connection.
type reader struct {
	c        *Conn
	arrivals chan arrival
	gate     gate   // shut by stop-reading
	meter    *meter // nil unless the client is paced; of run's goroutine
	read     atomic.Int64
	dropping chan struct{} // closed when the loop is over
	dropOnce sync.Once
}

func newReader(c *Conn) *reader {
	return &reader{
		c: c, arrivals: make(chan arrival, inboundQueue), dropping: make(chan struct{}),
	}
}

// discard makes the reader throw away what comes.
func (r *reader) discard() { r.dropOnce.Do(func() { close(r.dropping) }) }

// run reads until the socket is gone: first for the loop, then for the ledger only, because the
// client's FIN, or its RST, is still to be timed.
func (r *reader) run() {
	err := r.stream(bufio.NewReaderSize(r, readerBytes))
	if !r.ended(err) {
		_, err = io.Copy(io.Discard, struct{ io.Reader }{r})
		if err == nil {
			err = io.EOF
		}
		r.ended(err)
	}
	select {
	case <-r.c.over:
		return
	default:
	}
	if awaitGone(r.c.nc, r.c.over) {
		r.c.clientReset(syscall.ECONNRESET)
	}
}

// stream cuts the stream for the loop and returns why it ended: errOver when the loop did.
func (r *reader) stream(buffered *bufio.Reader) error {
	preamble, err := wire.ReadPreamble(buffered)
	if err == nil {
		greeting := arrival{preamble: &preamble}
		r.meter, r.c.rate = r.c.meters(preamble)
		// Filed here: the loop may not get to it before the Gateway is ready, nor the client wait.
		r.c.gateway.Board.Update(r.c.row, observe.Event{}, func(row *observe.Connection) {
			row.Preamble, row.Greeting = true, greeting.greeting()
		})
		r.c.gateway.Board.Inbound(r.c.row, r.c.inboundFrame(greeting, observe.KindPreamble, ""))
		if !r.deliver(greeting) {
			return errOver
		}
	}
	frames := wire.NewFrameReader(buffered)
	for err == nil {
		var payload []byte
		if payload, err = frames.Next(); isEmptyFrame(err) {
			err = nil // a request that cannot be read, which the loop answers
		}
		if err != nil {
			break
		}
		if r.meter != nil && !r.pace() || !r.deliver(arrival{payload: payload}) {
			return errOver
		}
	}
	r.note(err)
	r.deliver(arrival{err: err})
	return err
}

func (r *reader) deliver(a arrival) bool {
	a.at = time.Now()
	select {
	case <-r.dropping:
		return false
	default:
	}
	select {
	case r.arrivals <- a:
		return true
	case <-r.dropping:
		return false
	case <-r.c.over:
		return false
	}
}

// note files the end of the stream before the loop hears of it.
func (r *reader) note(err error) {
	switch {
	case socketReset(err):
		r.c.clientReset(err)
	case atEOF(err):
		r.c.clientFIN()
	}
}

// ended reports whether err was the end of the client's half, after filing it.
func (r *reader) ended(err error) bool {
	r.note(err)
	return socketReset(err) || atEOF(err) || r.isOver()
}

func (r *reader) isOver() bool {
	select {
	case <-r.c.over:
		return true
	default:
		return false
	}
}

func isEmptyFrame(err error) bool {
	var frame *wire.FrameError
	return errors.As(err, &frame) && frame.IsEmpty()
}

// atEOF is the client's FIN, inside a unit of the stream or between two.
func atEOF(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// socketReset is the client's RST, or its absence noticed by the kernel.
func socketReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, syscall.ETIMEDOUT)
}

// Read is the metered socket: it counts, keeps the first bytes, and obeys stop-reading.
func (r *reader) Read(p []byte) (int, error) {
	for {
		if !r.gate.pass(r.c.over) {
			return 0, errOver
		}
		n, err := r.c.nc.Read(p)
		if n > 0 && !r.count(p[:n]) {
			return 0, errOver
		}
		if errors.Is(err, os.ErrDeadlineExceeded) && n == 0 {
			continue // a fault has shut the gate
		}
		return n, err
	}
}

// count files bytes. It reports false when they end the connection.
func (r *reader) count(p []byte) bool {
	now := time.Now()
	r.c.mu.Lock()
	late := r.c.finSent && !r.c.half
	refuse := late && now.Sub(r.c.finAt) > LateGrace
	r.c.mu.Unlock()
	first := r.read.Add(int64(len(p))) == int64(len(p))
	r.c.gateway.Board.Update(r.c.row, observe.Event{}, func(row *observe.Connection) {
		if first {
			row.FirstByte = now
		}
		row.BytesIn += int64(len(p))
		if room := firstBytesKept - len(row.FirstBytes); room > 0 {
			row.FirstBytes = append(row.FirstBytes, p[:min(room, len(p))]...)
		}
		if late {
			row.BytesAfterFIN += int64(len(p))
		}
	})
	if refuse {
		r.c.shut("the client went on sending after the Gateway's FIN", true)
	}
	return !refuse
}
