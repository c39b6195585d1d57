package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session"
)

var (
	crowdClients = flag.Int("crowd.clients", 24, "clients of TestCrowd, a third of each kind")
	crowdFor     = flag.Duration("crowd.for", 5*time.Second, "how long TestCrowd trades")
)

// settleWithin is how long a crowd may take to finish what it has begun.
const settleWithin = 2 * time.Minute

// report is what one member of a crowd was told in all.
type report struct {
	ClientID, Orders, Executions int
	Bought, Sold                 int64
	Commission                   float64
}

// TestCrowd lets many clients of three kinds trade at once: stock Go clients, @stoqey/ib, and raw
// ones. At the end what each was told is what the books say of it, the books add up to the cent,
// and the closed Gateway leaves no goroutine.
func TestCrowd(t *testing.T) {
	before := runtime.NumGoroutine()
	goCrowd := filepath.Join(t.TempDir(), "gocrowd")
	build := exec.CommandContext(t.Context(), "go", "build", "-race=false", "-o", goCrowd, "./gocrowd")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	node := installTypeScript(t)
	gateway, err := fakegateway.Start(fakegateway.Config{
		MaxServerVersion: 225, TranscriptFrames: 1000,
		PortSettings: fakegateway.PortSettings{MaxClients: -1},
		Semantics:    session.Semantics{AllowShort: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	each := max(1, *crowdClients/3)
	kinds := []func() ([]report, error){
		func() ([]report, error) { return childCrowd(t, gateway, stop, 1000, each, goCrowd) },
		func() ([]report, error) {
			return childCrowd(t, gateway, stop, 2000, each, node, filepath.Join("typescript", "dist", "crowd.js"))
		},
		func() ([]report, error) { return rawCrowd(t, gateway, stop, 3000, each) },
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var reports []report
	for _, kind := range kinds {
		all.Go(func() {
			got, err := kind()
			mu.Lock()
			defer mu.Unlock()
			reports = append(reports, got...)
			if err != nil {
				t.Error(err)
			}
		})
	}
	tradeUntil(t, *crowdFor, func() { all.Wait() }, stop)
	if want := 3 * each; len(reports) != want {
		t.Errorf("%d of %d clients reported", len(reports), want)
	}
	auditCrowd(t, gateway.Books(), reports)
	if err := gateway.Close(); err != nil {
		t.Error(err)
	}
	noneLeft(t, before)
}

// tradeUntil ends the trading after d, or when all have ended by themselves.
func tradeUntil(t *testing.T, d time.Duration, wait func(), stop chan struct{}) {
	t.Helper()
	ended := make(chan struct{})
	go func() { wait(); close(ended) }()
	select {
	case <-time.After(d):
	case <-ended:
	}
	close(stop)
	select {
	case <-ended:
	case <-time.After(settleWithin):
		t.Fatalf("the crowd did not settle in %s", settleWithin)
	}
}

// auditCrowd compares what each client was told with what is true.
func auditCrowd(t *testing.T, books exchange.Books, reports []report) {
	t.Helper()
	if err := books.Check(); err != nil {
		t.Errorf("the books do not add up: %v", err)
	}
	type truth struct {
		executions   int
		bought, sold int64
		commission   decimal.Decimal
	}
	truths := make(map[int]truth)
	for _, e := range books.Executions {
		is := truths[e.ClientID]
		is.executions++
		if e.Action == exchange.Buy {
			is.bought += e.Shares
		} else {
			is.sold += e.Shares
		}
		sum, err := is.commission.Add(e.Commission)
		if err != nil {
			t.Fatal(err)
		}
		is.commission = sum
		truths[e.ClientID] = is
	}
	for _, r := range reports {
		is := truths[r.ClientID]
		told, err := decimal.NewFromFloat64(r.Commission)
		if err != nil {
			t.Fatal(err)
		}
		if r.Executions != is.executions || r.Bought != is.bought || r.Sold != is.sold ||
			!told.Round(6).Equal(is.commission.Round(6)) {
			t.Errorf("client %d was told %+v, the books have %+v", r.ClientID, r, is)
		}
	}
	t.Logf("%d clients, %d orders, %d executions", len(reports), len(books.Orders), len(books.Executions))
}

// noneLeft waits for the goroutines of the Gateway and of this test to be gone.
func noneLeft(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(clientWithin)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before,
				stacks[:runtime.Stack(stacks, true)])
		}
		runtime.Gosched()
	}
}

// childCrowd runs clients in a process of their own.
func childCrowd(
	t *testing.T, gateway *fakegateway.Server, stop <-chan struct{}, first, clients int, command ...string,
) ([]report, error) {
	ctx, cancel := context.WithTimeout(t.Context(), *crowdFor+settleWithin)
	defer cancel()
	child := exec.CommandContext(ctx, command[0], command[1:]...)
	host, port := gateway.HostPort()
	child.Env = append(os.Environ(), "IB_HOST="+host, "IB_PORT="+strconv.Itoa(port),
		"CROWD_FIRST_ID="+strconv.Itoa(first), "CROWD_CLIENTS="+strconv.Itoa(clients))
	stdin, err := child.StdinPipe()
	if err != nil {
		return nil, err
	}
	var stdout, stderr bytes.Buffer
	child.Stdout, child.Stderr = &stdout, &stderr
	if err := child.Start(); err != nil {
		return nil, err
	}
	exited := make(chan error, 1)
	go func() { exited <- child.Wait() }()
	select {
	case <-stop:
		if err := stdin.Close(); err != nil {
			return nil, err
		}
		err = <-exited
	case err = <-exited:
		err = fmt.Errorf("%s ended before it was told to: %w", command[0], err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, stderr.String())
	}
	var reports []report
	for lines := json.NewDecoder(&stdout); ; {
		var r report
		if err := lines.Decode(&r); err == io.EOF {
			return reports, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: read its report: %w", command[0], err)
		}
		reports = append(reports, r)
	}
}
