package fakegateway

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session"
	"ibsoak/internal/wire"
)

func TestDailyAppointments(t *testing.T) {
	friday := time.Date(2026, 3, 6, 23, 45, 0, 0, market.Eastern)
	for _, c := range []struct {
		d    Daily
		want time.Time
	}{
		{Daily{At: "23:45"}, time.Date(2026, 3, 7, 23, 45, 0, 0, market.Eastern)},
		{Daily{At: "23:45:01"}, friday.Add(time.Second)},
		{Daily{At: "00:00"}, time.Date(2026, 3, 7, 0, 0, 0, 0, market.Eastern)},
		{Daily{At: "07:00", On: "sunday"}, time.Date(2026, 3, 8, 7, 0, 0, 0, market.Eastern)},
		{Daily{At: "23:45", On: "friday"}, time.Date(2026, 3, 13, 23, 45, 0, 0, market.Eastern)},
	} {
		if got := c.d.next(friday); !got.Equal(c.want) {
			t.Errorf("%+v after %s: %s, want %s", c.d, friday, got, c.want)
		}
	}
}

// retryEvery is no part of a minute, so that no dial falls on the opening of the port.
const retryEvery = 7 * time.Second

// follower is a client that stays with its Gateway: it connects again after every end, 7 s later,
// subscribes to a quote and the account, asks for the time every 30 s, and counts what it sees.
type follower struct {
	t        *testing.T
	gateway  *bubbleGateway
	sessions int
	refused  int
	codes    map[int32]int
	messages int
	last     time.Time // of the newest message
}

func (f *follower) run(over <-chan struct{}) {
	for {
		if c, err := f.gateway.ln.Load().Dial(f.t.Context()); err == nil {
			f.session(newRawClient(f.t, c.(connection.Socket)), over)
		} else {
			f.refused++
		}
		select {
		case <-time.After(retryEvery):
		case <-over:
			return
		}
	}
}

// session lasts until the Gateway's FIN.
func (f *follower) session(c *rawClient, over <-chan struct{}) {
	defer func() { _ = c.Conn.Close() }()
	if err := c.Conn.SetDeadline(time.Time{}); err != nil {
		f.t.Error(err)
	}
	ended := make(chan struct{})
	var pinging sync.WaitGroup
	defer pinging.Wait()
	defer close(ended)
	c.greet()
	greeted := false
	for payload, err := c.next(); err == nil; payload, err = c.next() {
		f.last = time.Now()
		if !greeted {
			hello, err := wire.ParseHello(payload)
			if err != nil {
				f.t.Error(err)
			}
			c.Version, greeted = hello.Version, true
			f.write(c, wire.StartAPI, &protobuf.StartApiRequest{ClientId: proto.Int32(1)})
			continue
		}
		m, err := wire.Decode(wire.FromServer, payload, c.Version)
		if err != nil {
			f.t.Error(err)
			return
		}
		f.messages++
		switch body := m.Body.(type) {
		case *protobuf.NextValidId:
			f.sessions++
			f.subscribe(c)
			pinging.Go(func() { f.ping(c, ended, over) })
		case *protobuf.ErrorMessage:
			f.codes[body.GetErrorCode()]++
			if body.GetErrorCode() == 1101 {
				f.subscribe(c)
			}
		}
	}
}

func (f *follower) subscribe(c *rawClient) {
	if !raceDetector { // a quote is most of the day's work
		f.write(c, wire.ReqMktData, &protobuf.MarketDataRequest{
			ReqId: num(1), Contract: stock("AAPL"),
		})
	}
	f.write(c, wire.ReqAccountUpdates, &protobuf.AccountDataRequest{
		Subscribe: proto.Bool(true), AcctCode: proto.String(onlyAccount),
	})
}

// write may fail: the Gateway ends sessions when it likes.
func (f *follower) write(c *rawClient, k wire.Kind, body proto.Message) {
	frame, err := wire.Append(nil, wire.Message{Kind: k, Body: body}, c.Version)
	if err != nil {
		f.t.Error(err)
	}
	_, _ = c.Conn.Write(frame)
}

func (f *follower) ping(c *rawClient, ended, over <-chan struct{}) {
	ticker := time.NewTicker(30 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			f.write(c, wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
		case <-ended:
			return
		case <-over:
			_ = c.Conn.Close()
			return
		}
	}
}

// A Sunday has everything: IBKR's reset after midnight, the cold start with its second factor, and
// the restart before the next midnight. The day before is the change to summer time.
func TestDayOfTheNightlyProfile(t *testing.T) {
	if testing.Short() {
		t.Skip("a day in virtual time takes seconds")
	}
	began := time.Now()
	var f *follower
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, Config{
			Profile:   "nightly",
			Clock:     Clock{Start: time.Date(2026, 3, 15, 0, 0, 0, 0, market.Eastern)},
			Semantics: session.Semantics{LiveMarketData: true},
		})
		f = &follower{t: t, gateway: g, codes: make(map[int32]int)}
		over, done := make(chan struct{}), make(chan struct{})
		go func() { f.run(over); close(done) }()
		<-time.After(24 * time.Hour)
		synctest.Wait()
		if age := time.Since(f.last); age > 30*time.Second {
			t.Errorf("the newest message is %s old", age)
		}
		close(over)
		<-done
		wantDay(t, g.Server, f)
	})
	t.Logf("a day with %d messages to the client took %s", f.messages,
		time.Since(began).Round(time.Millisecond))
}

func wantDay(t *testing.T, s *Server, f *follower) {
	t.Helper()
	if f.sessions != 3 {
		t.Errorf("%d sessions, want one before each of two restarts and one after", f.sessions)
	}
	if f.refused != 2*int(time.Minute/retryEvery) {
		t.Errorf("%d dials were refused, want one every 7 s of two minutes", f.refused)
	}
	for code, want := range map[int32]int{1100: 2, 1101: 1, 1102: 1} {
		if f.codes[code] != want {
			t.Errorf("%d came %d times, want %d", code, f.codes[code], want)
		}
	}
	restarts := 0
	for _, r := range s.Receipts() {
		if r.Mismatch != "" {
			t.Errorf("receipt %+v", r)
		}
		if r.Planned == fault.Restart && r.Connection == 0 && strings.HasPrefix(r.Point, "Sun 2026-03-15") {
			restarts++
		}
	}
	if restarts != 2 {
		t.Errorf("%d restarts on the day, want 2: %+v", restarts, s.Receipts())
	}
	if err := s.Books().Check(); err != nil {
		t.Error(errors.Join(errors.New("books after the day"), err))
	}
}
