package fakegateway

import (
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/session"
	"ibsoak/internal/wire"
)

// greetAs greets with connection options and finishes the handshake.
func (r *rawClient) greetAs(options string, id int) *rawClient {
	r.t.Helper()
	r.write(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225, Options: options}))
	r.versionReply()
	r.startAPI(id)
	r.until(wire.NextValidID)
	for range installedFarms {
		r.until(wire.ErrorMessage)
	}
	return r
}

func TestMessagesArePacedToHalfOfTheLines(t *testing.T) {
	for _, c := range []struct {
		mode    MessagePacing
		options string
		lines   int
		takes   time.Duration // 200 requests behind START_API
	}{
		{PaceMessages, "", 0, 4 * time.Second}, // 49, 50, 50, 50 and 1
		{PaceMessages, "", 40, 10 * time.Second},
		{RejectMessages, "+PACEAPI", 0, 4 * time.Second},
		{NoPacing, "", 0, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := serveInBubble(t, Config{
				PortSettings: PortSettings{MessagePacing: c.mode},
				Semantics:    session.Semantics{MarketDataLines: c.lines},
			})
			client := g.dial(t).greetAs(c.options, 1)
			began := time.Now()
			const requests = 200
			go func() { // the client's buffers fill: it must write while it reads
				for range requests {
					client.askTime()
				}
			}()
			for range requests {
				client.until(wire.CurrentTime)
			}
			if took := time.Since(began); took != c.takes {
				t.Errorf("%+v: %d requests took %s", c, requests, took)
			}
		})
	}
}

// The Gateway that paces does not read: a client that goes on writing is stopped by TCP itself.
func TestPacingPushesBackOnTheSocket(t *testing.T) {
	s := startServer(t, Config{
		PortSettings: PortSettings{MessagePacing: PaceMessages},
		Semantics:    session.Semantics{MarketDataLines: 2},
	})
	c := dial(t, s).connect(1)
	tcp := c.Conn.(*net.TCPConn)
	if err := tcp.SetWriteBuffer(4096); err != nil {
		t.Fatal(err)
	}
	big := wire.AppendFrame(nil, make([]byte, 1<<20))
	if err := tcp.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	sent := 0
	var err error
	for err == nil && sent < 64<<20 {
		var n int
		n, err = tcp.Write(big)
		sent += n
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after %d bytes: %v, want that the write blocks", sent, err)
	}
}

func TestThirdMessageTooManyEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, Config{
			PortSettings: PortSettings{MessagePacing: RejectMessages},
			Semantics:    session.Semantics{MarketDataLines: 20},
		})
		c := g.dial(t).connect(1)
		for range 9 { // START_API is the first of the second's ten
			c.askTime()
			c.until(wire.CurrentTime)
		}
		<-time.After(time.Second)
		for range 10 {
			c.askTime()
			c.until(wire.CurrentTime)
		}
		for i := 1; i <= 3; i++ {
			c.askTime()
			m := c.until(wire.ErrorMessage).Body.(*protobuf.ErrorMessage)
			want := fmt.Sprintf("Max rate of messages per second has been exceeded: max=10 rec=%d (%d)",
				10+i, i)
			if m.GetId() != noID || m.GetErrorCode() != 100 || m.GetErrorMsg() != want {
				t.Errorf("error %v, want %q", m, want)
			}
		}
		if rest := c.wantFIN(); len(rest) != 0 {
			t.Errorf("%d bytes after the third", len(rest))
		}
	})
}
