package cli

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ibsoak/internal/loopback"
)

// TestAsk goes by a name that this machine's servers let in, and takes no answer without an end.
func TestAsk(t *testing.T) {
	server := httptest.NewServer(loopback.Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Method + " " + r.URL.String()))
	})))
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	if code, said, err := ask(t.Context(), http.MethodPost, addr, "/a?id=1"); code != 200 || string(said) != "POST /a?id=1" || err != nil {
		t.Errorf("%d %s, %v", code, said, err)
	}
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	_, _, err = ask(t.Context(), http.MethodGet, nobody.Addr().String(), "/")
	if opErr, ok := errors.AsType[*net.OpError](err); !ok || opErr.Op != "dial" {
		t.Errorf("nobody: %v", err)
	}
}

func TestReadUpTo(t *testing.T) {
	if all, err := readUpTo(strings.NewReader("1234"), 4); string(all) != "1234" || err != nil {
		t.Errorf("as much as it may be: %q, %v", all, err)
	}
	if _, err := readUpTo(strings.NewReader("12345"), 4); err == nil || !strings.Contains(err.Error(), "more than 4 bytes") {
		t.Errorf("too much: %v", err)
	}
}
