package link_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi"

	"ibsoak/internal/sockets"
	"ibsoak/internal/wire"
	"ibsoak/trader/link"
)

// The tests TestL01 to TestL17 are named after the connection defects of scmhub/ibapi v0.10.47, as
// a client that faces the Gateway by itself. Each shows the defect, in a child process, and then
// that the same Gateway does no such thing to the link.

// failsWith connects a link and wants a reason; the socket must be gone.
func failsWith(t *testing.T, script func(*peer), tune func(*link.Config), want link.Reason) {
	t.Helper()
	g := startToy(t, script)
	cfg := link.Config{Addr: g.addr(), ClientID: 1}
	if tune != nil {
		tune(&cfg)
	}
	_, err := link.Connect(t.Context(), cfg)
	if link.ReasonOf(err) != want {
		t.Errorf("link: %v, want %s", err, want)
	}
	wantNoSocket(t, g)
	if g.accepted() != 1 {
		t.Errorf("link made %d connections", g.accepted())
	}
}

// wantNoSocket wants no client socket to the Gateway that this process holds, or that it has closed and the kernel
// keeps: TIME_WAIT is the kernel's own. Other tests here start programs, and a new process holds the descriptors of
// this one until its exec: the kernel ends such a connection when that has closed it too, which is waited for.
func wantNoSocket(t *testing.T, g *toy) {
	t.Helper()
	table, err := sockets.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = table.Close() }()
	port := netip.MustParseAddrPort(g.addr()).Port()
	deadline, tick := time.After(10*time.Second), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for {
		all, err := table.Port(port)
		if err != nil {
			t.Fatal(err)
		}
		left := slices.DeleteFunc(all, func(s sockets.Socket) bool {
			return s.Remote.Port() != port || s.State == sockets.StateTimeWait
		})
		if len(left) == 0 {
			return
		}
		for _, s := range left {
			if ours, err := sockets.Owns(os.Getpid(), s); err != nil || ours || s.Inode == 0 {
				t.Errorf("client socket left: %s, %v", s, err)
				return
			}
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Errorf("client sockets left, by another process: %v", left)
			return
		}
	}
}

func TestL01ConnectToAMuteGatewayEnds(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L01"), map[string]string{
		"accepted": "true", "disconnect": "<nil>", "connect returned": "false",
	})
	failsWith(t, func(p *peer) { _, _ = wire.ReadPreamble(p.conn); p.expect(0) },
		func(c *link.Config) { c.VersionTimeout = 50 * time.Millisecond }, link.NoHandshakeReply)
}

func TestL02AnEOFInTheHandshakeIsNoSuccess(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L02"), map[string]string{
		"connect": "<nil>", "connected": "false", "error callbacks": "0",
	})
	failsWith(t, closesAtOnce, nil, link.Closed)
}

func TestL03AFailedHandshakeLeavesNoSocket(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L03"), map[string]string{"CLOSE_WAIT": "5"})
	failsWith(t, closesAtOnce, nil, link.Closed)
}

func TestL04AFailureDoesNotPoisonTheNextAttempt(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L04"), map[string]string{
		"second connect": "<nil>", "connected": "false", "leaked": "1",
	})
	g := startToy(t, closesAtOnce, healthy(225))
	if _, err := link.Connect(t.Context(), link.Config{Addr: g.addr()}); link.ReasonOf(err) != link.Closed {
		t.Errorf("first: %v", err)
	}
	l, _ := attach(t, link.Config{Addr: g.addr()}, &wrapper{})
	closeLink(t, l)
}

func TestL05AShortVersionReplyIsAnError(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L05"), map[string]string{"no field": "true", "one field": "true"})
	for _, reply := range []string{"\x00\x00\x00\x00", "\x00\x00\x00\x04200\x00"} {
		failsWith(t, func(p *peer) {
			_, _ = wire.ReadPreamble(p.conn)
			_, _ = p.conn.Write([]byte(reply))
			p.expect(0)
		}, nil, link.BadHello)
	}
}

func TestL06AnImpossibleVersionIsAnError(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L06"), map[string]string{
		"connect": "<nil>", "connected": "true", "version": "9999",
	})
	failsWith(t, func(p *peer) {
		_, _ = wire.ReadPreamble(p.conn)
		_, _ = p.conn.Write([]byte("\x00\x00\x00\x07" + "9999\x00T\x00"))
		p.expect(0)
	}, nil, link.UnsupportedVersion)
}

