package recording

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

// rig is a Tap before a port that the test serves itself.
type rig struct {
	t       *testing.T
	tap     *Tap
	gateway net.Listener
	addr    string
	out     *testkit.Buffer
	served  chan error
}

func loopback(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, gateway: loopback(t), out: &testkit.Buffer{}, served: make(chan error, 1)}
	tap, err := NewTap(TapConfig{Upstream: r.gateway.Addr().String(), Out: r.out})
	if err != nil {
		t.Fatal(err)
	}
	r.tap = tap
	ln := loopback(t)
	r.addr = ln.Addr().String()
	go func() { r.served <- tap.Serve(ln) }()
	t.Cleanup(func() { r.end() })
	return r
}

// end closes the Tap and reads what it wrote.
func (r *rig) end() *Recording {
	r.t.Helper()
	if err := r.tap.Close(); err != nil {
		r.t.Fatal(err)
	}
	recording, err := Read(strings.NewReader(r.out.String()))
	if err != nil {
		r.t.Fatal(err)
	}
	return recording
}

// connect gives both ends of a connection through the Tap.
func (r *rig) connect() (client, gateway *net.TCPConn) {
	r.t.Helper()
	c, err := net.DialTimeout("tcp", r.addr, testkit.Patience)
	if err != nil {
		r.t.Fatal(err)
	}
	g, err := r.gateway.Accept()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, end := range []net.Conn{c, g} {
		r.t.Cleanup(func() { _ = end.Close() })
		if err := end.SetDeadline(time.Now().Add(testkit.Patience)); err != nil {
			r.t.Fatal(err)
		}
	}
	return c.(*net.TCPConn), g.(*net.TCPConn)
}

func send(t *testing.T, c net.Conn, b []byte) {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, c io.Reader, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatalf("read: %v", err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("read %q, want %q", got, want)
	}
}

func frame(t *testing.T, k wire.Kind, body proto.Message, v wire.Version) []byte {
	t.Helper()
	raw, err := wire.Append(nil, wire.Message{Kind: k, Body: body}, v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// kinds is a recording in a line.
func kinds(r *Recording) string {
	var all []string
	for _, e := range r.Entries {
		all = append(all, e.From[:1]+" "+e.Kind)
	}
	return strings.Join(all, ", ")
}

func TestTapForwardsByteForByte(t *testing.T) {
	r := newRig(t)
	client, gateway := r.connect()
	greeting := wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225, Options: "+PACEAPI"})
	for _, b := range greeting { // a segment a byte
		send(t, client, []byte{b})
	}
	expect(t, gateway, greeting)
	hello := wire.AppendHello(nil, wire.Hello{Version: 225, Time: "20260302 15:00:00 UTC"})
	send(t, gateway, hello)
	expect(t, client, hello)
	accounts := frame(t, wire.ManagedAccounts,
		&protobuf.ManagedAccounts{AccountsList: proto.String("DU9000001")}, 225)
	strange := wire.AppendFrame(nil, []byte("\x00\x00\x01\x8fDU9000001"))
	send(t, gateway, append(append([]byte{}, accounts...), strange...))
	expect(t, client, append(append([]byte{}, accounts...), strange...))
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if n, err := gateway.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Fatalf("the Gateway read %d, %v after the client's FIN", n, err)
	}
	send(t, gateway, accounts) // the other half goes on
	expect(t, client, accounts)
	if err := gateway.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := client.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Fatalf("the client read %d, %v after the Gateway's FIN", n, err)
	}
	recording := r.end()
	want := "c connected, c preamble, g versionReply, g managedAccounts, g gateway message 199, " +
		"c FIN, g managedAccounts, g FIN"
	if got := strings.ReplaceAll(kinds(recording), "server", "gateway"); got != want {
		t.Errorf("recorded\n got %s\nwant %s", got, want)
	}
	if h := recording.Header; h.ServerVersion != 225 || !h.Scrubbed || h.Started.IsZero() {
		t.Errorf("header %+v", h)
	}
	if strings.Contains(r.out.String(), "DU9000001") {
		t.Error("the account is in the file")
	}
}

