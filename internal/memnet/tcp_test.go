package memnet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/internal/memnet"
)

// patience bounds every wait; nothing that works comes near it.
const patience = 5 * time.Second

// conn is what *net.TCPConn and *memnet.Conn have in common.
type conn interface {
	net.Conn
	CloseWrite() error
	SetLinger(seconds int) error
}

// network is the thing under comparison.
type network struct {
	ln   net.Listener
	dial func(context.Context) (net.Conn, error)
}

func memory(t *testing.T) network {
	ln := memnet.Listen(t.Name())
	t.Cleanup(func() { _ = ln.Close() })
	return network{ln: ln, dial: ln.Dial}
}

func loopback(t *testing.T) network {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen on loopback: %v", err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return network{ln: ln, dial: func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", ln.Addr().String())
	}}
}

// connect makes the two ends of a connection.
func (n network) connect(t *testing.T) (client, server conn) {
	t.Helper()
	dialed, err := n.dial(t.Context())
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	return dialed.(conn), n.accept(t)
}

func (n network) accept(t *testing.T) conn {
	t.Helper()
	accepted, err := n.ln.Accept()
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	return accepted.(conn)
}

// says names an outcome the same way on both networks.
func says(err error) string {
	names := []struct {
		err  error
		name string
	}{
		{io.EOF, "EOF"},
		{syscall.ECONNRESET, "ECONNRESET"},
		{syscall.EPIPE, "EPIPE"},
		{syscall.ECONNREFUSED, "ECONNREFUSED"},
		{syscall.ENOTCONN, "ENOTCONN"},
		{os.ErrDeadlineExceeded, "deadline"},
		{net.ErrClosed, "closed"},
		{context.DeadlineExceeded, "dial timeout"},
	}
	if err == nil {
		return "ok"
	}
	for _, n := range names {
		if errors.Is(err, n.err) {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				return n.name + " (timeout)"
			}
			return n.name
		}
	}
	// net's own "operation was canceled" is not context.Canceled on every version.
	if errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "operation was canceled") {
		return "canceled"
	}
	return "unexpected: " + err.Error()
}

// read is one Read, with what it gave.
func read(c net.Conn) string {
	_ = c.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 64)
	n, err := c.Read(buf)
	if err == nil {
		return fmt.Sprintf("read %q", buf[:n])
	}
	return "read " + says(err)
}

func write(c net.Conn, text string) string {
	_, err := c.Write([]byte(text))
	return "write " + says(err)
}

// writeUntilError writes single bytes until that fails: how many get through before an RST comes
// back is the network's business.
func writeUntilError(c net.Conn) string {
	_ = c.SetWriteDeadline(time.Now().Add(patience))
	for {
		if got := write(c, "x"); got != "write ok" {
			return "at last " + got
		}
		runtime.Gosched()
	}
}

