package link_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
	"ibsoak/trader/link"
)

// handshakeBytes is all that a healthy Gateway sends up to the moment when the link is ready.
func handshakeBytes(v wire.Version) (hello, bootstrap []byte) {
	hello = wire.AppendHello(nil, wire.Hello{Version: v, Time: "20260824 22:27:38 CET"})
	for _, m := range []wire.Message{accounts("DU9000001"), nextID()} {
		var err error
		if bootstrap, err = wire.Append(bootstrap, m, v); err != nil {
			panic(err) // both have a form at every version
		}
	}
	return hello, bootstrap
}

// cutAt sends the first n bytes of a handshake, waiting for START_API where the protocol does,
// then ends the connection.
func cutAt(hello, bootstrap []byte, n int, end func(*peer)) func(*peer) {
	return func(p *peer) {
		if _, err := wire.ReadPreamble(p.conn); err != nil {
			return
		}
		_, _ = p.conn.Write(hello[:min(n, len(hello))])
		if n >= len(hello) {
			p.version = 0
			if _, err := p.frames.Next(); err != nil {
				return
			}
			_, _ = p.conn.Write(bootstrap[:n-len(hello)])
		}
		end(p)
	}
}

// TestFINAndRSTAtEveryByte ends the connection behind each byte of the handshake. In virtual time
// it shows that no deadline is waited for: the failure takes no time at all.
func TestFINAndRSTAtEveryByte(t *testing.T) {
	endings := []struct {
		name string
		end  func(*peer)
		want link.Reason
	}{
		{"FIN", func(p *peer) { _ = p.conn.Close() }, link.Closed},
		{"RST", (*peer).reset, link.Reset},
	}
	for _, v := range versions {
		hello, bootstrap := handshakeBytes(v)
		for _, e := range endings {
			for n := range len(hello) + len(bootstrap) {
				bubble(t, fmt.Sprintf("%d/%s/%d", v, e.name, n), func(t *testing.T) {
					_, ln := memToy(t, cutAt(hello, bootstrap, n, e.end))
					cfg := memConfig(ln, nil)
					reason, err, took := reasonAndTime(t, cfg)
					wantPhase := link.PhaseReady
					if n < len(hello) {
						wantPhase = link.PhaseVersion
					}
					if reason != e.want || err.Phase != wantPhase || took != 0 {
						t.Errorf("%v after %s, want %s in %s at once", err, took, e.want, wantPhase)
					}
				})
			}
		}
	}
}

// TestSilenceIsNamed lets the Gateway go mute in each phase: the phase's own deadline ends it, and
// the error says what did not come.
func TestSilenceIsNamed(t *testing.T) {
	mute := func(p *peer) { _, _ = p.frames.Next() }
	tests := []struct {
		name   string
		script func(*peer)
		want   link.Reason
		after  time.Duration
	}{
		{"accepts and says nothing", func(p *peer) {
			_, _ = wire.ReadPreamble(p.conn)
			mute(p)
		}, link.NoHandshakeReply, link.DefaultVersionTimeout},
		{"half a version reply", func(p *peer) {
			_, _ = wire.ReadPreamble(p.conn)
			_, _ = p.conn.Write([]byte("\x00\x00\x00\x1a225\x00"))
			mute(p)
		}, link.NoHandshakeReply, link.DefaultVersionTimeout},
		{"version only", func(p *peer) {
			p.greet(225)
			p.expect(wire.StartAPI)
			mute(p)
		}, link.NoAccounts, link.DefaultReadyTimeout},
		{"no next valid id", func(p *peer) {
			p.greet(225)
			p.expect(wire.StartAPI)
			p.send(accounts("DU9000001"))
			mute(p)
		}, link.NoNextValidID, link.DefaultReadyTimeout},
		{"empty account list", func(p *peer) {
			p.greet(225)
			p.expect(wire.StartAPI)
			p.send(accounts(""))
			p.send(nextID())
			mute(p)
		}, link.NoAccounts, link.DefaultReadyTimeout},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			_, ln := memToy(t, tt.script)
			reason, err, took := reasonAndTime(t, memConfig(ln, nil))
			if reason != tt.want || took != tt.after {
				t.Errorf("%v after %s, want %s after %s", err, took, tt.want, tt.after)
			}
		})
	}
	bubble(t, "SYN into a black hole", func(t *testing.T) {
		reason, err, took := reasonAndTime(t, memConfig(nil, nil))
		if reason != link.DialTimeout || took != link.DefaultDialTimeout {
			t.Errorf("%v after %s", err, took)
		}
	})
	bubble(t, "nothing listens", func(t *testing.T) {
		g, ln := memToy(t, healthy(225))
		g.stop()
		if reason, err, took := reasonAndTime(t, memConfig(ln, nil)); reason != link.Refused || took != 0 {
			t.Errorf("%v after %s", err, took)
		}
	})
}

