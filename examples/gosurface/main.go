// Command gosurface makes every request that the stock Go client can make, one after the other,
// and prints what came back: a line of JSON for each call. After each it asks for the time, so a
// call that breaks the stream or the connection is the one that says so.
//
//	IB_HOST=127.0.0.1 IB_PORT=41234 IB_CLIENT_ID=7 gosurface
//
// It is how a client's whole request surface is tried against a fake Gateway; surface_test.go in
// the folder above makes docs/clients/surface.md of it.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/rs/zerolog"
	"github.com/scmhub/ibapi"
)

const (
	// answerWithin is how long the first callback of a call may take.
	answerWithin = 10 * time.Second
	// connectWithin bounds Connect, which has no deadline of its own.
	connectWithin = 5 * time.Second
)

// Result is what became of one call.
type Result struct {
	Call string `json:"call"`
	// Outcome is "answered", "error", "silent" (nothing came, and nothing was due), "missing"
	// (something was due and did not come) or "broken" (the connection did not outlive the call).
	Outcome   string   `json:"outcome"`
	Callbacks []string `json:"callbacks,omitempty"` // in order of their first appearance
	Code      int      `json:"code,omitempty"`
	Text      string   `json:"text,omitempty"`
}

func main() {
	port, _ := strconv.Atoi(os.Getenv("IB_PORT"))
	clientID, _ := strconv.ParseInt(os.Getenv("IB_CLIENT_ID"), 10, 64)
	if err := run(os.Getenv("IB_HOST"), port, clientID, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(host string, port int, clientID int64, stdout io.Writer) error {
	heard := newEar()
	ibapi.SetLogLevel(int(zerolog.DebugLevel))
	ibapi.SetLogger(zerolog.New(heard))
	ib := ibapi.NewEClient(listener{ear: heard})
	connected := make(chan error, 1)
	go func() { connected <- ib.Connect(host, port, clientID) }()
	select {
	case err := <-connected:
		if err != nil {
			return fmt.Errorf("connect to %s port %d: %w", host, port, err)
		}
	case <-time.After(connectWithin):
		return fmt.Errorf("connect to %s port %d: no version reply in %s", host, port, connectWithin)
	}
	if _, ok := heard.until(answerWithin, "NextValidID"); !ok {
		return fmt.Errorf("await the next order id: none within %s", answerWithin)
	}
	out := json.NewEncoder(stdout)
	for _, c := range calls() {
		r := c.make(ib, heard)
		if err := out.Encode(r); err != nil {
			return err
		}
		if r.Outcome == broken {
			return fmt.Errorf("%s: the connection did not outlive the call", c.name)
		}
	}
	return ib.Disconnect()
}
