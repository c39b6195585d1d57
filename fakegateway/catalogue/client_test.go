package catalogue_test

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

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/catalogue"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

const (
	// patience bounds every wait of a test: reaching it is a failure, never a measurement.
	patience = 15 * time.Second
	// listening is how long a client listens to a silence that the ledger has already confirmed.
	listening = 30 * time.Millisecond
	version   = fakegateway.DefaultServerVersion
)

// rig is a Gateway out of the catalogue.
type rig struct {
	*testing.T
	entry catalogue.Entry
	*fakegateway.Server
}

// start runs an entry with its scenario's clock so many times as fast as it says.
func start(t *testing.T, e catalogue.Entry, scale float64) rig {
	t.Helper()
	cfg := e.Config
	cfg.Clock.Scale = scale
	s, err := fakegateway.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return rig{t, e, s}
}

func (r rig) await(what string, until func(*fakegateway.View) bool) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if err := r.Wait(ctx, what, until); err != nil {
		r.Fatal(err)
	}
}

// row awaits a state of connection id.
func (r rig) row(id int, what string, until func(fakegateway.Connection) bool) {
	r.Helper()
	r.await(what, func(v *fakegateway.View) bool {
		row, ok := v.Connection(id)
		return ok && until(row)
	})
}

func (r rig) stage(s fakegateway.Stage) {
	r.Helper()
	r.await(string(s), func(v *fakegateway.View) bool { return v.Stage() == s })
}

func (r rig) closeWait(n int) {
	r.Helper()
	r.await("CLOSE_WAIT", func(v *fakegateway.View) bool { return v.InCloseWait() == n })
}

func (r rig) operate(o fault.Operation) {
	r.Helper()
	if err := r.Operate(o, ""); err != nil {
		r.Fatal(err)
	}
}

// orders is how many orders the books have.
func (r rig) orders() int { return len(r.Books().Orders) }

// dialError dials and wants no connection.
func (r rig) dialError(within time.Duration) error {
	r.Helper()
	d := net.Dialer{Timeout: within}
	c, err := d.DialContext(r.Context(), "tcp", r.Addr())
	if err == nil {
		_ = c.Close()
		r.Fatal("the dial succeeded")
	}
	return err
}

// client speaks the protocol by hand.
type client struct {
	rig
	tcp *net.TCPConn
	in  *bufio.Reader
}

func (r rig) dial() client {
	r.Helper()
	d := net.Dialer{Timeout: patience}
	c, err := d.DialContext(r.Context(), "tcp", r.Addr())
	if err != nil {
		r.Fatal(err)
	}
	tcp := c.(*net.TCPConn)
	r.Cleanup(func() { _ = tcp.Close() })
	if err := tcp.SetDeadline(time.Now().Add(patience)); err != nil {
		r.Fatal(err)
	}
	return client{r, tcp, bufio.NewReader(tcp)}
}

func (c client) send(b []byte) {
	c.Helper()
	if _, err := c.tcp.Write(b); err != nil {
		c.Fatalf("client write: %v", err)
	}
}

func (c client) greet() client {
	c.Helper()
	c.send(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: version}))
	return c
}

// frame reads a frame's payload.
func (c client) frame() []byte {
	c.Helper()
	payload, err := wire.NewFrameReader(c.in).Next()
	if err != nil {
		c.Fatalf("read frame: %v", err)
	}
	return payload
}

func (c client) hello() client {
	c.Helper()
	c.greet()
	if _, err := wire.ParseHello(c.frame()); err != nil {
		c.Fatal(err)
	}
	return c
}

func (c client) ask(k wire.Kind, body proto.Message) {
	c.Helper()
	frame, err := wire.Append(nil, wire.Message{Kind: k, Body: body}, version)
	if err != nil {
		c.Fatal(err)
	}
	c.send(frame)
}

func (c client) startAPI(id int32) client {
	c.Helper()
	c.ask(wire.StartAPI, &protobuf.StartApiRequest{ClientId: proto.Int32(id)})
	return c
}

// until reads up to a message of this kind.
func (c client) until(k wire.Kind) proto.Message {
	c.Helper()
	for {
		m, err := wire.Decode(wire.FromServer, c.frame(), version)
		if err != nil {
			c.Fatal(err)
		}
		if m.Kind == k {
			return m.Body
		}
	}
}

// untilError reads up to an error message with a code.
func (c client) untilError(code int32) {
	c.Helper()
	for c.until(wire.ErrorMessage).(*protobuf.ErrorMessage).GetErrorCode() != code {
	}
}

// connect does the whole handshake, up to the last farm notice.
func (c client) connect(id int32) client {
	c.Helper()
	c.hello().startAPI(id).untilError(2158)
	return c
}

func (c client) accounts() string {
	c.Helper()
	return c.until(wire.ManagedAccounts).(*protobuf.ManagedAccounts).GetAccountsList()
}

func (c client) nextID() int32 {
	c.Helper()
	return c.until(wire.NextValidID).(*protobuf.NextValidId).GetOrderId()
}

func (c client) askTime() client {
	c.Helper()
	c.ask(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
	return c
}

// buy sends an order at the market, or with a limit that is not met.
func (c client) buy(id int32, kind string) {
	c.Helper()
	c.ask(wire.PlaceOrder, &protobuf.PlaceOrderRequest{
		OrderId: proto.Int32(id),
		Contract: &protobuf.Contract{
			Symbol: proto.String("AAPL"), SecType: proto.String("STK"),
			Exchange: proto.String("SMART"), Currency: proto.String("USD"),
		},
		Order: &protobuf.Order{
			Action: proto.String("BUY"), TotalQuantity: proto.String("1"),
			OrderType: proto.String(kind), LmtPrice: proto.Float64(1),
			Tif: proto.String("DAY"), Transmit: proto.Bool(true),
		},
	})
}

// leave sends FIN and keeps the socket, for the Gateway's answer.
func (c client) leave() client {
	c.Helper()
	if err := c.tcp.CloseWrite(); err != nil {
		c.Fatal(err)
	}
	return c
}

// wantFIN reads to the end and wants so many bytes, or any number when it is below 0.
func (c client) wantFIN(bytes int) {
	c.Helper()
	got, err := io.ReadAll(c.in)
	if err != nil || bytes >= 0 && len(got) != bytes {
		c.Errorf("%d bytes, then %v; want %d, then FIN", len(got), err, bytes)
	}
}

func (c client) wantRST() {
	c.Helper()
	if _, err := io.ReadAll(c.in); !errors.Is(err, syscall.ECONNRESET) {
		c.Errorf("read to the end: %v, want a reset", err)
	}
}

// wantSilence listens for a moment and wants neither bytes nor an end.
func (c client) wantSilence() client {
	c.Helper()
	if err := c.tcp.SetReadDeadline(time.Now().Add(listening)); err != nil {
		c.Fatal(err)
	}
	b, err := c.in.ReadByte()
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		c.Fatalf("read: byte %#x, error %v, want silence", b, err)
	}
	if err := c.tcp.SetReadDeadline(time.Now().Add(patience)); err != nil {
		c.Fatal(err)
	}
	return c
}

// unanswered greets as client id of the ledger and wants that the greeting is read and no answer.
func (r rig) unanswered(id int) client {
	r.Helper()
	c := r.dial().greet()
	r.row(id, "the greeting", func(row fakegateway.Connection) bool { return row.Preamble })
	return c.wantSilence()
}
