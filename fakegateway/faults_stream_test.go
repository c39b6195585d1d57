package fakegateway

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

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
		c.Version = 225
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
					b, err := c.In.ReadByte()
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
		What: fault.What{Do: fault.BadLength, Length: new(int64(-5)), Then: fault.FIN},
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

func TestReorder(t *testing.T) {
	s := startServer(t, faults(fault.Fault{
		When: fault.When{Outbound: "managedAccounts"}, What: fault.What{Do: fault.Reorder},
	}))
	c := dial(t, s)
	c.hello()
	c.startAPI(1)
	first, second := c.message().Kind, c.message().Kind
	if first != wire.NextValidID || second != wire.ManagedAccounts {
		t.Errorf("got %s and %s, want the next id before the accounts", first, second)
	}
	receipt(t, s, fault.Reorder, "message behind the next one")
}
