package session

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

func num(n int) *int32 { return client.Num(n) }

// sunday is when every test of sessions begins: New York is closed, the simulated market is not.
var sunday = time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC)

// line is a client's end of a session without a socket.
type line struct {
	t       *testing.T
	version wire.Version
	now     time.Time
	sent    []wire.Message
	session *Session
}

// Send encodes and decodes every message at the session's version, so that the tests see what a
// client would.
func (l *line) Send(m wire.Message) {
	l.t.Helper()
	payload, err := wire.Payload(m, l.version)
	if err != nil {
		l.t.Fatalf("send %s at %d: %v", m.Kind, l.version, err)
	}
	got, err := wire.Decode(wire.FromServer, payload, l.version)
	if err != nil {
		l.t.Fatalf("read %s at %d: %v", m.Kind, l.version, err)
	}
	l.sent = append(l.sent, got)
}

func (l *line) Now() time.Time { return l.now }

// versions are the last with text only, a mixed one, and the newest; and an old client's.
var versions = []wire.Version{178, 200, 212, 225}

func eachVersion(t *testing.T, f func(t *testing.T, v wire.Version)) {
	t.Helper()
	for _, v := range versions {
		t.Run(fmt.Sprint(v), func(t *testing.T) { f(t, v) })
	}
}

// newLogin makes a login of a configuration that is in order.
func newLogin(t testing.TB, cfg Config) *Login {
	t.Helper()
	shared, err := NewLogin(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return shared
}

// testLogin is one with the usual market, whose books are checked after the test.
func testLogin(t *testing.T, s Semantics) *Login {
	t.Helper()
	shared := newLogin(t, Config{Seed: 7, Semantics: s})
	t.Cleanup(func() {
		if err := shared.exchange.Books().Check(); err != nil {
			t.Errorf("books after the test: %v", err)
		}
	})
	return shared
}

// login starts a session and takes its bootstrap off the line.
func login(t *testing.T, shared *Login, v wire.Version, clientID int) *line {
	t.Helper()
	l := &line{t: t, version: v, now: sunday}
	l.session = New(shared, l, v)
	if !l.session.Start(clientID) {
		t.Fatalf("start of client %d: %s", clientID, l.kinds())
	}
	l.sent = nil
	return l
}

// ask sends a request through the codec and returns what it was answered with at once.
func (l *line) ask(k wire.Kind, body proto.Message) []wire.Message {
	l.t.Helper()
	payload, err := wire.Payload(wire.Message{Kind: k, Body: body}, l.version)
	if err != nil {
		l.t.Fatalf("ask %s: %v", k, err)
	}
	m, err := wire.Decode(wire.FromClient, payload, l.version)
	if err != nil {
		l.t.Fatalf("ask %s: %v", k, err)
	}
	l.sent = nil
	l.session.Handle(m)
	return l.take()
}

func (l *line) take() []wire.Message {
	sent := l.sent
	l.sent = nil
	return sent
}

func (l *line) kinds() string { return summary(l.sent) }

// Short names for what many tests say.
var (
	stock    = testkit.Stock
	summary  = testkit.Summary
	wantFlow = testkit.WantFlow
)

func body[P proto.Message](t *testing.T, messages []wire.Message, k wire.Kind) P {
	t.Helper()
	return testkit.Body[P](t, messages, k)
}

func all[P proto.Message](messages []wire.Message, k wire.Kind) []P {
	return testkit.All[P](messages, k)
}

func TestBootstrapOrderIsTheCapturedOne(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		shared := testLogin(t, Semantics{})
		l := &line{t: t, version: v, now: sunday}
		l.session = New(shared, l, v)
		if !l.session.Start(3) {
			t.Fatal("refused")
		}
		wantFlow(t, l.sent, "managedAccounts", "nextValidId",
			"errMsg:-1 2104", "errMsg:-1 2106", "errMsg:-1 2158")
		if got := body[*protobuf.NextValidId](t, l.sent, wire.NextValidID).GetOrderId(); got != 1 {
			t.Errorf("first order id %d, want 1", got)
		}

		l.ask(wire.PlaceOrder, order(41, "BUY", 10, "LMT", 5))
		l.session.End()
		again := &line{t: t, version: v, now: sunday}
		again.session = New(shared, again, v)
		again.session.Start(3)
		wantFlow(t, again.sent, "openOrder:Submitted", "orderStatus:Submitted 0/10", "openOrderEnd",
			"managedAccounts", "nextValidId", "errMsg:-1 2104", "errMsg:-1 2106", "errMsg:-1 2158")
		if got := body[*protobuf.NextValidId](t, again.sent, wire.NextValidID).GetOrderId(); got != 42 {
			t.Errorf("order id after a reconnect %d, want 42", got)
		}
	})
}

func TestClientIDIsTakenUntilItsSessionEnds(t *testing.T) {
	shared := testLogin(t, Semantics{})
	first := login(t, shared, 225, 5)
	second := &line{t: t, version: 225, now: sunday}
	second.session = New(shared, second, 225)
	if second.session.Start(5) {
		t.Fatal("a second session got client id 5")
	}
	wantFlow(t, second.sent, "errMsg:-1 326")
	wantFlow(t, first.ask(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}), "currentTime")
	second.session.End() // must not free what it does not have
	third := &line{t: t, version: 225, now: sunday}
	third.session = New(shared, third, 225)
	if third.session.Start(5) {
		t.Fatal("the end of a refused session freed the id of another")
	}
	first.session.End()
	login(t, shared, 225, 5)
}

