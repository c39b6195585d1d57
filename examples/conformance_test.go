package examples_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway"
)

const (
	clientWithin  = 30 * time.Second
	installWithin = 3 * time.Minute
	clientID      = 7
)

// TestGoClient runs one of everything through the stock Go client in each form that the API has
// had: text, text without some fields, the last text, text after a raw id, the first protobuf
// versions, and today's.
func TestGoClient(t *testing.T) {
	client := filepath.Join(t.TempDir(), "goclient")
	// Without the race detector, whatever GOFLAGS says: Disconnect of the stock client races.
	build := exec.CommandContext(t.Context(), "go", "build", "-race=false", "-o", client, "./goclient")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, version := range []int{178, 193, 200, 208, 213, 225} {
		t.Run(strconv.Itoa(version), func(t *testing.T) {
			conforms(t, version, version, client)
		})
	}
}

// TestTypeScriptClient does the same through @stoqey/ib, whose newest version is 193: a Gateway
// that speaks more must fall back for it.
func TestTypeScriptClient(t *testing.T) {
	node := installTypeScript(t)
	for _, c := range []struct{ gateway, negotiated int }{{178, 178}, {193, 193}, {225, 193}} {
		t.Run(strconv.Itoa(c.gateway), func(t *testing.T) {
			conforms(t, c.gateway, c.negotiated, node, filepath.Join("typescript", "dist", "client.js"))
		})
	}
}

// installTypeScript gives the node to run the TypeScript client with, built first if need be.
func installTypeScript(t *testing.T) (node string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skipf("node is not installed: %v", err)
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skipf("npm is not installed: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), installWithin)
	defer cancel()
	command := []string{"ci"}
	if _, err := os.Stat(filepath.Join("typescript", "node_modules")); err == nil {
		command = []string{"run", "build"}
	}
	install := exec.CommandContext(ctx, npm, command...)
	install.Dir = "typescript"
	out, err := install.CombinedOutput()
	if err != nil && unreachable(string(out)) {
		t.Skipf("npm %s: no registry can be reached\n%s", command[0], out)
	}
	if err != nil {
		t.Fatalf("npm %s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return node
}

// unreachable reports whether npm failed for want of a network, by the error codes it prints.
func unreachable(npm string) bool {
	for _, code := range []string{"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "ETIMEDOUT"} {
		if strings.Contains(npm, code) {
			return true
		}
	}
	return false
}

// conforms runs a client against a Gateway of a server version and compares what the client says
// with what the Gateway's books and ledger say.
func conforms(t *testing.T, version, negotiated int, client ...string) {
	t.Helper()
	conformsBehind(t, directly, version, negotiated, client...)
}

// conformsBehind does it with something in front of the Gateway.
func conformsBehind(t *testing.T, f front, version, negotiated int, client ...string) {
	t.Helper()
	gateway, err := fakegateway.Start(fakegateway.Config{
		MaxServerVersion: version,
		Clock:            fakegateway.Clock{Start: time.Date(2026, time.January, 5, 15, 0, 0, 0, time.UTC)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := gateway.Close(); err != nil {
			t.Error(err)
		}
	})
	addr, over := f(t, gateway)
	lines := output(t, addr, client...)
	over()

	books := gateway.Books()
	if len(books.Orders) != 1 || len(books.Positions) != 1 || books.Positions[0].Quantity != 3 {
		t.Fatalf("the books hold orders %+v and positions %+v, want one order for 3 shares",
			books.Orders, books.Positions)
	}
	order, account := books.Orders[0], books.Accounts[0]
	paid, _ := account.Commissions.Float64()
	want := []string{
		fmt.Sprintf("connected serverVersion=%d accounts=%s nextValidId=%d",
			negotiated, account.ID, order.OrderID),
		"positions count=0",
		fmt.Sprintf("contract AAPL conId=%d", order.ConID),
		"bars count=", // how many there are depends on the clock
		fmt.Sprintf("filled orderId=%d shares=3 executions=%d", order.OrderID, len(books.Executions)),
		fmt.Sprintf("commission %.4f", paid),
		"disconnected",
	}
	if len(lines) != len(want) {
		t.Fatalf("got %d lines, want %d:\n%s", len(lines), len(want), strings.Join(lines, "\n"))
	}
	for i := range want {
		exact := !strings.HasSuffix(want[i], "=")
		if lines[i] != want[i] && (exact || !strings.HasPrefix(lines[i], want[i])) {
			t.Errorf("line %d\n got %s\nwant %s", i+1, lines[i], want[i])
		}
	}
	connectedOnce(t, gateway, negotiated)
}

// connectedOnce waits for the ledger to have seen the client's goodbye, then checks its one row.
func connectedOnce(t *testing.T, gateway *fakegateway.Server, negotiated int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clientWithin)
	defer cancel()
	err := gateway.Wait(ctx, "the client's goodbye", func(v *fakegateway.View) bool {
		made := v.Connections()
		return len(made) == 1 && !made[0].Closed.IsZero()
	})
	if err != nil {
		t.Fatal(err)
	}
	row := gateway.Connections()[0]
	if row.ServerVersion != negotiated || row.ClientID == nil || *row.ClientID != clientID {
		t.Errorf("the ledger has server version %d and client id %v, want %d and %d",
			row.ServerVersion, row.ClientID, negotiated, clientID)
	}
}

// front is where clients of a Gateway connect; over takes it away when they have left.
type front func(t *testing.T, gateway *fakegateway.Server) (addr string, over func())

// directly has nothing in front.
func directly(_ *testing.T, gateway *fakegateway.Server) (addr string, over func()) {
	return gateway.Addr(), func() {}
}

// output runs a client to its end and gives the lines that it printed.
func output(t *testing.T, addr string, client ...string) []string {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), clientWithin)
	defer cancel()
	run := exec.CommandContext(ctx, client[0], client[1:]...)
	run.Env = append(os.Environ(), "IB_HOST="+host, "IB_PORT="+port,
		"IB_CLIENT_ID="+strconv.Itoa(clientID))
	out, err := run.Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		t.Fatalf("client: %v\n%s%s", err, out, exit.Stderr)
	case err != nil:
		t.Fatalf("client: %v", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