// TestCancelEndsEveryPhase cancels Connect's context in each phase.
func TestCancelEndsEveryPhase(t *testing.T) {
	scripts := map[link.Phase]func(*peer){
		link.PhaseDial:    nil,
		link.PhaseVersion: func(p *peer) { _, _ = p.frames.Next() },
		link.PhaseReady:   func(p *peer) { p.greet(225); p.expect(wire.StartAPI); p.expect(0) },
	}
	for phase, script := range scripts {
		bubble(t, string(phase), func(t *testing.T) {
			cfg := memConfig(nil, nil)
			if script != nil {
				_, ln := memToy(t, script)
				cfg = memConfig(ln, nil)
			}
			why := errors.New("shutting down")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(why) })
			began := time.Now()
			_, err := link.Connect(ctx, cfg)
			if link.ReasonOf(err) != link.Canceled || !errors.Is(err, why) {
				t.Errorf("%v", err)
			}
			if took := time.Since(began); took != time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// TestRefusals are Gateways that answer, and that the link must not trade with.
func TestRefusals(t *testing.T) {
	bootstrapped := func(messages ...wire.Message) func(*peer) {
		return func(p *peer) {
			if !p.greet(225) {
				return
			}
			p.expect(wire.StartAPI)
			for _, m := range messages {
				p.send(m)
			}
			p.serve()
		}
	}
	replies := func(reply string) func(*peer) {
		return func(p *peer) {
			_, _ = wire.ReadPreamble(p.conn)
			_, _ = p.conn.Write([]byte(reply))
			p.expect(0)
		}
	}
	tests := []struct {
		name   string
		script func(*peer)
		want   link.Reason
		says   string
	}{
		{
			"id in use", bootstrapped(systemMessage(326, "client id is already in use")),
			link.ClientIDInUse, "326 client id is already in use",
		},
		{"port moved", bootstrapped(systemMessage(1300, "new port - 4003")), link.PortMoved, "4003"},
		{"another account", bootstrapped(accounts("U1234567"), nextID()), link.WrongAccount, "U***4567"},
		{"version too old", replies("\x00\x00\x00\x06" + "156\x00T\x00"), link.UnsupportedVersion, "156"},
		{"version too new", replies("\x00\x00\x00\x07" + "9999\x00T\x00"), link.UnsupportedVersion, "9999"},
		{
			"version above what was offered", replies("\x00\x00\x00\x06" + "226\x00T\x00"),
			link.UnsupportedVersion, "226",
		},
		{"no number", replies("\x00\x00\x00\x06" + "abc\x00T\x00"), link.BadHello, `"abc"`},
		{"one field", replies("\x00\x00\x00\x04" + "200\x00"), link.BadHello, "two NUL-terminated"},
		{"zero length", replies("\x00\x00\x00\x00"), link.BadHello, "length"},
		{"HTTP", replies("HTTP/1.1 400 Bad Request\r\n\r\n"), link.BadHello, "length"},
		{"malformed account list", func(p *peer) {
			p.greet(225)
			p.expect(wire.StartAPI)
			_, _ = p.conn.Write([]byte("\x00\x00\x00\x06\x00\x00\x00\xd7\x0a\x7f"))
			p.serve()
		}, link.Malformed, "managedAccounts"},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			_, ln := memToy(t, tt.script)
			cfg := memConfig(ln, nil)
			cfg.Account = "DU9000001"
			reason, err, took := reasonAndTime(t, cfg)
			if reason != tt.want {
				t.Fatalf("%v, want %s", err, tt.want)
			}
			if !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "U1234567") {
				t.Errorf("%v: want %q in it, and no live account", err, tt.says)
			}
			if took > link.DefaultCloseGrace {
				t.Errorf("took %s", took)
			}
		})
	}
}

