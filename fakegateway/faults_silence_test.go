package fakegateway

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

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
	if err := c.Conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, 1<<20)
	for range 64 {
		if _, err := c.Conn.Write(chunk); err != nil {
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
	if err := c.Conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	// The receipt comes before the row says so: what the client sees does not change by the two.
	r := row(t, s, 1, "the zombie", func(r Connection) bool { return r.Held && r.InCloseWait() })
	if r.GatewayDwell <= 0 {
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
	if err := c.Conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.until(wire.CurrentTime)
	c.wantFIN()
	r := s.Connections()[0]
	if r.ClientFIN.IsZero() || r.GatewayFIN.Sub(r.ClientFIN) < fault.PastEOFGrace {
		t.Errorf("ledger: %+v; want the Gateway's FIN %s after the client's", r, fault.PastEOFGrace)
	}
	sent := slices.ContainsFunc(s.Receipts(), func(r fault.Receipt) bool {
		return r.Planned == fault.SendAfterEOF && strings.HasSuffix(r.Wire, "bytes after the client's FIN")
	})
	if !sent {
		t.Errorf("receipts %+v; want one of what went out after the client's FIN", s.Receipts())
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
