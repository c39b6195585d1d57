package fakegateway

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

func ptr[T any](v T) *T { return &v }

func ms(n int) fault.Duration { return fault.Duration(time.Duration(n) * time.Millisecond) }

// onPhase is the commonest fault.
func onPhase(p fault.Phase, what fault.What) Config {
	return faults(fault.Fault{When: fault.When{Phase: p}, What: what})
}

// receipt awaits the first receipt and checks that nothing went wrong.
func receipt(t *testing.T, s *Server, planned fault.Action, wire string) fault.Receipt {
	t.Helper()
	await(t, s, "a receipt", func(v *View) bool { return len(v.Receipts()) > 0 })
	r := s.Receipts()[0]
	if r.Planned != planned || r.Wire != wire || r.Mismatch != "" {
		t.Errorf("receipt %+v, want %s that was %q on the wire", r, planned, wire)
	}
	return r
}

// reach makes a client come to the phase at which a fault falls.
func reach(t *testing.T, s *Server, p fault.Phase) *rawClient {
	t.Helper()
	c := dial(t, s)
	if p == fault.Accepted {
		return c
	}
	c.greet()
	if p == fault.PreambleRead || p == fault.VersionSent {
		return c
	}
	c.versionReply()
	c.startAPI(1)
	if p == fault.StartAPIRead || p == fault.BootstrapSent {
		return c
	}
	c.until(wire.NextValidID)
	c.askTime()
	return c
}

func TestFINAndRSTAtEveryPhase(t *testing.T) {
	for _, p := range fault.Phases() {
		t.Run(string(p)+" fin", func(t *testing.T) {
			s := startServer(t, onPhase(p, fault.What{Do: fault.FIN}))
			c := reach(t, s, p)
			c.wantFIN()
			receipt(t, s, fault.FIN, "FIN")
			c.close()
			r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
			if r.ClosedFirst != ByGateway || r.GatewayFIN.IsZero() || !r.GatewayRST.IsZero() {
				t.Errorf("ledger: %+v", r)
			}
		})
		t.Run(string(p)+" rst", func(t *testing.T) {
			s := startServer(t, onPhase(p, fault.What{Do: fault.RST}))
			if p == fault.Accepted { // it may come before the dial has returned
				if err := dialError(t, s, patience); err != nil && !errors.Is(err, syscall.ECONNRESET) {
					t.Error(err)
				}
			} else {
				reach(t, s, p).wantRST()
			}
			receipt(t, s, fault.RST, "RST")
			r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
			if r.GatewayRST.IsZero() || !r.GatewayFIN.IsZero() {
				t.Errorf("ledger: %+v", r)
			}
		})
	}
}

func TestFINWithUnreadInputIsStillFIN(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.FIN}))
	c := dial(t, s)
	c.hello()
	c.startAPI(1)
	for range 100 {
		c.askTime()
	}
	c.wantFIN()
	receipt(t, s, fault.FIN, "FIN")
}

func TestClientDwellIsTheTimeInCloseWait(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.FIN}))
	c := reach(t, s, fault.BootstrapSent)
	c.wantFIN()
	began := time.Now() // the client's socket is in CLOSE_WAIT
	time.AfterFunc(20*time.Millisecond, c.close)
	r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
	if least := r.ClientFIN.Sub(began); r.ClientDwell < least || least < 20*time.Millisecond {
		t.Errorf("client dwell %s, at least %s was in CLOSE_WAIT", r.ClientDwell, least)
	}
	if r.GatewayDwell != 0 {
		t.Errorf("gateway dwell %s, want 0", r.GatewayDwell)
	}
}