// resetUnderBacklog is the Gateway of L07 and L16 for the link: flood, then RST.
func resetUnderBacklog(p *peer) {
	p.ready(225)
	flood(p, backlog)
	p.expect(wire.ReqCurrentTime)
	p.reset()
}

func TestL07NothingReconnectsBlindly(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L07"), map[string]string{
		"second connection": "true", "first bytes": "00 00 00 04", "connected": "true",
	})
	g := startToy(t, resetUnderBacklog)
	l, client := attach(t, link.Config{Addr: g.addr()}, &wrapper{})
	if _, err := l.Submit(t.Context(), client.ReqCurrentTime); err != nil {
		t.Fatal(err)
	}
	within(t, "the end", l.Done())
	if _, err := l.Submit(t.Context(), client.ReqCurrentTime); link.ReasonOf(err) != link.Reset {
		t.Errorf("submit after the RST: %v", err)
	}
	if g.accepted() != 1 {
		t.Errorf("%d connections", g.accepted())
	}
}

// stopsReading is the Gateway of L08 and L09.
func stopsReading(p *peer) {
	p.ready(225)
	<-p.t.Context().Done()
}

// hugeRequests submits until the Gateway's window and every queue are full, or the link refuses.
func hugeRequests(ctx context.Context, l *link.Link, c *ibapi.EClient) error {
	huge := ibapi.NewContract()
	huge.Symbol = strings.Repeat("X", 60_000)
	for {
		if _, err := l.Submit(ctx, func() { c.ReqContractDetails(1, huge) }); err != nil {
			return err
		}
	}
}

func TestL08CloseUnderABlockedWriteDialsNothing(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L08"), map[string]string{"second connection": "true", "handshake": "false"})
	g := startToy(t, stopsReading)
	l, client := attach(t, link.Config{Addr: g.addr(), MessagesPerSecond: -1}, &wrapper{})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := hugeRequests(ctx, l, client); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("submit: %v", err)
	}
	closeLink(t, l)
	wantNoSocket(t, g)
	if g.accepted() != 1 {
		t.Errorf("%d connections", g.accepted())
	}
}

func TestL09NoCallerBlocksForEver(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L08"), map[string]string{
		"callers blocked": "3", "some blocked after it": "true",
	})
	g := startToy(t, stopsReading)
	l, client := attach(t, link.Config{
		Addr: g.addr(), MessagesPerSecond: -1, WriteTimeout: 200 * time.Millisecond,
	}, &wrapper{})
	if err := hugeRequests(t.Context(), l, client); link.ReasonOf(err) != link.Stalled {
		t.Errorf("submit: %v", err)
	}
	within(t, "the end", l.Done())
}

func TestL10CloseUnderABacklogEnds(t *testing.T) {
	t.Parallel()
	seen := stock(t, "L10")
	if seen["deadlocks"] == "0" {
		t.Errorf("stock client: no deadlock in %s tries (each has one chance in two)", seen["tries"])
	}
	for range 5 {
		flooded := make(chan struct{})
		g := startToy(t, func(p *peer) {
			p.ready(225)
			flood(p, backlog)
			close(flooded)
			p.serve()
		})
		w := &wrapper{onTime: func(int64) { <-flooded }}
		l, _ := attach(t, link.Config{Addr: g.addr()}, w)
		within(t, "the flood", flooded)
		closeLink(t, l)
		if len(w.times) != backlog {
			t.Errorf("%d of %d delivered", len(w.times), backlog)
		}
	}
}

func TestL11EndingFromACallbackReturns(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L11"), map[string]string{"returned": "false"})
	g := startToy(t, healthy(225))
	w := &wrapper{}
	why := errors.New("seen enough")
	w.onError = func(int64) { w.link.End(link.LocalClose, why) } // the farm notice
	l, _ := attach(t, link.Config{Addr: g.addr()}, w)
	within(t, "the end", l.Done())
	if !errors.Is(l.Err(), why) {
		t.Errorf("%v", l.Err())
	}
}

