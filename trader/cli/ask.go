package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"ibsoak/trader/link"
)

// Limits of a question to a program that runs.
const (
	askWithin = 5 * time.Second
	mostSaid  = 16 << 20 // bytes of its answer
)

// ask sends a request to what listens on addr, which is host:port or unix:PATH, and reads the answer. An error
// is one of the connection: a *net.OpError with Op "dial" says that nobody is there.
func ask(ctx context.Context, method, addr, path string) (code int, said []byte, err error) {
	network, name, host := "tcp", addr, addr
	if socket, ok := strings.CutPrefix(addr, link.UnixPrefix); ok {
		network, name, host = "unix", socket, "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, name)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+host+path, nil)
	if err != nil {
		return 0, nil, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }() // it was read as far as it is wanted
	if said, err = readUpTo(answer.Body, mostSaid); err != nil {
		err = fmt.Errorf("the answer to %s: %w", path, err)
	}
	return answer.StatusCode, said, err
}

// readUpTo reads all of from, and is an error when that is more than most bytes.
func readUpTo(from io.Reader, most int64) ([]byte, error) {
	all, err := io.ReadAll(io.LimitReader(from, most+1))
	if err == nil && int64(len(all)) > most {
		err = fmt.Errorf("it has more than %d bytes", most)
	}
	return all, err
}