func TestWritingAfterFINMeetsAReset(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.FIN}))
	c := reach(t, s, fault.BootstrapSent)
	c.wantFIN()
	ticker := time.NewTicker(lateGrace)
	defer ticker.Stop()
	for range 2 {
		<-ticker.C // what comes soon after the FIN is excused
	}
	c.askTime()
	r := row(t, s, 1, "our RST", func(r Connection) bool { return !r.GatewayRST.IsZero() })
	if r.BytesAfterFIN == 0 {
		t.Errorf("ledger: no bytes after FIN: %+v", r)
	}
}

func TestHalfCloseReadsOn(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.HalfClose}))
	c := reach(t, s, fault.BootstrapSent)
	c.wantFIN()
	receipt(t, s, fault.HalfClose, "FIN")
	c.askTime()
	await(t, s, "a request after our FIN", func(v *View) bool {
		return v.Received("reqCurrentTime") == 1
	})
	c.close()
	r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
	if !r.GatewayRST.IsZero() || r.ClientDwell <= 0 {
		t.Errorf("ledger: %+v", r)
	}
}

// bytesOfHandshake is how much a healthy Gateway sends to a client that starts and asks nothing.
func bytesOfHandshake(t *testing.T) int {
	t.Helper()
	s := startServer(t, Config{})
	dial(t, s).connect(1)
	r := row(t, s, 1, "the bootstrap", func(r Connection) bool { return !r.BootstrapSent.IsZero() })
	return int(r.BytesOut)
}