func TestSettingsOfTheBootstrap(t *testing.T) {
	shared := testLogin(t, Semantics{
		NoOrdersOnConnect: true, Farms: []Farm{{"usfarm", MarketFarm, FarmIsBroken}},
	})
	l := login(t, shared, 225, 1)
	l.ask(wire.PlaceOrder, order(1, "BUY", 10, "LMT", 5))
	l.session.End()
	l.session = New(shared, l, 225)
	l.session.Start(1)
	wantFlow(t, l.sent, "managedAccounts", "nextValidId", "errMsg:-1 2103")
}

func TestReadOnlyAPI(t *testing.T) {
	shared := testLogin(t, Semantics{ReadOnlyAPI: true})
	l := login(t, shared, 225, 1)
	wantFlow(t, l.ask(wire.ReqIds, &protobuf.IdsRequest{NumIds: num(1)}), "errMsg:-1 321")
	wantFlow(t, l.ask(wire.PlaceOrder, order(9, "BUY", 1, "MKT", 0)), "errMsg:9 321")
	wantFlow(t, l.ask(wire.CancelOrder, &protobuf.CancelOrderRequest{OrderId: num(9)}), "errMsg:9 321")
	wantFlow(t, l.ask(wire.ReqGlobalCancel, &protobuf.GlobalCancelRequest{}), "errMsg:-1 321")
	wantFlow(t, l.ask(wire.ReqPositions, &protobuf.PositionsRequest{}), "positionEnd")
}

func TestSmallRequests(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		now := l.ask(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
		if got := body[*protobuf.CurrentTime](t, now, wire.CurrentTime).GetCurrentTime(); got != sunday.Unix() {
			t.Errorf("current time %d, want the scenario's %d", got, sunday.Unix())
		}
		wantFlow(t, l.ask(wire.ReqIds, &protobuf.IdsRequest{NumIds: num(5)}), "nextValidId")
		wantFlow(t, l.ask(wire.ReqManagedAccts, &protobuf.ManagedAccountsRequest{}), "managedAccounts")
		wantFlow(t, l.ask(wire.SetServerLogLevel, &protobuf.SetServerLogLevelRequest{LogLevel: num(2)}))
		wantFlow(t, l.ask(wire.ReqUserInfo, &protobuf.UserInfoRequest{ReqId: num(4)}), "userInfo")
		wantFlow(t, l.ask(wire.ReqMarketDataType,
			&protobuf.MarketDataTypeRequest{MarketDataType: num(1)}))
		wantFlow(t, l.ask(wire.ReqMktData,
			&protobuf.MarketDataRequest{ReqId: num(6), Contract: stock("AAPL")}), "tickReqParams", "errMsg:6 10089")
		wantFlow(t, l.ask(wire.CancelMktData, &protobuf.CancelMarketData{ReqId: num(6)}), "errMsg:6 300")
		wantFlow(t, l.ask(wire.ReqAutoOpenOrders,
			&protobuf.AutoOpenOrdersRequest{AutoBind: proto.Bool(true)}), "errMsg:-1 327")
		wantFlow(t, l.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{}), "openOrderEnd")
		wantFlow(t, l.ask(wire.ReqAllOpenOrders, &protobuf.AllOpenOrdersRequest{}), "openOrderEnd")
		wantFlow(t, l.ask(wire.ReqCompletedOrders,
			&protobuf.CompletedOrdersRequest{ApiOnly: proto.Bool(true)}), "completedOrdersEnd")
		wantFlow(t, l.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{
			ReqId: num(8), ExecutionFilter: &protobuf.ExecutionFilter{},
		}), "execDetailsEnd")
	})
}

// A request that cannot be read is answered under its own id when that can still be found.
func TestMalformedRequests(t *testing.T) {
	for _, tc := range []struct {
		name    string
		version wire.Version
		payload []byte
		want    string
	}{
		{"text that is no number", 200, []byte("20\x0077\x00conid\x00"), "errMsg:77 320"},
		{"unknown id", 225, []byte{0, 0, 1, 0x8f, 8, 31}, "errMsg:-1 505"},
		{"protobuf that is none", 225, []byte{0, 0, 0, 203, 8, 99, 0x12, 0x7f}, "errMsg:99 320"},
		{"no id at all", 225, []byte{1, 2}, "errMsg:-1 320"},
		{"text id that is no number", 200, []byte("abc\x00"), "errMsg:-1 320"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := login(t, testLogin(t, Semantics{}), tc.version, 1)
			_, err := wire.Decode(wire.FromClient, tc.payload, tc.version)
			if err == nil {
				t.Fatal("the codec takes it")
			}
			l.session.Malformed(tc.payload, err)
			wantFlow(t, l.take(), tc.want)
			wantFlow(t, l.ask(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}), "currentTime")
		})
	}
}

func FuzzMalformed(f *testing.F) {
	f.Add([]byte("20\x0077\x00conid\x00"), false)
	f.Add([]byte{0, 0, 1, 0x24, 8, 31}, true)
	f.Fuzz(func(t *testing.T, payload []byte, newest bool) {
		v := wire.Version(200)
		if newest {
			v = 225
		}
		l := login(t, testLogin(t, Semantics{}), v, 1)
		m, err := wire.Decode(wire.FromClient, bytes.Clone(payload), v)
		if err == nil {
			l.session.Handle(m) // whatever it says, it must not panic
			return
		}
		l.session.Malformed(payload, err)
		if len(l.sent) != 1 {
			t.Errorf("answered with %s", l.kinds())
		}
	})
}