// TestAccounts is which account a link takes, from which list.
func TestAccounts(t *testing.T) {
	tests := []struct {
		list, required, want string
		reason               link.Reason
	}{
		{"DU1", "", "DU1", ""},
		{"DU1,", "DU1", "DU1", ""},
		{"DU1,DU2,", "DU2", "DU2", ""},
		{"DU1,DU2", "", "", link.WrongAccount},
		{"DU1,DU2", "DU3", "", link.WrongAccount},
	}
	for _, tt := range tests {
		bubble(t, tt.list+" "+tt.required, func(t *testing.T) {
			_, ln := memToy(t, func(p *peer) {
				p.greet(225)
				p.expect(wire.StartAPI)
				p.send(accounts("")) // still logging in
				p.send(nextID())
				p.send(accounts(tt.list))
				p.serve()
			})
			cfg := memConfig(ln, nil)
			cfg.Account = tt.required
			l, err := link.Connect(t.Context(), cfg)
			if link.ReasonOf(err) != tt.reason {
				t.Fatal(err)
			}
			if err == nil {
				if l.Account() != tt.want {
					t.Errorf("account %s, want %s", l.Account(), tt.want)
				}
				closeLink(t, l)
			}
		})
	}
}

// TestADripStillConnects sends a healthy handshake one byte every 10 ms.
func TestADripStillConnects(t *testing.T) {
	for _, v := range versions {
		bubble(t, fmt.Sprint(v), func(t *testing.T) {
			hello, bootstrap := handshakeBytes(v)
			_, ln := memToy(t, func(p *peer) {
				_, _ = wire.ReadPreamble(p.conn)
				drip := func(b []byte) {
					for i := range b {
						<-time.After(10 * time.Millisecond)
						_, _ = p.conn.Write(b[i : i+1])
					}
				}
				drip(hello)
				_, _ = p.frames.Next()
				drip(bootstrap)
				p.version = v
				p.serve()
			})
			reason, err, took := reasonAndTime(t, memConfig(ln, nil))
			least := time.Duration(len(hello)+len(bootstrap)) * 10 * time.Millisecond
			if reason != "" || took < least {
				t.Errorf("%v after %s, want success after %s", err, took, least)
			}
		})
	}
}

// TestThePreambleIsWhole is that whatever listens gets a complete greeting, never a bare connection.
func TestThePreambleIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got bytes.Buffer
		_, ln := memToy(t, func(p *peer) {
			buf := make([]byte, 4096)
			n, _ := p.conn.Read(buf)
			got.Write(buf[:n])
			p.reset()
		})
		cfg := memConfig(ln, nil)
		cfg.Options, cfg.MaxServerVersion = "+PACEAPI", 200
		_, _, _ = reasonAndTime(t, cfg)
		synctest.Wait()
		want := "API\x00\x00\x00\x00\x12v157..200 +PACEAPI"
		if got.String() != want {
			t.Errorf("preamble %q, want %q", got.String(), want)
		}
	})
}

// TestABootstrapThatNeverEnds is bounded.
func TestABootstrapThatNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		order := wire.Message{Kind: wire.OrderStatus, Body: &pb.OrderStatus{OrderId: proto.Int32(1)}}
		_, ln := memToy(t, func(p *peer) {
			p.greet(225)
			p.expect(wire.StartAPI)
			for p.send(order) {
				continue
			}
		})
		reason, err, took := reasonAndTime(t, memConfig(ln, nil))
		if reason != link.Malformed || took != 0 {
			t.Errorf("%v after %s", err, took)
		}
	})
}

// TestBadConfig is refused before anything is dialed.
func TestBadConfig(t *testing.T) {
	for _, cfg := range []link.Config{
		{Addr: "localhost"},
		{Addr: "localhost:x"},
		{Addr: "localhost:70000"},
		{Addr: "localhost:1", ClientID: -1},
		{Addr: "localhost:1", MaxServerVersion: 100},
		{Addr: "localhost:1", MaxServerVersion: 226},
	} {
		if reason, err, _ := reasonAndTime(t, cfg); reason != link.BadConfig {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
