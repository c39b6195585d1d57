package wire_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/scmhub/ibapi"

	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

// silent is zerolog's level above all others; the client logs every callback otherwise.
const silent = 7

func TestMain(m *testing.M) {
	ibapi.SetLogLevel(silent)
	os.Exit(m.Run())
}

// stockClient is a real EClient of github.com/scmhub/ibapi, connected over loopback to the test,
// which plays the Gateway. What it sends and what it makes of our frames are goldens: its codec
// was written by others.
type stockClient struct {
	*ibapi.EClient
	version wire.Version
	conn    net.Conn
	reader  *wire.FrameReader
	heard   *listener
}

const answerWait = 5 * time.Second

// connected keeps every client and socket until the process ends. Ending a session of this client
// races inside it (WaitGroup.Add against Wait, reset against its own goroutines), and a collected
// socket would end it.
var connected struct {
	sync.Mutex
	clients []*stockClient
}

// connect makes an EClient speak a version with the test.
func connect(t *testing.T, version wire.Version) *stockClient {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()

	c := &stockClient{version: version, heard: newListener()}
	c.EClient = ibapi.NewEClient(c.heard)
	greeted := make(chan error, 1)
	go func() { greeted <- c.greet(ln) }()
	connectErr := c.Connect("127.0.0.1", ln.Addr().(*net.TCPAddr).Port, 7)
	if err := <-greeted; err != nil {
		t.Fatal(err)
	}
	if connectErr != nil || !c.IsConnected() {
		t.Fatalf("connect at %d: %v", version, connectErr)
	}
	connected.Lock()
	connected.clients = append(connected.clients, c)
	connected.Unlock()
	return c
}

// greet is the Gateway's side of the handshake, up to and with startApi.
func (c *stockClient) greet(ln net.Listener) error {
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	c.conn = conn
	if err := conn.SetDeadline(time.Now().Add(answerWait)); err != nil {
		return err
	}
	buffered := bufio.NewReader(conn)
	preamble, err := wire.ReadPreamble(buffered)
	if err != nil {
		return err
	}
	if want := (wire.Preamble{Min: 100, Max: 225}); preamble != want {
		return fmt.Errorf("preamble %+v, want %+v", preamble, want)
	}
	hello := wire.Hello{
		Version: wire.Negotiate(c.version, preamble),
		Time:    "20260824 22:27:38 Central European Standard Time",
	}
	if _, err := conn.Write(wire.AppendHello(nil, hello)); err != nil {
		return err
	}
	c.reader = wire.NewFrameReader(buffered)
	payload, err := c.reader.Next()
	if err != nil {
		return err
	}
	m, err := wire.Decode(wire.FromClient, payload, c.version)
	if err != nil {
		return err
	}
	if m.Kind != wire.StartAPI {
		return fmt.Errorf("first message is %s, want startApi", m.Kind)
	}
	witness.Saw(m.Kind.String(), int(c.version), witness.IBAPI)
	return nil
}

// ask lets the client send one request and gives what the codec makes of it.
func (c *stockClient) ask(t *testing.T, call func(*ibapi.EClient)) wire.Message {
	t.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(answerWait)); err != nil {
		t.Fatal(err)
	}
	call(c.EClient)
	payload, err := c.reader.Next()
	if err != nil {
		t.Fatalf("at %d: %v (the client said %v)", c.version, err, c.heard.drain())
	}
	m, err := wire.Decode(wire.FromClient, payload, c.version)
	if err != nil {
		t.Fatalf("at %d: %v", c.version, err)
	}
	sameFieldCount(t, m, payload, c.version)
	return m
}

// tell sends messages and gives the callbacks that the client made of them.
func (c *stockClient) tell(t *testing.T, messages ...wire.Message) []string {
	t.Helper()
	var frames []byte
	for _, m := range messages {
		var err error
		if frames, err = wire.Append(frames, m, c.version); err != nil {
			t.Fatal(err)
		}
	}
	return c.tellBytes(t, frames)
}

// tellBytes sends frames and then a current time that no test uses otherwise, to know when the
// client has decoded them all.
func (c *stockClient) tellBytes(t *testing.T, frames []byte) []string {
	t.Helper()
	end, err := wire.Append(nil, sentinelMessage, c.version)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.conn.SetWriteDeadline(time.Now().Add(answerWait)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.conn.Write(append(frames, end...)); err != nil {
		t.Fatal(err)
	}
	deadline := time.NewTimer(answerWait)
	defer deadline.Stop()
	var calls []string
	for {
		select {
		case call := <-c.heard.calls:
			if call == sentinelCall {
				return calls
			}
			calls = append(calls, call)
		case <-deadline.C:
			t.Fatalf("at %d the client stopped decoding after %q", c.version, calls)
		}
	}
}
