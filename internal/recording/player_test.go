package recording

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

// said is a recording that a test makes up, a message at a time.
type said struct {
	t   *testing.T
	k   *entryWriter
	out bytes.Buffer
	at  time.Time
}

const saidVersion = 200

func newSaid(t *testing.T) *said {
	s := &said{t: t, at: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)}
	s.k = &entryWriter{file: newWriter(&s.out, Header{}), now: func() time.Time { return s.at }}
	return s
}

func (s *said) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// connect begins a connection as far as nextValidId.
func (s *said) connect(connection, clientID int) {
	s.must(s.k.event(connection, wire.FromClient, KindConnected, ""))
	s.must(s.k.hello(connection, wire.Hello{Version: saidVersion, Time: "20260302 15:00:00 UTC"}))
	s.message(connection, wire.StartAPI, &protobuf.StartApiRequest{ClientId: proto.Int32(int32(clientID))})
	s.message(connection, wire.ManagedAccounts, &protobuf.ManagedAccounts{AccountsList: proto.String("DU1")})
	s.message(connection, wire.NextValidID, &protobuf.NextValidId{OrderId: proto.Int32(10)})
}

func (s *said) message(connection int, k wire.Kind, body proto.Message) {
	s.t.Helper()
	s.must(s.k.message(connection, wire.Message{Kind: k, Body: body}, saidVersion, ""))
}

func (s *said) recording() *Recording {
	s.must(s.k.file.close())
	r, err := Read(&s.out)
	s.must(err)
	return r
}

// talk connects a client as far as the first nextValidId.
func talk(t *testing.T, addr string, version wire.Version, clientID int) *testkit.Client {
	t.Helper()
	k := testkit.Dial(t, addr, version).Hello().StartAPI(int32(clientID))
	if k.Version != version {
		t.Fatalf("version %d was negotiated, want %d", k.Version, version)
	}
	k.Expect(wire.ManagedAccounts, wire.NextValidID)
	return k
}

func details(id int32, symbol string) *protobuf.ContractDataRequest {
	return &protobuf.ContractDataRequest{ReqId: &id, Contract: testkit.Stock(symbol)}
}

// oneQuestion is a recording of a question, its answer, and something that happened after it.
func oneQuestion(t *testing.T) *said {
	s := newSaid(t)
	s.connect(1, 5)
	s.at = s.at.Add(time.Second)
	s.message(1, wire.ReqContractDetails, details(900, "AAPL"))
	s.at = s.at.Add(200 * time.Millisecond)
	s.message(1, wire.ContractData, &protobuf.ContractData{
		ReqId: proto.Int32(900), Contract: &protobuf.Contract{ConId: proto.Int32(265598), Symbol: proto.String("AAPL")},
		ContractDetails: &protobuf.ContractDetails{MinTick: proto.String("0.01")},
	})
	s.message(1, wire.ContractDataEnd, &protobuf.ContractDataEnd{ReqId: proto.Int32(900)})
	s.message(1, wire.ErrorMessage, &protobuf.ErrorMessage{
		Id: proto.Int32(-1), ErrorCode: proto.Int32(1100), ErrorMsg: proto.String("lost"),
	})
	return s
}

