// Command gocrowd is many clients at once: each buys and sells without pause, with market orders
// that fill and limit orders that it cancels, until its standard input ends. Then each settles and
// prints, as a line of JSON, what it was told: the test compares that with the Gateway's books.
//
//	IB_HOST=127.0.0.1 IB_PORT=41234 CROWD_FIRST_ID=100 CROWD_CLIENTS=70 gocrowd
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"github.com/rs/zerolog"
	"github.com/scmhub/ibapi"
)

func main() {
	ibapi.SetLogLevel(int(zerolog.Disabled))
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(stdin io.Reader, stdout io.Writer) error {
	port, portErr := strconv.Atoi(os.Getenv("IB_PORT"))
	first, firstErr := strconv.ParseInt(os.Getenv("CROWD_FIRST_ID"), 10, 64)
	clients, clientsErr := strconv.ParseInt(os.Getenv("CROWD_CLIENTS"), 10, 64)
	if err := errors.Join(portErr, firstErr, clientsErr); err != nil {
		return fmt.Errorf("read IB_PORT, CROWD_FIRST_ID and CROWD_CLIENTS: %w", err)
	}
	stop := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		close(stop)
	}()
	var all sync.WaitGroup
	var mu sync.Mutex // guards out and failed
	out := json.NewEncoder(stdout)
	var failed error
	for id := first; id < first+clients; id++ {
		all.Go(func() {
			r, err := trade(os.Getenv("IB_HOST"), port, id, stop)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			if err == nil {
				failed = errors.Join(failed, out.Encode(r))
			}
		})
	}
	all.Wait()
	return failed
}
