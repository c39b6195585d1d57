package link_test

import (
	"fmt"
	"testing"

	"ibsoak/internal/wire"
	"ibsoak/trader/link"
)

// versions are the server versions that differ in the shape of a frame: text, text after a raw id
// with protobuf for some messages, protobuf throughout.
var versions = []wire.Version{176, 200, 206, 225}

func TestASessionAtEveryWireForm(t *testing.T) {
	for _, v := range versions {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			g := startToy(t, healthy(v))
			answered := make(chan struct{})
			w := &wrapper{onTime: func(int64) { close(answered) }}
			l, client := attach(t, link.Config{Addr: g.addr(), ClientID: 7}, w)
			if got := l.ServerVersion(); got != int(v) {
				t.Errorf("server version %d, want %d", got, v)
			}
			if l.Account() != "DU9000001" || l.NextValidID() != 1 {
				t.Errorf("account %s, next id %d", l.Account(), l.NextValidID())
			}
			r, err := l.Submit(t.Context(), client.ReqCurrentTime)
			if err != nil {
				t.Fatal(err)
			}
			within(t, "the answer", answered)
			within(t, "the request's fate", r.Done())
			if r.Kind != wire.ReqCurrentTime || r.Fate() != link.Sent {
				t.Errorf("request %s %s: %v", r.Kind, r.Fate(), r.Err())
			}
			if err := l.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if got := link.ReasonOf(l.Err()); got != link.LocalClose {
				t.Errorf("ended for %q", got)
			}
			if len(w.ids) != 1 || len(w.errors) != 1 || w.errors[0] != 2104 {
				t.Errorf("client saw ids %v and errors %v, want the bootstrap once", w.ids, w.errors)
			}
			if g.accepted() != 1 {
				t.Errorf("%d connections", g.accepted())
			}
		})
	}
}
