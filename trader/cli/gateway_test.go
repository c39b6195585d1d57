package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/testkit"
	"ibsoak/trader/exit"
)

func TestOnceFillsAndJournals(t *testing.T) {
	for _, version := range []int{0, 178, 200, 206, 213} {
		t.Run(strconv.Itoa(version), func(t *testing.T) {
			r := newRig(t, fakegateway.Config{MaxServerVersion: version})
			r.wantOnce(exit.OK)
			r.wantBooks(1)
			r.wantClean()
			record, err := os.ReadFile(filepath.Join(r.state, RecordName))
			if err != nil || !bytes.Contains(record, []byte(`"cycles": 1`)) {
				t.Errorf("exit record: %s, %v", record, err)
			}
		})
	}
}

func TestConsecutiveRunsLeaveNothingBehind(t *testing.T) {
	const runs = 5
	r := newRig(t, fakegateway.Config{Profile: "leaky"})
	for range runs {
		r.wantOnce(exit.OK)
	}
	r.wantBooks(1)
	for _, c := range r.gw.Connections() {
		if c.InCloseWait() {
			t.Errorf("connection %d is a zombie", c.ID)
		}
	}
}

func TestContinuousHasOneConnection(t *testing.T) {
	const cycles = 5
	r := newRig(t, fakegateway.Config{})
	run := r.start("--strategy", "alternate")
	r.await("five cycles", func(v *fakegateway.View) bool { return v.Received("reqCurrentTime") >= cycles })
	run.stop()
	r.wantClean()
	r.wantBooks(len(r.gw.Books().Orders))
}

// TestManyOrdersOnAFastClock buys and sells by turns, a bar every fifth of a second, through two
// restarts of the Gateway, and wants books that agree to the cent.
func TestManyOrdersOnAFastClock(t *testing.T) {
	const orders = 6
	r := newRig(t, fakegateway.Config{Clock: fakegateway.Clock{Scale: 300}})
	run := r.start("--strategy", "alternate", "--absence-wait", "1s")
	for _, end := range []fault.Action{fault.FIN, fault.RST, ""} {
		had := len(r.gw.Books().Orders)
		r.await("more orders", func(*fakegateway.View) bool {
			return len(r.gw.Books().Orders) >= had+orders/3
		})
		if end == "" {
			break
		}
		if err := r.gw.Restart(fault.Downtime{Refused: fault.Duration(50 * time.Millisecond)}, end); err != nil {
			t.Fatal(err)
		}
	}
	run.stop()
	r.wantOnce(exit.OK, "--strategy", "hold", "--absence-wait", "1ms") // takes what came last
	r.wantBooks(len(r.gw.Books().Orders))
}

// TestManySymbolsAreSubscribedTo once each, and traded on what the Gateway sends from then on.
func TestManySymbolsAreSubscribedTo(t *testing.T) {
	const symbols, rounds = "AAPL,MSFT,NVDA,AMZN,TSLA,IBM,KO", 3
	r := newRig(t, fakegateway.Config{Clock: fakegateway.Clock{Scale: 60}})
	run := r.start("--symbols", symbols, "--strategy", "alternate")
	n := strings.Count(symbols, ",") + 1
	asked := 0
	r.await("orders", func(v *fakegateway.View) bool {
		asked = v.Received("reqHistoricalData")
		return len(r.gw.Books().Orders) >= n*rounds
	})
	run.stop()
	if asked != n {
		t.Errorf("%d questions for %d symbols", asked, n)
	}
}

func TestHandshakeFailuresHaveTheirCodes(t *testing.T) {
	zero := int64(0)
	for name, c := range map[string]struct {
		cfg  fakegateway.Config
		want exit.Code
	}{
		"mute":        {fakegateway.Config{Profile: "mute"}, exit.NoHandshakeReply},
		"FIN":         {on(fault.When{Phase: fault.PreambleRead}, fault.What{Do: fault.FIN}), exit.HandshakeClosed},
		"RST":         {on(fault.When{Phase: fault.PreambleRead}, fault.What{Do: fault.RST}), exit.HandshakeReset},
		"FIN later":   {on(fault.When{Phase: fault.StartAPIRead}, fault.What{Do: fault.FIN}), exit.HandshakeClosed},
		"no id":       {on(fault.When{Outbound: "nextValidId"}, fault.What{Do: fault.Drop}), exit.NoNextValidID},
		"no accounts": {on(fault.When{Outbound: "managedAccounts"}, fault.What{Do: fault.Drop}), exit.WrongAccount},
		"noise": {
			on(fault.When{BytesOut: &zero}, fault.What{Do: fault.Garbage, Bytes: 64, Then: fault.Hold}),
			exit.Malformed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.cfg)
			r.wantOnce(c.want, "--handshake-timeout", "300ms", "--ready-timeout", "300ms")
			r.wantBooks(0)
		})
	}
}

