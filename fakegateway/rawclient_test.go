package fakegateway

import (
	"context"
	"io"
	"testing"

	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

// patience bounds every wait of a test: reaching it is a failure, never a measurement.
const patience = testkit.Patience

// noID is the id of an error message that answers no request.
const noID = -1

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

// rawClient is a testkit.Client under the names of this package's tests.
type rawClient struct {
	*testkit.Client
	t *testing.T
}

func dial(t *testing.T, s *Server) *rawClient {
	t.Helper()
	return &rawClient{testkit.Dial(t, s.Addr(), DefaultServerVersion), t}
}

func newRawClient(t *testing.T, c connection.Socket) *rawClient {
	t.Helper()
	return &rawClient{testkit.NewClient(t, c, DefaultServerVersion), t}
}

func (r *rawClient) write(b []byte)    { r.t.Helper(); r.Write(b) }
func (r *rawClient) greet()            { r.t.Helper(); r.Greet() }
func (r *rawClient) hello() wire.Hello { r.t.Helper(); return r.Greet().VersionReply() }

func (r *rawClient) versionReply() wire.Hello                { r.t.Helper(); return r.VersionReply() }
func (r *rawClient) send(kind wire.Kind, body proto.Message) { r.t.Helper(); r.Send(kind, body) }
func (r *rawClient) message() wire.Message                   { r.t.Helper(); return r.Message() }
func (r *rawClient) startAPI(id int)                         { r.t.Helper(); r.StartAPI(int32(id)) }
func (r *rawClient) askTime()                                { r.t.Helper(); r.AskTime() }
func (r *rawClient) wantRST()                                { r.t.Helper(); r.WantRST() }
func (r *rawClient) wantSilence()                            { r.t.Helper(); r.WantSilence() }

// next reads one frame's payload.
func (r *rawClient) next() ([]byte, error) { return wire.NewFrameReader(r.In).Next() }

// until reads messages up to one of this kind.
func (r *rawClient) until(kind wire.Kind) wire.Message {
	r.t.Helper()
	return wire.Message{Kind: kind, Body: r.Until(kind)}
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

// rest reads to the end and returns what came, and the error: nil for FIN.
func (r *rawClient) rest() ([]byte, error) { return io.ReadAll(r.In) }

func (r *rawClient) wantFIN() []byte {
	r.t.Helper()
	got, err := r.rest()
	if err != nil {
		r.t.Fatalf("read to the end: %v, want FIN", err)
	}
	return got
}

func (r *rawClient) close() {
	r.t.Helper()
	if err := r.Conn.Close(); err != nil {
		r.t.Fatal(err)
	}
}

// abort closes with RST.
func (r *rawClient) abort() {
	r.t.Helper()
	if err := r.Conn.SetLinger(0); err != nil {
		r.t.Fatal(err)
	}
	r.close()
}