func TestL12WhatWasReceivedIsDelivered(t *testing.T) {
	t.Parallel()
	seen := stock(t, "L12")
	if seen["complete"] == seen["tries"] {
		t.Error("stock client: every try delivered everything")
	}
	const flooded = 250
	for range 20 {
		g := startToy(t, func(p *peer) {
			p.ready(225)
			p.expect(wire.ReqCurrentTime)
			flood(p, flooded)
			_ = p.conn.Close()
		})
		w := &wrapper{}
		l, client := attach(t, link.Config{Addr: g.addr()}, w)
		if _, err := l.Submit(t.Context(), client.ReqCurrentTime); err != nil {
			t.Fatal(err)
		}
		within(t, "the end", l.Done())
		if len(w.times) != flooded {
			t.Errorf("%d of %d delivered", len(w.times), flooded)
		}
	}
}

// endsFor runs a session at a text version that the Gateway ends, and wants to know why.
func endsFor(t *testing.T, do func(*peer), want link.Reason, says string) {
	t.Helper()
	g := startToy(t, func(p *peer) {
		p.ready(200)
		p.expect(wire.ReqCurrentTime)
		do(p)
		p.expect(0)
		_ = p.conn.Close()
	})
	l, client := attach(t, link.Config{Addr: g.addr()}, &wrapper{})
	if _, err := l.Submit(t.Context(), client.ReqCurrentTime); err != nil {
		t.Fatal(err)
	}
	within(t, "the end", l.Done())
	if link.ReasonOf(l.Err()) != want || !strings.Contains(l.Err().Error(), says) {
		t.Errorf("link: %v, want %s with %q", l.Err(), want, says)
	}
	wantNoSocket(t, g)
}

func TestL13AMalformedMessageIsNamed(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L13"), map[string]string{"closed": "true", "error callbacks": "0"})
	endsFor(t, func(p *peer) {
		_, _ = p.conn.Write([]byte("\x00\x00\x00\x07" + "9\x001\x00x1\x00"))
	}, link.Malformed, "nextValidId")
}

func TestL14AGarbageLengthIsNoticed(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L14"), map[string]string{
		"closed": "false", "connected": "true", "delivered after it": "0",
	})
	endsFor(t, func(p *peer) { _, _ = p.conn.Write([]byte("\xff\xff\xff\xff")) }, link.Malformed, "length")
}

func TestL15HalfAFrameIsNoSilentClose(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L15"), map[string]string{"closed": "true", "error callbacks": "0"})
	endsFor(t, func(p *peer) {
		_, _ = p.conn.Write([]byte("\x00\x00\x00\x10" + "49\x001\x00"))
		_ = p.conn.Close()
	}, link.Closed, "declared length 16")
}

func TestL16TheEndIsAlwaysTold(t *testing.T) {
	t.Parallel()
	wantSeen(t, stock(t, "L16"), map[string]string{
		"connected": "false", "disconnect": "<nil>", "ConnectionClosed callbacks": "0",
	})
	g := startToy(t, resetUnderBacklog)
	l, client := attach(t, link.Config{Addr: g.addr()}, &wrapper{})
	_ = g.ln.Close()
	if _, err := l.Submit(t.Context(), client.ReqCurrentTime); err != nil {
		t.Fatal(err)
	}
	within(t, "the end", l.Done()) // which waits for ConnectionClosed
}

func TestL17NoCallbackBeforeTheClientIsConnected(t *testing.T) {
	t.Parallel()
	// The decoder must be faster than the rest of Connect: about one connect in twenty.
	wantSeen(t, stock(t, "L17"), map[string]string{"refused": "1"})
	for range 50 {
		g := startToy(t, healthy(225))
		w := &idWrapper{}
		quiet()
		l, err := link.Connect(t.Context(), link.Config{Addr: g.addr()})
		if err != nil {
			t.Fatal(err)
		}
		w.link, w.client = l, ibapi.NewEClient(w)
		answered := make(chan struct{})
		w.onTime = func(int64) { close(answered) }
		if err := l.Attach(t.Context(), w.client); err != nil {
			t.Fatal(err)
		}
		within(t, "the answer to a request made in NextValidID", answered)
		closeLink(t, l)
	}
}

// idWrapper makes a request inside its NextValidID callback.
type idWrapper struct {
	wrapper
	client *ibapi.EClient
}

func (w *idWrapper) NextValidID(int64) { w.client.ReqCurrentTime() }