func TestTapPassesResetsOn(t *testing.T) {
	for name, byClient := range map[string]bool{"by the client": true, "by the Gateway": false} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			client, gateway := r.connect()
			one, two, want := gateway, client, "g RST"
			if byClient {
				one, two, want = client, gateway, "c RST"
			}
			reset(one)
			if _, err := two.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Fatalf("the other end read %v, want a reset", err)
			}
			if got := kinds(r.end()); !strings.HasSuffix(got, want) {
				t.Errorf("recorded %s, want the end %s", got, want)
			}
		})
	}
}

// A receiver that does not read holds the sender up, and the sender's reset reaches it even so.
func TestTapHasBackPressure(t *testing.T) {
	r := newRig(t)
	client, gateway := r.connect()
	if err := gateway.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	written := 0
	chunk := make([]byte, 1<<20)
	for written < 256<<20 {
		n, err := gateway.Write(chunk)
		written += n
		if err != nil {
			break
		}
	}
	if written >= 256<<20 {
		t.Fatalf("%d bytes were taken for a client that reads nothing", written)
	}
	reset(gateway)
	_, err := io.Copy(io.Discard, client)
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client read to %v, want a reset", err)
	}
}

func TestTapWithoutAGatewayResetsTheClient(t *testing.T) {
	closed := loopback(t)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	tap, err := NewTap(TapConfig{Upstream: closed.Addr().String(), Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	ln := loopback(t)
	go func() { _ = tap.Serve(ln) }()
	c, err := net.DialTimeout("tcp", ln.Addr().String(), testkit.Patience)
	if err == nil { // else the reset was there before dial looked
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(testkit.Patience)); err != nil {
			t.Fatal(err)
		}
		_, err = c.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client got %v, want a reset", err)
	}
	if err := tap.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "was not reached") {
		t.Errorf("the recording does not say why: %s", out.String())
	}
}

// Bytes that are no frames are forwarded, and nothing of them is kept.
func TestTapForwardsWhatItCannotCut(t *testing.T) {
	r := newRig(t)
	client, gateway := r.connect()
	probe := []byte("GET / HTTP/1.1\r\nX-Account: DU9000001\r\n\r\n")
	send(t, client, probe)
	expect(t, gateway, probe)
	answer := []byte("HTTP/1.1 400 Bad Request\r\n\r\n")
	send(t, gateway, answer)
	expect(t, bufio.NewReader(client), answer)
	if got := kinds(r.end()); strings.Count(got, "undecodable") != 2 {
		t.Errorf("recorded %s, want both directions undecodable", got)
	}
	if strings.Contains(r.out.String(), "DU9000001") {
		t.Error("the account is in the file")
	}
}

// A disk that is full does not take the Gateway from its client.
func TestTapOutlivesItsDisk(t *testing.T) {
	gatewayLn := loopback(t)
	tap, err := NewTap(TapConfig{Upstream: gatewayLn.Addr().String(), Out: brokenDisk{}})
	if err != nil {
		t.Fatal(err)
	}
	ln := loopback(t)
	go func() { _ = tap.Serve(ln) }()
	r := &rig{t: t, tap: tap, gateway: gatewayLn, addr: ln.Addr().String()}
	client, gateway := r.connect()
	greeting := wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225})
	send(t, client, greeting)
	expect(t, gateway, greeting)
	hello := wire.AppendHello(nil, wire.Hello{Version: 225, Time: "20260302 15:00:00 UTC"})
	send(t, gateway, hello)
	expect(t, client, hello)
	if err := tap.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("close: %v, want that the disk is full", err)
	}
}

type brokenDisk struct{}

func (brokenDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestTapWantsAnUpstream(t *testing.T) {
	for _, upstream := range []string{"", "4002"} {
		if _, err := NewTap(TapConfig{Upstream: upstream, Out: io.Discard}); err == nil {
			t.Errorf("upstream %q is accepted", upstream)
		}
	}
}
