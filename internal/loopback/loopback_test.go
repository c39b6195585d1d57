package loopback

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// ask is the answer's code for a request with that Host header.
func ask(t *testing.T, h http.Handler, host string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// TestGuard lets this machine's names in and no other, with a port and without.
func TestGuard(t *testing.T) {
	h := Guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, mine := range map[string]bool{
		"127.0.0.1": true, "127.0.0.1:80": true, "127.9.9.9": true, "localhost": true, "LocalHost:80": true,
		"[::1]": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		"": false, ":80": false, "0.0.0.0:80": false, "[::]": false, "[::]:80": false, "192.0.2.1": false,
		"evil.example": false, "evil.example:80": false, "127.0.0.1.evil.example": false, "localhost.evil.example:80": false,
	} {
		if got := ask(t, h, host); (got == http.StatusOK) != mine {
			t.Errorf("%q: %d", host, got)
		}
	}
}

// TestAtMost refuses what comes while so many are served, and serves again after them.
func TestAtMost(t *testing.T) {
	var h http.Handler
	inner := 0
	h = AtMost(1, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if inner == 0 {
			inner = ask(t, h, "localhost")
		}
	}))
	if code := ask(t, h, "localhost"); code != http.StatusOK || inner != http.StatusServiceUnavailable {
		t.Errorf("answered %d, and %d meanwhile", code, inner)
	}
	if code := ask(t, h, "localhost"); code != http.StatusOK {
		t.Errorf("answered %d afterwards", code)
	}
}