func TestFINAfterExactlySoManyBytes(t *testing.T) {
	for n := range bytesOfHandshake(t) + 1 {
		s, err := Start(faults(fault.Fault{
			When: fault.When{BytesOut: ptr(int64(n))}, What: fault.What{Do: fault.FIN},
		}))
		if err != nil {
			t.Fatal(err)
		}
		c := dial(t, s)
		c.greet()
		c.version = 225
		c.startAPI(1)
		if got := c.wantFIN(); len(got) != n {
			t.Errorf("%d bytes came, want %d", len(got), n)
		}
		if r := receipt(t, s, fault.FIN, "FIN"); r.BytesOut != int64(n) {
			t.Errorf("receipt says %d bytes, want %d", r.BytesOut, n)
		}
		c.close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestCutInsideAFrame(t *testing.T) {
	for _, then := range []fault.Action{fault.FIN, fault.RST, fault.Hold, ""} {
		t.Run("then "+string(then), func(t *testing.T) {
			s := startServer(t, faults(fault.Fault{
				When: fault.When{Outbound: "currentTime", Nth: 2, Byte: 3},
				What: fault.What{Do: fault.Cut, Then: then},
			}))
			c := dial(t, s).connect(1)
			c.askTime()
			c.until(wire.CurrentTime)
			c.askTime()
			piece := make([]byte, 3)
			if then != fault.RST { // an RST may overtake them
				for i := range piece {
					b, err := c.read.ReadByte()
					if err != nil {
						t.Fatal(err)
					}
					piece[i] = b
				}
			}
			wires := map[fault.Action]string{
				fault.FIN: ", then FIN", fault.RST: ", then RST", fault.Hold: ", then nothing", "": "",
			}
			receipt(t, s, fault.Cut, "3 bytes of currentTime"+wires[then])
			switch then {
			case fault.FIN:
				if got := c.wantFIN(); len(got) != 0 {
					t.Errorf("%d more bytes came", len(got))
				}
			case fault.RST:
				c.wantRST()
			case fault.Hold:
				c.wantSilence()
			default:
				c.askTime() // the stream goes on, out of step
				await(t, s, "another answer", func(v *View) bool { return v.Sent("currentTime") == 2 })
			}
		})
	}
}

func TestGarbageAndBadLength(t *testing.T) {
	noise := func(seed uint64) []byte {
		cfg := onPhase(fault.BootstrapSent, fault.What{Do: fault.Garbage, Bytes: 40, Then: fault.FIN})
		cfg.Seed = seed
		s := startServer(t, cfg)
		c := dial(t, s).connect(1)
		got := c.wantFIN()
		receipt(t, s, fault.Garbage, "40 bytes, then FIN")
		return got
	}
	if a, b := noise(1), noise(1); len(a) != 40 || !slices.Equal(a, b) {
		t.Errorf("the same seed made % x and % x", a, b)
	}
	if slices.Equal(noise(1), noise(2)) {
		t.Error("two seeds made the same noise")
	}
	s := startServer(t, faults(fault.Fault{
		When: fault.When{Outbound: "currentTime"},
		What: fault.What{Do: fault.BadLength, Length: -5, Then: fault.FIN},
	}))
	c := dial(t, s).connect(1)
	c.askTime()
	if got := c.wantFIN(); len(got) != 4 || int32(binary.BigEndian.Uint32(got)) != -5 {
		t.Errorf("got % x, want the length -5", got)
	}
}

func TestDuplicateDropAndError(t *testing.T) {
	s := startServer(t, faults(
		fault.Fault{
			When: fault.When{Outbound: "currentTime", Nth: 1},
			What: fault.What{Do: fault.Duplicate, Times: 3},
		},
		fault.Fault{
			When: fault.When{Inbound: "reqCurrentTime", Nth: 2}, What: fault.What{Do: fault.Drop},
		},
		fault.Fault{
			When: fault.When{Outbound: "currentTime", Nth: 2}, What: fault.What{Do: fault.Drop},
		},
		fault.Fault{
			When: fault.When{Inbound: "reqAccountSummary", Nth: 1},
			What: fault.What{Do: fault.Error, Code: 322, Message: "too many"},
		},
	))
	c := dial(t, s).connect(1)
	for range 4 { // answered thrice, not handled, not answered, answered
		c.askTime()
	}
	for range 4 {
		c.until(wire.CurrentTime)
	}
	c.send(wire.ReqAccountSummary, &protobuf.AccountSummaryRequest{ReqId: ptr(int32(9001))})
	e := c.message().Body.(*protobuf.ErrorMessage)
	if e.GetErrorCode() != 322 || e.GetId() != 9001 || e.GetErrorMsg() != "too many" {
		t.Errorf("error %v", e)
	}
	await(t, s, "four receipts", func(v *View) bool { return len(v.Receipts()) == 4 })
	for _, r := range s.Receipts() {
		if r.Mismatch != "" {
			t.Errorf("receipt %+v", r)
		}
	}
}

func TestMuteReadsAndAnswersNothing(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.Mute}))
	c := dial(t, s).connect(1)
	receipt(t, s, fault.Mute, "nothing for good")
	c.askTime()
	await(t, s, "the request", func(v *View) bool { return v.Received("reqCurrentTime") == 1 })
	c.wantSilence()
	c.close()
	r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
	if r.Held || r.MessagesOut["currentTime"] != 0 {
		t.Errorf("ledger: %+v", r)
	}
}

func TestMuteForAWhile(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.Mute, For: ms(50)}))
	c := dial(t, s).connect(1)
	receipt(t, s, fault.Mute, "nothing for 50ms")
	for (&View{s: s}).Sent("currentTime") == 0 { // until one request falls after the end
		c.askTime()
		await(t, s, "an answer or silence", func(v *View) bool {
			return v.Received("reqCurrentTime") > 0
		})
	}
	c.until(wire.CurrentTime)
}

func TestStopWritingHoldsBackAndResumes(t *testing.T) {
	s := startServer(t, faults(fault.Fault{
		When: fault.When{Outbound: "currentTime", Byte: 5},
		What: fault.What{Do: fault.StopWriting, For: ms(80)},
	}))
	c := dial(t, s).connect(1)
	c.askTime()
	c.until(wire.CurrentTime)
	r := s.Receipts()[0]
	if waited := time.Since(r.At); waited < 80*time.Millisecond {
		t.Errorf("the rest came after %s, want 80 ms or more", waited)
	}
}

