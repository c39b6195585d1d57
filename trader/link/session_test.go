package link_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/internal/wire"
	"ibsoak/trader/link"
)

// messages collects what a client was delivered.
type messages struct {
	mu   sync.Mutex
	list []wire.Message
}

func (m *messages) add(msg wire.Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, msg)
}

// times counts the current times.
func (m *messages) times() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, msg := range m.list {
		if msg.Kind == wire.CurrentTime {
			n++
		}
	}
	return n
}

// TestEverythingReceivedIsDelivered sends many messages and then FIN, or RST, to a client whose
// callback takes 10 ms for each. All of them are decoded before the client goes down, and the
// Gateway's socket does not wait for that.
func TestEverythingReceivedIsDelivered(t *testing.T) {
	const flood = 250
	for _, when := range []string{"before the client attaches", "in the session"} {
		bubble(t, when, func(t *testing.T) {
			var got messages
			gatewaySaw := make(chan time.Duration, 1)
			client := &memClient{onMessage: func(m wire.Message) {
				<-time.After(10 * time.Millisecond)
				got.add(m)
			}}
			began := time.Now()
			l, _ := memSession(t, nil, client, func(p *peer) {
				p.ready(225)
				if when == "in the session" {
					p.expect(wire.ReqCurrentTime)
				}
				for i := range flood {
					p.send(currentTime(int64(i)))
				}
				_ = p.conn.(interface{ CloseWrite() error }).CloseWrite()
				p.expect(0)
				gatewaySaw <- time.Since(began)
			})
			if when == "in the session" {
				if _, err := l.Submit(t.Context(), client.reqCurrentTime); err != nil {
					t.Fatal(err)
				}
			}
			<-l.Done()
			if n := got.times(); n != flood {
				t.Errorf("%d of %d delivered", n, flood)
			}
			if reason := link.ReasonOf(l.Err()); reason != link.Closed {
				t.Errorf("ended for %q", reason)
			}
			if after := <-gatewaySaw; after != 0 {
				t.Errorf("our FIN came %s after the Gateway's", after)
			}
			client.wg.Wait()
		})
	}
}

// TestCloseDeliversWhatComesBeforeTheGatewaysFIN closes first. What the Gateway sends until it
// notices is still delivered.
func TestCloseDeliversWhatComesBeforeTheGatewaysFIN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got messages
		client := &memClient{onMessage: got.add}
		l, _ := memSession(t, nil, client, func(p *peer) {
			p.ready(225)
			p.expect(0)
			for i := range 50 {
				p.send(currentTime(int64(i)))
			}
			_ = p.conn.Close()
		})
		closeLink(t, l)
		if n := got.times(); n != 50 {
			t.Errorf("%d of 50 delivered", n)
		}
		if _, err := l.Submit(t.Context(), client.reqCurrentTime); link.ReasonOf(err) != link.LocalClose {
			t.Errorf("submit after the end: %v", err)
		}
	})
}

// TestCloseOfAGatewayThatNeverCloses takes the grace, then RST; four times the grace if it goes on
// sending.
func TestCloseOfAGatewayThatNeverCloses(t *testing.T) {
	const grace = link.DefaultCloseGrace
	for name, tt := range map[string]struct {
		frames int
		want   time.Duration
	}{"silent": {0, grace}, "says a little more": {10, 10*time.Millisecond + grace}, "talks for ever": {1e6, 4 * grace}} {
		bubble(t, name, func(t *testing.T) {
			gone := make(chan struct{})
			l, _ := memSession(t, nil, &memClient{}, func(p *peer) {
				p.ready(225)
				p.expect(0) // FIN
				for range tt.frames {
					<-time.After(time.Millisecond)
					if !p.send(currentTime(1)) {
						break
					}
				}
				_, _ = p.conn.Read(make([]byte, 1)) // EOF, which is nothing new
				for p.send(currentTime(1)) {        // until the RST
					<-time.After(time.Hour)
				}
				close(gone)
			})
			began := time.Now()
			closeLink(t, l)
			if took := time.Since(began); took != tt.want {
				t.Errorf("took %s, want %s", took, tt.want)
			}
			<-gone // the Gateway's socket is no longer held open
		})
	}
}

