package examples_test

import (
	"context"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"ibsoak/fakegateway"
	"ibsoak/trader/keeper"
)

// behindKeeper puts a keeper of sessions in front.
func behindKeeper(t *testing.T, gateway *fakegateway.Server) (addr string, over func()) {
	t.Helper()
	return startKeeper(t, keeper.Config{Listen: "127.0.0.1:0", Gateway: gateway.Addr(), State: t.TempDir()})
}

func startKeeper(t *testing.T, cfg keeper.Config) (addr string, over func()) {
	t.Helper()
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	k, err := keeper.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- k.Run(ctx) }()
	return k.Addr().String(), func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("keeper: %v", err)
		}
	}
}

// TestGoClientThroughKeeper wants of the stock Go client what TestGoClient wants.
func TestGoClientThroughKeeper(t *testing.T) {
	client := filepath.Join(t.TempDir(), "goclient")
	build := exec.CommandContext(t.Context(), "go", "build", "-race=false", "-o", client, "./goclient")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, version := range []int{178, 193, 200, 208, 213, 225} {
		t.Run(strconv.Itoa(version), func(t *testing.T) {
			conformsBehind(t, seeded(version), version, version, client)
		})
	}
}

// TestTypeScriptClientThroughKeeper wants of @stoqey/ib what TestTypeScriptClient wants.
func TestTypeScriptClientThroughKeeper(t *testing.T) {
	node := installTypeScript(t)
	for _, c := range []struct{ gateway, negotiated int }{{178, 178}, {193, 193}, {225, 193}} {
		t.Run(strconv.Itoa(c.gateway), func(t *testing.T) {
			conformsBehind(t, seeded(c.gateway), c.gateway, c.negotiated, node, filepath.Join("typescript", "dist", "client.js"))
		})
	}
}

// TestSurfaceThroughKeeper wants the page that TestSurface makes.
func TestSurfaceThroughKeeper(t *testing.T) {
	if *update {
		t.Skip("the page is made without a keeper")
	}
	compare(t, surfacePage, surfaces(t, behindKeeper))
}

// seeded is a keeper that knows the Gateway's version, as after its first client.
func seeded(version int) front {
	return func(t *testing.T, gateway *fakegateway.Server) (string, func()) {
		t.Helper()
		return startKeeper(t, keeper.Config{
			Listen: "127.0.0.1:0", Gateway: gateway.Addr(), State: t.TempDir(), ServerVersion: version,
		})
	}
}