func TestStopWritingForGoodEndsWithTheClient(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.StopWriting}))
	c := dial(t, s).connect(1)
	receipt(t, s, fault.StopWriting, "nothing for good")
	c.askTime()
	await(t, s, "the request", func(v *View) bool { return v.Received("reqCurrentTime") == 1 })
	c.wantSilence()
	c.close()
	row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
}

func TestStopReadingFillsTheWindow(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.StopReading}))
	c := dial(t, s).connect(1)
	receipt(t, s, fault.StopReading, "nothing for good")
	if err := c.conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, 1<<20)
	for range 64 {
		if _, err := c.conn.Write(chunk); err != nil {
			return // the window is full
		}
	}
	t.Error("64 MiB went into a Gateway that does not read")
}

func TestHoldIsAZombieUntilTheClientsReset(t *testing.T) {
	s := startServer(t, onPhase(fault.PreambleRead, fault.What{Do: fault.Hold}))
	c := dial(t, s)
	c.greet()
	receipt(t, s, fault.Hold, "nothing")
	if err := c.conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	r := row(t, s, 1, "the zombie", func(r Connection) bool { return r.InCloseWait() })
	if !r.Held || r.GatewayDwell <= 0 {
		t.Errorf("ledger: %+v", r)
	}
	c.wantSilence()
	c.abort()
	r = row(t, s, 1, "the zombie's end", func(r Connection) bool { return !r.Closed.IsZero() })
	if r.ClientRST.IsZero() || r.GatewayDwell < r.ClientRST.Sub(r.ClientFIN) {
		t.Errorf("ledger: %+v", r)
	}
}

func TestIgnoreEOFLeaksAndFreesTheClientID(t *testing.T) {
	s := startServer(t, onPhase(fault.Accepted, fault.What{Do: fault.IgnoreEOF}))
	dial(t, s).connect(1).close()
	row(t, s, 1, "the zombie", func(r Connection) bool { return r.Held && r.InCloseWait() })
	dial(t, s).connect(1)
}

func TestSendPastEOF(t *testing.T) {
	s := startServer(t, faults(
		fault.Fault{
			When: fault.When{Phase: fault.Accepted}, What: fault.What{Do: fault.SendAfterEOF},
		},
		fault.Fault{
			When: fault.When{Inbound: "reqCurrentTime"}, What: fault.What{Do: fault.Delay, For: ms(50)},
		},
	))
	c := dial(t, s).connect(1)
	c.askTime()
	if err := c.conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.until(wire.CurrentTime)
	r := s.Connections()[0]
	if r.ClientFIN.IsZero() || !r.GatewayFIN.IsZero() {
		t.Errorf("ledger: %+v", r)
	}
}

func TestDelayBeforeAnAnswer(t *testing.T) {
	s := startServer(t, faults(fault.Fault{
		When: fault.When{Outbound: "currentTime"}, What: fault.What{Do: fault.Delay, For: ms(60)},
	}))
	c := dial(t, s).connect(1)
	began := time.Now()
	c.askTime()
	c.until(wire.CurrentTime)
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Errorf("the answer took %s, want 60 ms or more", took)
	}
}

func TestDripOfAWholeHandshake(t *testing.T) {
	s := startServer(t, onPhase(fault.Accepted, fault.What{
		Do: fault.Drip, Every: fault.Duration(100 * time.Microsecond),
	}))
	c := dial(t, s).connect(1)
	c.askTime()
	c.until(wire.CurrentTime)
	receipt(t, s, fault.Drip, "byte by byte, 100µs apart")
}

func TestResetSomeTimeAfterTheBootstrap(t *testing.T) {
	s := startServer(t, faults(fault.Fault{
		When: fault.When{Phase: fault.BootstrapSent, Delay: ms(80)}, What: fault.What{Do: fault.RST},
	}))
	c := dial(t, s).connect(1)
	c.askTime() // the session works meanwhile
	c.until(wire.CurrentTime)
	c.wantRST()
	r := s.Connections()[0]
	if lived := r.GatewayRST.Sub(r.BootstrapSent); lived < 80*time.Millisecond {
		t.Errorf("reset after %s, want 80 ms or more", lived)
	}
}