// TestLiveness is that a session lives by round trips.
func TestLiveness(t *testing.T) {
	const idle, timeout = link.DefaultLivenessIdle, link.DefaultLivenessTimeout
	bubble(t, "idle and answered", func(t *testing.T) {
		var got messages
		client := &memClient{onMessage: got.add}
		l, _ := memSession(t, nil, client, healthy(225))
		<-time.After(10*idle + time.Second)
		if n := l.Stats().Probes; n != 10 {
			t.Errorf("%d probes, want 10", n)
		}
		if n := got.times(); n != 0 {
			t.Errorf("%d answers to probes reached the client", n)
		}
		closeLink(t, l)
	})
	for name, script := range map[string]func(*peer){
		"mute":   func(p *peer) { p.ready(225); p.expect(0) },
		"frozen": func(p *peer) { p.ready(225); <-time.After(time.Hour) },
	} {
		bubble(t, name, func(t *testing.T) {
			began := time.Now()
			l, _ := memSession(t, nil, &memClient{}, script)
			<-l.Ending()
			if took := time.Since(began); link.ReasonOf(l.Err()) != link.Silent || took != idle+timeout {
				t.Errorf("%v after %s, want silent after %s", l.Err(), took, idle+timeout)
			}
			<-l.Done()
		})
	}
	bubble(t, "talks without listening", func(t *testing.T) {
		began := time.Now()
		l, _ := memSession(t, nil, &memClient{}, func(p *peer) {
			p.ready(225)
			for p.send(systemMessage(2104, "Market data farm connection is OK:usfarm")) {
				<-time.After(time.Second)
			}
		})
		<-l.Ending()
		if took := time.Since(began); link.ReasonOf(l.Err()) != link.Silent || took != 4*idle+timeout {
			t.Errorf("%v after %s", l.Err(), took)
		}
		<-l.Done()
	})
	bubble(t, "off", func(t *testing.T) {
		l, _ := memSession(t, func(c *link.Config) { c.LivenessIdle = -1 }, &memClient{},
			func(p *peer) { p.ready(225); p.expect(0); _ = p.conn.Close() })
		<-time.After(24 * time.Hour)
		if l.Err() != nil || l.Stats().Probes != 0 {
			t.Errorf("%v, %d probes", l.Err(), l.Stats().Probes)
		}
		closeLink(t, l)
	})
}

// TestTheClientsOwnQuestionsKeepTheirAnswers mixes the client's reqCurrentTime with a probe that is
// waiting: each gets its own answer, in order, and the probe's is not delivered.
func TestTheClientsOwnQuestionsKeepTheirAnswers(t *testing.T) {
	for _, v := range versions {
		bubble(t, fmt.Sprint(v), func(t *testing.T) {
			var got messages
			client := &memClient{onMessage: got.add}
			answered := make(chan struct{})
			l, _ := memSession(t, nil, client, func(p *peer) {
				p.ready(v)
				p.expect(wire.ReqCurrentTime) // the probe
				p.expect(wire.ReqCurrentTime) // the client's
				p.send(currentTime(1))
				p.send(currentTime(2))
				close(answered)
				p.serve()
			})
			<-time.After(link.DefaultLivenessIdle + time.Second)
			if _, err := l.Submit(t.Context(), client.reqCurrentTime); err != nil {
				t.Fatal(err)
			}
			<-answered
			synctest.Wait()
			got.mu.Lock()
			last := got.list[len(got.list)-1]
			got.mu.Unlock()
			if n := got.times(); n != 1 || last.Body.(interface{ GetCurrentTime() int64 }).GetCurrentTime() != 2 {
				t.Errorf("%d answers, the last %v", n, last)
			}
			closeLink(t, l)
		})
	}
}

