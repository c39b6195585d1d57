package fakegateway

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// patience bounds every wait of a test: reaching it is a failure, never a measurement.
const patience = 10 * time.Second

// noID is the id of an error message that answers no request.
const noID = -1

// quiet is how long a client listens to a silence that the ledger has already confirmed.
const quietTime = 30 * time.Millisecond

func startServer(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// faults makes a Config with these faults.
func faults(list ...fault.Fault) Config {
	return Config{Schedule: fault.Schedule{Faults: list}}
}

func await(t *testing.T, s *Server, what string, until func(*View) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Wait(ctx, what, until); err != nil {
		t.Fatal(err)
	}
}

// row awaits a state of one connection and returns the row as it then is.
func row(t *testing.T, s *Server, id int, what string, until func(Connection) bool) Connection {
	t.Helper()
	var row Connection
	await(t, s, what, func(v *View) bool {
		var ok bool
		row, ok = v.Connection(id)
		return ok && until(row)
	})
	return row
}

// rawClient speaks the protocol by hand.
type rawClient struct {
	t       *testing.T
	conn    connection.Socket
	read    *bufio.Reader
	version wire.Version
}

func dial(t *testing.T, s *Server) *rawClient {
	t.Helper()
	d := net.Dialer{Timeout: patience}
	c, err := d.DialContext(t.Context(), "tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return newRawClient(t, c.(connection.Socket))
}

func newRawClient(t *testing.T, c connection.Socket) *rawClient {
	t.Helper()
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &rawClient{t: t, conn: c, read: bufio.NewReader(c)}
}

func (r *rawClient) write(b []byte) {
	r.t.Helper()
	if _, err := r.conn.Write(b); err != nil {
		r.t.Fatalf("client write: %v", err)
	}
}

func (r *rawClient) greet() {
	r.t.Helper()
	r.write(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225}))
}

// next reads one frame's payload.
func (r *rawClient) next() ([]byte, error) { return wire.NewFrameReader(r.read).Next() }

// hello greets and reads the version reply.
func (r *rawClient) hello() wire.Hello {
	r.t.Helper()
	r.greet()
	return r.versionReply()
}

func (r *rawClient) versionReply() wire.Hello {
	r.t.Helper()
	payload, err := r.next()
	if err != nil {
		r.t.Fatalf("read version reply: %v", err)
	}
	hello, err := wire.ParseHello(payload)
	if err != nil {
		r.t.Fatal(err)
	}
	r.version = hello.Version
	return hello
}

func (r *rawClient) send(kind wire.Kind, body proto.Message) {
	r.t.Helper()
	frame, err := wire.Append(nil, wire.Message{Kind: kind, Body: body}, r.version)
	if err != nil {
		r.t.Fatal(err)
	}
	r.write(frame)
}

// message reads one message.
func (r *rawClient) message() wire.Message {
	r.t.Helper()
	payload, err := r.next()
	if err != nil {
		r.t.Fatalf("read message: %v", err)
	}
	m, err := wire.Decode(wire.FromServer, payload, r.version)
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

// until reads messages up to one of this kind.
func (r *rawClient) until(kind wire.Kind) wire.Message {
	r.t.Helper()
	for {
		if m := r.message(); m.Kind == kind {
			return m
		}
	}
}

func (r *rawClient) startAPI(id int) {
	r.t.Helper()
	r.send(wire.StartAPI, &protobuf.StartApiRequest{ClientId: proto.Int32(int32(id))})
}

// connect does the whole handshake, up to the last farm notice.
func (r *rawClient) connect(id int) *rawClient {
	r.t.Helper()
	r.hello()
	r.startAPI(id)
	r.until(wire.NextValidID)
	for range installedFarms {
		r.until(wire.ErrorMessage)
	}
	return r
}

func (r *rawClient) askTime() {
	r.t.Helper()
	r.send(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
}

// rest reads to the end and returns what came, and the error: nil for FIN.
func (r *rawClient) rest() ([]byte, error) { return io.ReadAll(r.read) }

func (r *rawClient) wantFIN() []byte {
	r.t.Helper()
	got, err := r.rest()
	if err != nil {
		r.t.Fatalf("read to the end: %v, want FIN", err)
	}
	return got
}

func (r *rawClient) wantRST() {
	r.t.Helper()
	if _, err := r.rest(); !errors.Is(err, syscall.ECONNRESET) {
		r.t.Fatalf("read to the end: %v, want a reset", err)
	}
}

// wantSilence reads for a moment and wants neither bytes nor an end.
func (r *rawClient) wantSilence() {
	r.t.Helper()
	if err := r.conn.SetReadDeadline(time.Now().Add(quietTime)); err != nil {
		r.t.Fatal(err)
	}
	b, err := r.read.ReadByte()
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		r.t.Fatalf("read: byte %#x, error %v, want silence", b, err)
	}
	if err := r.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rawClient) close() {
	r.t.Helper()
	if err := r.conn.Close(); err != nil {
		r.t.Fatal(err)
	}
}

// abort closes with RST.
func (r *rawClient) abort() {
	r.t.Helper()
	if err := r.conn.SetLinger(0); err != nil {
		r.t.Fatal(err)
	}
	r.close()
}