func TestSameQuestionAgainGetsTheSameAnswer(t *testing.T) {
	p, addr := play(t, oneQuestion(t).recording(), PlayerConfig{Speed: -1})
	k := talk(t, addr, 213, 5)
	k.Send(wire.ReqContractDetails, details(1, "AAPL"))
	k.Expect(wire.ContractData, wire.ContractDataEnd, wire.ErrorMessage)
	k.Send(wire.ReqContractDetails, details(2, "AAPL"))
	m := k.Expect(wire.ContractData, wire.ContractDataEnd) // and not what had only come behind it
	if id := m.Body.(*protobuf.ContractDataEnd).GetReqId(); id != 2 {
		t.Errorf("the second answer is to request %d", id)
	}
	k.Send(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
	refused := k.Expect(wire.ErrorMessage).Body.(*protobuf.ErrorMessage)
	if refused.GetId() != -1 || refused.GetErrorCode() != 321 ||
		!strings.Contains(refused.GetErrorMsg(), "not in the recording: reqCurrentTime (nothing); it has no reqCurrentTime") {
		t.Errorf("refused with %v", refused)
	}
	if s := p.Summary(); s.Requests != 3 || s.Answered != 2 || s.Connections != 1 {
		t.Errorf("summary %+v", s)
	}
}

func TestWhatIsNotRecordedIsRefused(t *testing.T) {
	p, addr := play(t, oneQuestion(t).recording(), PlayerConfig{Speed: -1})
	k := talk(t, addr, 178, 5)
	for range 2 {
		k.Send(wire.ReqContractDetails, details(7, "MSFT"))
		e := k.Expect(wire.ErrorMessage).Body.(*protobuf.ErrorMessage)
		for _, want := range []string{"contract.symbol=MSFT", "it has reqContractDetails", "contract.symbol=AAPL"} {
			if e.GetId() != 7 || e.GetErrorCode() != 321 || !strings.Contains(e.GetErrorMsg(), want) {
				t.Errorf("refused with %v, want %s", e, want)
			}
		}
	}
	k.Send(wire.SetServerLogLevel, &protobuf.SetServerLogLevelRequest{LogLevel: proto.Int32(5)})
	k.Send(wire.ReqContractDetails, details(8, "AAPL"))
	k.Expect(wire.ContractData) // and no error about the level
	s := p.Summary()
	if len(s.Missing) != 1 || s.Missing[0].Times != 2 || !strings.Contains(s.Missing[0].Request, "MSFT") {
		t.Errorf("missing %+v", s.Missing)
	}
}

// Answers come as late as they were recorded, at the speed that was asked for.
func TestReplayKeepsTime(t *testing.T) {
	_, addr := play(t, oneQuestion(t).recording(), PlayerConfig{Speed: 2})
	k := talk(t, addr, 200, 5)
	asked := time.Now()
	k.Send(wire.ReqContractDetails, details(1, "AAPL"))
	k.Expect(wire.ContractData)
	if took := time.Since(asked); took < 100*time.Millisecond {
		t.Errorf("answered after %s, recorded 200ms at speed 2", took)
	}
}

// Orders are told apart by what the client's ids stand for, not by their numbers.
func TestReplayFollowsOrders(t *testing.T) {
	s := newSaid(t)
	s.connect(1, 5)
	place := func(id int32, symbol string, limit float64, ref string) *protobuf.PlaceOrderRequest {
		return &protobuf.PlaceOrderRequest{
			OrderId: &id, Contract: details(0, symbol).Contract,
			Order: &protobuf.Order{
				Action: proto.String("BUY"), TotalQuantity: proto.String("1"), OrderType: proto.String("LMT"),
				LmtPrice: &limit, OrderRef: &ref, Transmit: proto.Bool(true),
			},
		}
	}
	status := func(id int32, text string) *protobuf.OrderStatus {
		return &protobuf.OrderStatus{OrderId: &id, Status: &text, PermId: proto.Int64(int64(id) + 1000)}
	}
	for _, id := range []int32{10, 11} { // the same order twice
		s.message(1, wire.PlaceOrder, place(id, "AAPL", 1, "r"))
		s.message(1, wire.OrderStatus, status(id, "Submitted"))
	}
	s.message(1, wire.CancelOrder, &protobuf.CancelOrderRequest{OrderId: proto.Int32(11)})
	s.message(1, wire.OrderStatus, status(11, "Cancelled"))
	s.message(1, wire.PlaceOrder, place(10, "AAPL", 2, "r"))
	s.message(1, wire.OpenOrder, &protobuf.OpenOrder{
		OrderId: proto.Int32(10), Contract: &protobuf.Contract{}, OrderState: &protobuf.OrderState{},
		Order: &protobuf.Order{OrderId: proto.Int32(10), OrderRef: proto.String("r")},
	})
	s.message(1, wire.ReqGlobalCancel, &protobuf.GlobalCancelRequest{})
	s.message(1, wire.OrderStatus, status(10, "Cancelled"))
	_, addr := play(t, s.recording(), PlayerConfig{Speed: -1})
	k := talk(t, addr, 225, 5)
	want := func(id int32, text string, perm int64) {
		t.Helper()
		got := k.Expect(wire.OrderStatus).Body.(*protobuf.OrderStatus)
		if got.GetOrderId() != id || got.GetStatus() != text || got.GetPermId() != perm {
			t.Errorf("got %v, want order %d %s with permId %d", got, id, text, perm)
		}
	}
	k.Send(wire.PlaceOrder, place(55, "AAPL", 1, "mine"))
	want(55, "Submitted", 1010)
	k.Send(wire.PlaceOrder, place(54, "AAPL", 1, "other"))
	want(54, "Submitted", 1011)
	k.Send(wire.PlaceOrder, place(55, "AAPL", 2, "mine")) // modified before the cancel: in any order
	open := k.Expect(wire.OpenOrder).Body.(*protobuf.OpenOrder)
	if open.GetOrderId() != 55 || open.GetOrder().GetOrderRef() != "mine" {
		t.Errorf("the modified order is %v", open)
	}
	k.Send(wire.CancelOrder, &protobuf.CancelOrderRequest{OrderId: proto.Int32(54)})
	want(54, "Cancelled", 1011)
	k.Send(wire.ReqGlobalCancel, &protobuf.GlobalCancelRequest{})
	want(55, "Cancelled", 1010)
	k.Send(wire.CancelOrder, &protobuf.CancelOrderRequest{OrderId: proto.Int32(55)})
	if e := k.Expect(wire.ErrorMessage).Body.(*protobuf.ErrorMessage); e.GetId() != 55 || e.GetErrorCode() != 321 {
		t.Errorf("a cancel that was not recorded: %v", e)
	}
}

// A cancelled subscription says no more.
func TestReplayStopsWithACancel(t *testing.T) {
	s := newSaid(t)
	s.connect(1, 5)
	request := &protobuf.PnLRequest{ReqId: proto.Int32(3), Account: proto.String("DU1")}
	s.message(1, wire.ReqPnL, request)
	for range 3 {
		s.message(1, wire.PnL, &protobuf.PnL{ReqId: proto.Int32(3), DailyPnL: proto.Float64(1)})
		s.at = s.at.Add(time.Hour)
	}
	s.message(1, wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
	s.message(1, wire.CurrentTime, &protobuf.CurrentTime{CurrentTime: proto.Int64(77)})
	_, addr := play(t, s.recording(), PlayerConfig{Speed: 36_000}) // an hour is 100 ms
	k := talk(t, addr, 200, 5)
	k.Send(wire.ReqPnL, request)
	k.Expect(wire.PnL)
	k.Send(wire.CancelPnL, &protobuf.CancelPnL{ReqId: proto.Int32(3)})
	k.Send(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
	k.Expect(wire.CurrentTime)
	if err := k.Conn.SetReadDeadline(time.Now().Add(400 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := k.In.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the cancel: %v, want silence", err)
	}
}

// The recorded Gateway's FIN and RST come again, at their time.
func TestReplayEndsAsRecorded(t *testing.T) {
	for how, want := range map[string]error{KindFIN: io.EOF, KindRST: syscall.ECONNRESET} {
		s := newSaid(t)
		s.connect(1, 5)
		s.message(1, wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
		s.message(1, wire.CurrentTime, &protobuf.CurrentTime{CurrentTime: proto.Int64(77)})
		s.must(s.k.event(1, wire.FromServer, how, ""))
		_, addr := play(t, s.recording(), PlayerConfig{})
		k := talk(t, addr, 200, 5)
		k.Send(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
		k.Expect(wire.CurrentTime)
		if _, err := k.In.ReadByte(); !errors.Is(err, want) {
			t.Errorf("%s: read %v, want %v", how, err, want)
		}
	}
}

// Every client gets the script that was recorded of its client id.
func TestReplayPicksTheScriptOfTheClient(t *testing.T) {
	s := newSaid(t)
	for connection, clientID := range map[int]int{1: 5, 2: 6} {
		s.connect(connection, clientID)
		s.message(connection, wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
		s.message(connection, wire.CurrentTime, &protobuf.CurrentTime{CurrentTime: proto.Int64(int64(clientID))})
	}
	_, addr := play(t, s.recording(), PlayerConfig{Speed: -1})
	for _, clientID := range []int{6, 5, 6, 5} {
		k := talk(t, addr, 200, clientID)
		k.Send(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{})
		if got := k.Expect(wire.CurrentTime).Body.(*protobuf.CurrentTime).GetCurrentTime(); got != int64(clientID) {
			t.Errorf("client %d got the script of %d", clientID, got)
		}
	}
}

func TestPlayerWantsARecording(t *testing.T) {
	if _, err := NewPlayer(&Recording{}, PlayerConfig{}); err == nil {
		t.Error("an empty recording is played")
	}
	if _, err := NewPlayer(oneQuestion(t).recording(), PlayerConfig{MaxServerVersion: 9}); err == nil {
		t.Error("version 9 is accepted")
	}
	for text, want := range map[string]string{
		"":                                     "it is empty",
		"{\"format\":\"x\"}":                   "format \"x\"",
		"handshake {}":                         "line 1: want a header",
		header + "{}":                          "line 2: from \"\"",
		header + "{\"from\":":                  "line 2:",
		header + `{"from":"client"}`:           "line 2: connection 0",
		strings.Replace(header, "1}", "2}", 1): "format version 2",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

const header = `{"format":"ibsoak recording","formatVersion":1}` + "\n"
