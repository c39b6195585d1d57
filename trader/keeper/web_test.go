package keeper_test

import (
	"context"
	"net/http"
	"testing"

	"ibsoak/fakegateway"
	"ibsoak/trader/keeper"
)

// TestAWebPageCannotAskTheKeeper: one elsewhere whose name points here could begin captures and read them
// out through its visitor's browser.
func TestAWebPageCannotAskTheKeeper(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	listening, over := make(chan string, 1), make(chan error, 1)
	go func() { over <- r.k.Web(ctx, "127.0.0.1:0", func(addr string) { listening <- addr }) }()
	addr := <-listening
	for host, want := range map[string]int{
		addr: http.StatusConflict, "localhost": http.StatusConflict, // asked, and there is no session to capture
		"evil.example": http.StatusForbidden,
	} {
		for _, method := range []string{http.MethodPost, http.MethodDelete} {
			request, err := http.NewRequestWithContext(ctx, method, "http://"+addr+"/capture?id=1", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Host = host
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if answer.StatusCode != want {
				t.Errorf("%s from %s: %d, want %d", method, host, answer.StatusCode, want)
			}
		}
	}
	cancel()
	if err := <-over; err != nil {
		t.Error(err)
	}
}
