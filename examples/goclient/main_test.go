package main

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"ibsoak/fakegateway"
)

// TestBuysAtMarket is all that it takes to test a client against a Gateway of one's own. The
// client runs as a process, for a client library's goroutines are its own affair.
func TestBuysAtMarket(t *testing.T) {
	gateway, err := fakegateway.Start(fakegateway.Config{
		Clock: fakegateway.Clock{Start: time.Date(2026, time.January, 5, 15, 0, 0, 0, time.UTC)},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Close()

	host, port := gateway.HostPort()
	// Without the race detector, whatever GOFLAGS says: Disconnect of the stock client races.
	client := exec.CommandContext(t.Context(), "go", "run", "-race=false", ".")
	client.Env = append(os.Environ(), "IB_HOST="+host, "IB_PORT="+strconv.Itoa(port), "IB_CLIENT_ID=7")
	if out, err := client.CombinedOutput(); err != nil {
		t.Fatalf("client: %v\n%s", err, out)
	}

	positions := gateway.Books().Positions
	if len(positions) != 1 || positions[0].Symbol != "AAPL" || positions[0].Quantity != 3 {
		t.Errorf("the books hold %+v, want 3 AAPL", positions)
	}
}