func TestAccountCodes(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	r.wantOnce(exit.WrongAccount, "--account", "DU1")
	r.wantOnce(exit.OK, "--account", "DU9000001")
	live := newRig(t, fakegateway.Config{Accounts: []string{"U1234567"}})
	live.wantOnce(exit.Interlock)
	live.wantOnce(exit.WrongAccount, "--live", "--account", "U7654321")
	live.wantBooks(0)
	live.wantOnce(exit.OK, "--live", "--account", "U1234567")
	live.wantBooks(1)
}

func TestClientIDInUse(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	run := r.start()
	r.await("a session", func(v *fakegateway.View) bool { return v.Received("reqHistoricalData") > 0 })
	r.await("its order", func(*fakegateway.View) bool { return len(r.gw.Books().Executions) == 1 })
	other := &rig{t: t, gw: r.gw, state: t.TempDir()}
	code, out := other.once("--host", "localhost") // which is the same Gateway
	if want := "is used by the trader with pid " + strconv.Itoa(os.Getpid()); code != exit.ClientIDInUse ||
		!strings.Contains(out, want) || !strings.Contains(out, "--state "+r.state) || len(r.gw.Connections()) != 1 {
		t.Errorf("ended with %d and %d connections, want the holder's name and one\n%s", code, len(r.gw.Connections()), out)
	}
	t.Setenv("XDG_STATE_HOME", t.TempDir()) // as another user, or on another host
	other.wantOnce(exit.ClientIDInUse)
	other.wantOnce(exit.OK, "--client-id", "2")
	run.stop()
}

func TestSecondTraderOnTheStateDirectory(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	run := r.start()
	r.await("a session", func(v *fakegateway.View) bool { return v.Received("reqHistoricalData") > 0 })
	r.wantOnce(exit.State, "--client-id", "2")
	run.stop()
	if n := len(r.gw.Connections()); n != 1 {
		t.Errorf("the second trader dialled: %d connections", n)
	}
}

