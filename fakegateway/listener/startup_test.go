package listener

import (
	"log/slog"
	"net"
	"testing"
	"time"

	"ibsoak/fakegateway/clock"
	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/observe"
	"ibsoak/fakegateway/session"
	"ibsoak/fakegateway/stage"
)

// watcher is an owner that notes how far up the Gateway is while it ends the connections.
type watcher struct {
	stage  *stage.Stages
	during stage.Stage
}

func (w *watcher) EndAll(fault.Hit) int     { w.during = w.stage.Now(); return 0 }
func (w *watcher) Admit(net.Conn, bool)     {}
func (w *watcher) Open() []*connection.Conn { return nil }
func (w *watcher) Go(func())                {}

// A client that comes back as soon as its connection has ended must not be served by the login that is
// about to end: the restart may bring other accounts.
func TestARestartServesNobodyBeforeItsLogin(t *testing.T) {
	k := clock.Running{Began: time.Now(), Start: time.Date(2026, 3, 2, 15, 30, 0, 0, time.UTC), Scale: 1}
	login, err := session.NewLogin(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	board, err := observe.NewBoard(1, "", k)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	stages := stage.New(stage.Ready)
	owner := &watcher{stage: stages}
	p := New(Gateway{
		Clock: k, Board: board, Stage: stages, Login: login, Log: slog.New(slog.DiscardHandler), Owner: owner,
	}, ln)
	if _, err := p.Restart(fault.Hit{}); err != nil {
		t.Fatal(err)
	}
	if owner.during == stage.Ready {
		t.Error("the Gateway was ready while the restart ended its connections")
	}
	if got := stages.Now(); got != stage.Ready {
		t.Errorf("afterwards it is at %s, want %s", got, stage.Ready)
	}
}