// TestASessionEndsFor is each way in which a running session ends by the Gateway's doing.
func TestASessionEndsFor(t *testing.T) {
	tests := []struct {
		name string
		do   func(*peer)
		want link.Reason
		says string
	}{
		{"RST", (*peer).reset, link.Reset, ""},
		{"half a frame, then FIN", func(p *peer) {
			_, _ = p.conn.Write([]byte("\x00\x00\x00\x0a\x00\x00"))
			_ = p.conn.Close()
		}, link.Closed, "declared length 10"},
		{
			"garbage length", func(p *peer) { _, _ = p.conn.Write([]byte("\xff\xff\xff\xff")) },
			link.Malformed, "out of range",
		},
		{
			"no such id", func(p *peer) { _, _ = p.conn.Write([]byte("\x00\x00\x00\x02\x00\x00")) },
			link.Malformed, "too short",
		},
		{"malformed body", func(p *peer) {
			_, _ = p.conn.Write([]byte("\x00\x00\x00\x06\x00\x00\x00\xd1\x08\xff")) // cut varint
		}, link.Malformed, "nextValidId"},
		{"326, late", func(p *peer) { p.send(systemMessage(326, "in use")) }, link.ClientIDInUse, "in use"},
		{"1300", func(p *peer) { p.send(systemMessage(1300, "new port - 4003")) }, link.PortMoved, "4003"},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			var got messages
			client := &memClient{onMessage: got.add}
			l, _ := memSession(t, nil, client, func(p *peer) {
				p.ready(225)
				p.send(currentTime(1))
				tt.do(p)
				p.expect(0)
			})
			<-l.Done()
			if link.ReasonOf(l.Err()) != tt.want || !strings.Contains(l.Err().Error(), tt.says) {
				t.Errorf("%v, want %s", l.Err(), tt.want)
			}
			if got.times() != 1 {
				t.Error("the message before it was not delivered")
			}
			client.wg.Wait()
		})
	}
}

// TestUnknownKinds are withheld, unless asked for, and counted.
func TestUnknownKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var notes []string
		var got messages
		client := &memClient{onMessage: got.add}
		l, _ := memSession(t, func(c *link.Config) {
			c.Transcript = func(f link.Frame) {
				if f.Note != "" {
					notes = append(notes, f.Note)
				}
			}
		}, client, func(p *peer) {
			p.ready(225)
			_, _ = p.conn.Write([]byte("\x00\x00\x00\x05\x00\x00\x01\x8f\x08")) // protobuf id 199
			p.send(currentTime(1))
			p.serve()
		})
		synctest.Wait()
		if l.Stats().UnknownKinds != 1 || got.times() != 1 {
			t.Errorf("stats %+v, %d delivered after it", l.Stats(), got.times())
		}
		if !slices.Contains(notes, "unknown kind, not delivered") {
			t.Errorf("transcript notes %q", notes)
		}
		closeLink(t, l)
	})
}

// TestATextMessageIsRendered is an error message without its last fields, at a text version: IBKR's
// client would read past its end and go down.
func TestATextMessageIsRendered(t *testing.T) {
	g := startToy(t, func(p *peer) {
		p.ready(200)
		_, _ = p.conn.Write([]byte("\x00\x00\x00\x0f" + "4\x00-1\x002104\x00farm\x00"))
		p.expect(wire.ReqCurrentTime)
		p.send(currentTime(5))
		p.serve()
	})
	answered := make(chan struct{})
	w := &wrapper{onTime: func(int64) { close(answered) }}
	l, client := attach(t, link.Config{Addr: g.addr()}, w)
	if _, err := l.Submit(t.Context(), client.ReqCurrentTime); err != nil {
		t.Fatal(err)
	}
	within(t, "the answer behind it", answered)
	closeLink(t, l)
	if len(w.errors) != 2 {
		t.Errorf("errors %v", w.errors)
	}
}

// TestCloseBeforeAttach takes no time, and no client can attach after it.
func TestCloseBeforeAttach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, ln := memToy(t, healthy(225))
		_ = g
		l, err := link.Connect(t.Context(), memConfig(ln, nil))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		closeLink(t, l)
		if took := time.Since(began); took != 0 {
			t.Errorf("took %s", took)
		}
		if err := l.Attach(t.Context(), &memClient{}); link.ReasonOf(err) != link.LocalClose {
			t.Errorf("attach: %v", err)
		}
	})
}

// TestCloseCutShort gives up on a client whose callback never returns.
func TestCloseCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		client := &memClient{onMessage: func(wire.Message) { <-stuck }}
		l, _ := memSession(t, nil, client, healthy(225))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if err := l.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close: %v", err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %s", took)
		}
		close(stuck)
		client.wg.Wait()
	})
}

// TestGenerations rise over the links of a process.
func TestGenerations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last uint64
		for range 3 {
			_, ln := memToy(t, healthy(225))
			l, err := link.Connect(t.Context(), memConfig(ln, nil))
			if err != nil {
				t.Fatal(err)
			}
			if l.Generation() <= last {
				t.Errorf("generation %d after %d", l.Generation(), last)
			}
			last = l.Generation()
			closeLink(t, l)
		}
	})
}
