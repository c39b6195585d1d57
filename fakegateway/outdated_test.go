package fakegateway

import (
	"strconv"
	"strings"
	"testing"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// A client whose newest version is below those of this Gateway gets an answer that ends: the version,
// error 503 ("The TWS is out of date and must be upgraded.", IBKR's page of error codes) when it has
// sent START_API, and a FIN.
func TestClientsOfOldVersionsAreSentAway(t *testing.T) {
	for _, newest := range []wire.Version{100, 142, 150, wire.MinVersion - 1} {
		s := startServer(t, Config{})
		c := dial(t, s)
		c.write(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: newest}))
		hello, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := wire.ParseHello(hello); err != nil || got.Version != newest {
			t.Fatalf("answered %q, %v: want version %d", hello, err, newest)
		}
		c.write(wire.AppendFrame(nil, []byte("71\x002\x007\x00\x00")))
		c.Version = wire.MinVersion // the error has had the same text since 100
		m := c.message()
		e, ok := m.Body.(*protobuf.ErrorMessage)
		if !ok || e.GetId() != -1 || e.GetErrorCode() != 503 {
			t.Fatalf("version %d: got %v", newest, m)
		}
		c.wantFIN()
		c.close()
		r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
		if want := "the client's versions end at " + strconv.Itoa(int(newest)); !strings.HasPrefix(r.End, want) {
			t.Errorf("version %d: the ledger says %q", newest, r.End)
		}
	}
}

// A frame without a message is a request that cannot be read: error 320 ("Server error when reading an
// API client request.", IBKR's page of error codes), and the session goes on.
func TestAnEmptyFrameIsAnswered(t *testing.T) {
	for _, v := range []int{178, 225} {
		s := startServer(t, Config{MaxServerVersion: v})
		c := dial(t, s).connect(1)
		c.write([]byte{0, 0, 0, 0})
		e := c.until(wire.ErrorMessage).Body.(*protobuf.ErrorMessage)
		if e.GetId() != -1 || e.GetErrorCode() != 320 {
			t.Errorf("version %d: error %d of %d, want 320 of -1", v, e.GetErrorCode(), e.GetId())
		}
		c.askTime()
		c.until(wire.CurrentTime)
	}
}
