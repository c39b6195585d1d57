package link_test

import (
	"io"
	"sync"
	"testing"

	"github.com/rs/zerolog"
	"github.com/scmhub/ibapi"

	"ibsoak/trader/link"
)

// quietOnce keeps IBKR's client from writing to stderr; its logger is a global.
var quietOnce sync.Once

func quiet() {
	quietOnce.Do(func() { ibapi.SetLogger(zerolog.New(io.Discard).Level(zerolog.Disabled)) })
}

// wrapper is a real EClient's callbacks, wired to the link as the link's documentation demands.
type wrapper struct {
	ibapi.Wrapper
	link *link.Link

	mu     sync.Mutex
	times  []int64
	errors []int64
	ids    []int64

	onTime  func(int64)
	onError func(code int64)
}

func (w *wrapper) Error(_, _, code int64, text, _ string) {
	if w.link != nil && w.link.Sentinel(code, text) {
		return
	}
	w.mu.Lock()
	w.errors = append(w.errors, code)
	w.mu.Unlock()
	if w.onError != nil {
		w.onError(code)
	}
}

func (w *wrapper) CurrentTime(at int64) {
	w.mu.Lock()
	w.times = append(w.times, at)
	w.mu.Unlock()
	if w.onTime != nil {
		w.onTime(at)
	}
}

func (w *wrapper) NextValidID(id int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids = append(w.ids, id)
}

func (w *wrapper) ManagedAccounts([]string) {}
func (w *wrapper) ConnectAck()              {}

func (w *wrapper) ConnectionClosed() {
	if w.link != nil {
		w.link.ClientClosed()
	}
}

// attach connects a link and a fresh EClient behind it.
func attach(t testing.TB, cfg link.Config, w *wrapper) (*link.Link, *ibapi.EClient) {
	t.Helper()
	quiet()
	l, err := link.Connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.link = l
	client := ibapi.NewEClient(w)
	if err := l.Attach(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	return l, client
}