// behaviours is TCP as Linux does it. Every row runs on memnet in a bubble and on real loopback
// sockets, and both have to give what is written here.
var behaviours = []struct {
	name string
	do   func(t *testing.T, n network) []string
	want []string
}{
	{
		"bytes arrive before the FIN of Close",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			return []string{
				write(server, "bye"), "close " + says(server.Close()),
				read(client), read(client), read(client),
			}
		},
		[]string{"write ok", "close ok", `read "bye"`, "read EOF", "read EOF"},
	},
	{
		"half-close leaves the other direction open",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			return []string{
				"half-close " + says(client.CloseWrite()), read(server),
				write(server, "still here"), read(client), write(client, "no"),
				"again " + says(client.CloseWrite()),
			}
		},
		[]string{"half-close ok", "read EOF", "write ok", `read "still here"`, "write EPIPE", "again ok"},
	},
	{
		"after both FINs there is nothing to shut down",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			return []string{
				"half-close " + says(client.CloseWrite()), read(server),
				"half-close " + says(server.CloseWrite()), read(client),
				"again " + says(client.CloseWrite()),
			}
		},
		[]string{"half-close ok", "read EOF", "half-close ok", "read EOF", "again ENOTCONN"},
	},
	{
		"linger 0 is an RST, reported once to a reader",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			return []string{
				"linger " + says(server.SetLinger(0)), "close " + says(server.Close()),
				read(client), read(client), write(client, "x"), "half-close " + says(client.CloseWrite()),
			}
		},
		[]string{"linger ok", "close ok", "read ECONNRESET", "read EOF", "write EPIPE", "half-close ENOTCONN"},
	},
	{
		"linger 0 is an RST, reported once to a writer",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			return []string{
				"linger " + says(server.SetLinger(0)), "close " + says(server.Close()),
				writeUntilError(client), write(client, "x"), read(client),
			}
		},
		[]string{"linger ok", "close ok", "at last write ECONNRESET", "write EPIPE", "read EOF"},
	},
	{
		"bytes that arrived before an RST are delivered first",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			return []string{
				write(server, "last words"), "linger " + says(server.SetLinger(0)),
				"close " + says(server.Close()), read(client), read(client),
			}
		},
		[]string{"write ok", "linger ok", "close ok", `read "last words"`, "read ECONNRESET"},
	},
	{
		"close with unread input is an RST",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			got := []string{write(client, "ab")}
			// One byte read proves that the other has arrived.
			_, err := io.ReadFull(server, make([]byte, 1))
			return append(got, "one byte "+says(err), "close "+says(server.Close()), read(client))
		},
		[]string{"write ok", "one byte ok", "close ok", "read ECONNRESET"},
	},
	{
		"close with all input read is a FIN",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			return []string{write(client, "ab"), read(server), "close " + says(server.Close()), read(client)}
		},
		[]string{"write ok", `read "ab"`, "close ok", "read EOF"},
	},
	{
		"a write after the peer's close vanishes, the next is a broken pipe, reads stay at EOF",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			return []string{
				"close " + says(server.Close()), read(client), write(client, "x"),
				writeUntilError(client), read(client),
			}
		},
		[]string{"close ok", "read EOF", "write ok", "at last write EPIPE", "read EOF"},
	},
	{
		"an RST in CLOSE_WAIT is a broken pipe for writers and EOF for readers",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			return []string{
				"half-close " + says(server.CloseWrite()), read(client),
				"linger " + says(server.SetLinger(0)), "close " + says(server.Close()),
				writeUntilError(client), read(client),
			}
		},
		[]string{"half-close ok", "read EOF", "linger ok", "close ok", "at last write EPIPE", "read EOF"},
	},
	{
		"an RST in FIN_WAIT2 reaches the reader",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			return []string{
				"half-close " + says(client.CloseWrite()), read(server),
				"linger " + says(server.SetLinger(0)), "close " + says(server.Close()), read(client),
			}
		},
		[]string{"half-close ok", "read EOF", "linger ok", "close ok", "read ECONNRESET"},
	},
	{
		"an expired deadline hides bytes until it is moved",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			got := []string{write(server, "waiting")}
			_ = client.SetReadDeadline(time.Now().Add(-time.Second))
			_, err := client.Read(make([]byte, 8))
			return append(got, "late read "+says(err), read(client))
		},
		[]string{"write ok", "late read deadline (timeout)", `read "waiting"`},
	},
	{
		"a read waits no longer than its deadline",
		func(t *testing.T, n network) []string {
			client, _ := n.connect(t)
			_ = client.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			_, err := client.Read(make([]byte, 8))
			return []string{"read " + says(err)}
		},
		[]string{"read deadline (timeout)"},
	},
	{
		"a write against a full buffer stops at its deadline",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			const flood = 64 << 20 // more than any kernel buffers
			wrote := make(chan error, 1)
			count := 0
			go func() {
				var err error
				count, err = client.Write(make([]byte, flood))
				wrote <- err
			}()
			// One byte read proves that the write has begun; nobody reads the rest until it ends.
			_, readErr := io.ReadFull(server, make([]byte, 1))
			_ = client.SetWriteDeadline(time.Now())
			err := <-wrote
			_ = client.Close()
			rest, _ := io.Copy(io.Discard, server)
			return []string{
				"one byte " + says(readErr), "write " + says(err),
				fmt.Sprint("part taken ", count > 0 && count < flood),
				fmt.Sprint("all of it arrived ", 1+int(rest) == count),
			}
		},
		[]string{"one byte ok", "write deadline (timeout)", "part taken true", "all of it arrived true"},
	},
	{
		"close wakes the reader at the same end",
		func(t *testing.T, n network) []string {
			client, _ := n.connect(t)
			result := make(chan string)
			go func() {
				_, err := client.Read(make([]byte, 8))
				result <- "read " + says(err)
			}()
			return []string{"close " + says(client.Close()), <-result}
		},
		[]string{"close ok", "read closed"},
	},
	{
		"nothing works after close",
		func(t *testing.T, n network) []string {
			client, _ := n.connect(t)
			_ = client.Close()
			return []string{
				"close " + says(client.Close()), read(client), write(client, "x"),
				"half-close " + says(client.CloseWrite()), "linger " + says(client.SetLinger(0)),
				"deadline " + says(client.SetDeadline(time.Now())),
			}
		},
		[]string{
			"close closed", "read closed", "write closed", "half-close closed", "linger closed",
			"deadline closed",
		},
	},
	{
		"a client that wrote and left before accept is still there to read",
		func(t *testing.T, n network) []string {
			client, err := n.dial(t.Context())
			if err != nil {
				return []string{"dial " + says(err)}
			}
			got := []string{write(client, "hello"), "close " + says(client.Close())}
			server := n.accept(t)
			return append(got, read(server), read(server))
		},
		[]string{"write ok", "close ok", `read "hello"`, "read EOF"},
	},
	{
		"a closed listener refuses and resets what it never accepted",
		func(t *testing.T, n network) []string {
			waiting, err := n.dial(t.Context())
			got := []string{"dial " + says(err), "close " + says(n.ln.Close())}
			_, acceptErr := n.ln.Accept()
			_, dialErr := n.dial(t.Context())
			return append(got, read(waiting), "accept "+says(acceptErr), "dial "+says(dialErr),
				"again "+says(n.ln.Close()))
		},
		[]string{"dial ok", "close ok", "read ECONNRESET", "accept closed", "dial ECONNREFUSED", "again closed"},
	},
	{
		"accepted connections outlive their listener",
		func(t *testing.T, n network) []string {
			client, server := n.connect(t)
			return []string{"close " + says(n.ln.Close()), write(client, "x"), read(server)}
		},
		[]string{"close ok", "write ok", `read "x"`},
	},
	{
		"a cancelled dial and a dial past its deadline say so",
		func(t *testing.T, n network) []string {
			canceled, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := n.dial(canceled)
			late, stop := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
			defer stop()
			_, lateErr := n.dial(late)
			return []string{"dial " + says(err), "dial " + says(lateErr)}
		},
		[]string{"dial canceled", "dial dial timeout (timeout)"},
	},
}

func TestMemnetBehavesAsTCP(t *testing.T) {
	for _, b := range behaviours {
		t.Run(b.name, func(t *testing.T) {
			t.Run("memnet", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { compare(t, b.do(t, memory(t)), b.want) })
			})
			t.Run("tcp", func(t *testing.T) {
				if runtime.GOOS != "linux" {
					t.Skipf("memnet copies Linux; %s numbers and orders its errors differently", runtime.GOOS)
				}
				compare(t, b.do(t, loopback(t)), b.want)
			})
		})
	}
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("\n got %s\nwant %s", strings.Join(got, "; "), strings.Join(want, "; "))
	}
}