func TestFaultByTheClockActsOnEveryLiveConnection(t *testing.T) {
	s := startServer(t, Config{Clock: Clock{Scale: 60}})
	a, b := dial(t, s).connect(1), dial(t, s).connect(2)
	_, err := s.Inject(fault.Fault{
		ID:   "lost",
		When: fault.When{At: ptr(fault.Duration(s.clock.elapsed() + 2*time.Second))},
		What: fault.What{Do: fault.Error, Code: 1100},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*rawClient{a, b} {
		if e := c.until(wire.ErrorMessage).Body.(*protobuf.ErrorMessage); e.GetErrorCode() != 1100 {
			t.Errorf("error %v, want 1100", e)
		}
	}
	if got := len(s.Receipts()); got != 2 {
		t.Errorf("%d receipts, want 2", got)
	}
}

func TestUntilCountIsOverAllConnections(t *testing.T) {
	s := startServer(t, faults(fault.Fault{
		When: fault.When{Phase: fault.PreambleRead}, What: fault.What{Do: fault.FIN},
		Until: fault.Until{Count: 2},
	}))
	for i := range 2 {
		c := dial(t, s)
		c.greet()
		if got := c.wantFIN(); len(got) != 0 {
			t.Errorf("connection %d: %d bytes came", i+1, len(got))
		}
	}
	dial(t, s).connect(1)
}

func TestInjectedFaultsComeAndGo(t *testing.T) {
	s := startServer(t, Config{})
	drop := fault.Fault{
		When: fault.When{Inbound: "reqCurrentTime"}, What: fault.What{Do: fault.Drop},
	}
	id, err := s.Inject(drop)
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, s).connect(1)
	c.askTime()
	await(t, s, "the drop", func(v *View) bool { return len(v.Receipts()) == 1 })
	if err := s.ClearFault(id); err != nil {
		t.Fatal(err)
	}
	if err := s.ClearFault(id); err == nil {
		t.Error("clearing a fault twice: no error")
	}
	c.askTime()
	c.until(wire.CurrentTime)
	if err := s.SetSchedule(fault.Schedule{Faults: []fault.Fault{drop}}); err != nil {
		t.Fatal(err)
	}
	c.askTime()
	await(t, s, "another drop", func(v *View) bool { return len(v.Receipts()) == 2 })
	if _, err := s.Inject(fault.Fault{What: fault.What{Do: "explode"}}); err == nil {
		t.Error("an unknown action: no error")
	}
}

func TestSlowConsumerIsResetWithAReason(t *testing.T) {
	s := startServer(t, faults(fault.Fault{
		When: fault.When{Outbound: "currentTime"},
		What: fault.What{Do: fault.StopWriting},
	}))
	c := dial(t, s).connect(1)
	c.askTime()
	await(t, s, "the stop", func(v *View) bool { return len(v.Receipts()) == 1 })
	ask, err := wire.Append(nil, wire.Message{
		Kind: wire.ReqCurrentTime, Body: &protobuf.CurrentTimeRequest{},
	}, c.version)
	if err != nil {
		t.Fatal(err)
	}
	flood := slices.Repeat(ask, 1000)
	go func() {
		for range queueItems/1000 + 10 {
			if _, err := c.conn.Write(flood); err != nil {
				return // the Gateway has enough
			}
		}
	}()
	r := row(t, s, 1, "our RST", func(r Connection) bool { return !r.GatewayRST.IsZero() })
	if !strings.Contains(r.End, fmt.Sprint(queueItems)) {
		t.Errorf("end %q, want one that names the bound %d", r.End, queueItems)
	}
}