func TestZombies(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	if err := r.gw.PlantZombies(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	code, out := r.once("--on-zombies", "fail")
	if code != exit.Zombies || !strings.Contains(out, "3 sockets in CLOSE_WAIT held by the Gateway") ||
		!strings.Contains(out, "never kill -9 by port") {
		t.Errorf("ended with %d\n%s", code, out)
	}
	if n := len(r.gw.Connections()); n != 3 {
		t.Errorf("%d connections: it dialled", n)
	}
	code, out = r.once("--on-zombies", "warn")
	if code != exit.OK || !strings.Contains(out, "level=WARN") {
		t.Errorf("with a warning it ended with %d\n%s", code, out)
	}
	r.wantBooks(1)
}

func TestSessionLostAroundTheOrder(t *testing.T) {
	for name, when := range map[string]fault.When{
		"order read":   {Inbound: "placeOrder"},
		"before ack":   {Outbound: "openOrder"},
		"before fill":  {Outbound: "execDetails"},
		"cut fill":     {Outbound: "execDetails", Byte: 7},
		"before costs": {Outbound: "commissionReport"},
	} {
		for _, end := range []fault.Action{fault.FIN, fault.RST} {
			t.Run(name+" "+string(end), func(t *testing.T) {
				what := fault.What{Do: end}
				if when.Byte > 0 {
					what = fault.What{Do: fault.Cut, Then: end}
				}
				cfg := on(when, what)
				cfg.Schedule.Faults[0].Where = fault.Where{Connection: 1}
				r := newRig(t, cfg)
				if code, out := r.once(); code != exit.SessionLost && (name != "before costs" || code != exit.OK) {
					t.Fatalf("ended with %d\n%s", code, out)
				}
				orders := len(r.gw.Books().Orders)
				code, out := r.once("--absence-wait", "1ms")
				if code != exit.OK {
					t.Fatalf("the next life ended with %d\n%s", code, out)
				}
				r.wantBooks(orders) // an order that was lost is not sent again on the same bar
				if lost := name == "order read"; lost != (orders == 0) {
					t.Errorf("%d orders had reached the Gateway's books", orders)
				}
			})
		}
	}
}

func TestAnswersThatDoNotCome(t *testing.T) {
	for _, message := range []string{
		"openOrderEnd", "execDetailsEnd", "completedOrdersEnd", "positionEnd", "contractDataEnd",
		"currentTime", "historicalData",
	} {
		t.Run(message, func(t *testing.T) {
			r := newRig(t, on(fault.When{Outbound: message}, fault.What{Do: fault.Drop}))
			r.wantOnce(exit.Incomplete, "--request-timeout", "300ms")
			r.wantBooks(0)
			r.wantClean()
		})
	}
}

// TestOneLostEnd: everything but one message works, and within a few deadlines the trader trades, on
// the same connection or on the next (ib_async #84).
func TestOneLostEnd(t *testing.T) {
	one := 1
	for _, message := range []string{
		"openOrderEnd", "execDetailsEnd", "completedOrdersEnd", "positionEnd", "currentTime",
	} {
		t.Run(message, func(t *testing.T) {
			t.Parallel()
			cfg := on(fault.When{Outbound: message}, fault.What{Do: fault.Drop})
			cfg.Schedule.Faults[0].Until.Count = one
			r := newRig(t, cfg)
			run := r.start("--request-timeout", "1s")
			r.await("cycles", func(v *fakegateway.View) bool { return v.Received("reqCurrentTime") >= 4 })
			run.stop()
			r.wantBooks(1)
			if n := len(r.gw.Connections()); n > 2 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

func TestOrderUnknown(t *testing.T) {
	r := newRig(t, on(fault.When{Inbound: "placeOrder"}, fault.What{Do: fault.Mute}))
	r.wantOnce(exit.OrderUnknown, "--order-deadline", "300ms", "--request-timeout", "300ms")
	if err := r.gw.SetSchedule(fault.Schedule{}); err != nil {
		t.Fatal(err)
	}
	r.wantOnce(exit.OrderUnknown) // complete answers do not know it, but it is too early to tell
	r.wantOnce(exit.OK, "--absence-wait", "1ms")
	r.wantBooks(0)
}

// TestAFillOverMidnightIsAttributed: the order fills while its trader is down, and the trader comes
// back on the next day. A Gateway at 200 is asked for the last days; below, the position tells.
func TestAFillOverMidnightIsAttributed(t *testing.T) {
	midnight := time.Date(2036, time.December, 2, 5, 0, 0, 0, time.UTC) // in New York
	for _, version := range []int{0, 178} {
		t.Run(strconv.Itoa(version), func(t *testing.T) {
			const before, scale = 2 * time.Minute, 60
			r := newRig(t, fakegateway.Config{
				MaxServerVersion: version,
				Clock:            fakegateway.Clock{Scale: scale, Start: midnight.Add(-before)},
				Schedule: fault.Schedule{Faults: []fault.Fault{{
					When: fault.When{Outbound: "execDetails"}, What: fault.What{Do: fault.RST},
					Where: fault.Where{Connection: 1},
				}}},
			})
			overMidnight := time.After(before / scale)
			if code, out := r.once("--quiet-windows", "none"); code != exit.SessionLost {
				t.Fatalf("ended with %d\n%s", code, out)
			}
			<-overMidnight
			r.wantOnce(exit.OK, "--quiet-windows", "none")
			r.wantOnce(exit.OK, "--quiet-windows", "none")
			r.wantHeld(1)
		})
	}
}

// TestABustAtTheGateway: the books stay equal to the cent, and the trader goes on.
func TestABustAtTheGateway(t *testing.T) {
	r := newRig(t, fakegateway.Config{Clock: fakegateway.Clock{Scale: 300}})
	run := r.start()
	r.await("a fill", func(*fakegateway.View) bool { return len(r.gw.Books().Executions) > 0 })
	if _, err := r.gw.Bust(r.gw.Books().Executions[0].ExecID); err != nil {
		t.Fatal(err)
	}
	r.await("the fill that replaces it", func(*fakegateway.View) bool {
		b := r.gw.Books()
		return len(b.Orders) == 2 && len(b.Executions) == 1
	})
	run.stop()
	r.wantOnce(exit.OK)
	r.wantHeld(1)
	r.wantAccounts()
}

// TestALostStateDirectory: three lives with a new directory each hold what one would.
func TestALostStateDirectory(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	for range 3 {
		r.state = t.TempDir()
		r.wantOnce(exit.OK, "--shares", "10")
		r.wantHeld(10)
	}
	r.wantBooks(1)
}

func TestRiskRefuses(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	r.wantOnce(exit.Interlock, "--max-order-notional", "1")
	r.wantBooks(0)
	r.wantClean()
}

func TestGatewayRestart(t *testing.T) {
	for _, end := range []fault.Action{fault.FIN, fault.RST} {
		t.Run(string(end), func(t *testing.T) {
			r := newRig(t, fakegateway.Config{})
			run := r.start()
			r.await("two cycles", func(v *fakegateway.View) bool { return v.Received("reqCurrentTime") >= 2 })
			down := fault.Downtime{Refused: fault.Duration(300 * time.Millisecond)}
			if err := r.gw.Restart(down, end); err != nil {
				t.Fatal(err)
			}
			before := 0
			r.await("two cycles after the restart", func(v *fakegateway.View) bool {
				conns := v.Connections()
				last := conns[len(conns)-1]
				before = len(conns)
				return last.Epoch > 0 && last.MessagesIn["reqCurrentTime"] >= 2
			})
			run.stop()
			if before != 2 {
				t.Errorf("%d connections, want 2", before)
			}
			r.wantBooks(1)
		})
	}
}

// TestLogIsBounded: against a Gateway that is never there, one line for each attempt and no more
// than the beginning and the end besides.
func TestLogIsBounded(t *testing.T) {
	const attempts = 6
	var out testkit.Buffer
	code := Main(t.Context(), []string{
		"--symbols", "AAPL", "--port", strconv.Itoa(int(testkit.ClosedPort(t).Port())), "--state", t.TempDir(),
		"--reconnect-base", "10ms", "--max-reconnects", strconv.Itoa(attempts),
	}, &out, &out)
	lines := strings.Count(out.String(), "\n")
	if exit.Code(code) != exit.Exhausted || lines > attempts+3 {
		t.Errorf("code %d, %d lines for %d attempts\n%s", code, lines, attempts, out.String())
	}
}
