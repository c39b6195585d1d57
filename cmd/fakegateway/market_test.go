package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway"
)

func TestMarketFlags(t *testing.T) {
	if err := new(marketFlags).apply(new(fakegateway.Config)); err != nil {
		t.Errorf("no file: %v", err)
	}
	good := filepath.Join(t.TempDir(), "AAPL.csv")
	if err := os.WriteFile(good, []byte("time,price,size\n1709305200,180.01,100\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "AAPL.csv")
	if err := os.WriteFile(bad, []byte("time,price,size\n1709305200,cheap,100\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		flags marketFlags
		want  string
	}{
		{marketFlags{file: good, speed: 10, once: true, from: "2024-03-01T10:00:00-05:00"}, ""},
		{marketFlags{file: good, speed: 10_001}, "--market-speed 10001: want 1 to 10000"},
		{marketFlags{file: good, speed: 0}, "--market-speed 0: want 1 to 10000"},
		{marketFlags{file: good, speed: 1, from: "noon"}, `--market-from "noon": want a time like`},
		{marketFlags{file: bad, speed: 1}, bad + `:2:12: price "cheap": not a number`},
		{marketFlags{file: good + "x", speed: 1}, "no such file"},
	} {
		cfg := fakegateway.Config{Clock: fakegateway.Clock{Start: start}}
		err := tc.flags.apply(&cfg)
		switch {
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%+v: %v, want %s", tc.flags, err, tc.want)
		case tc.want == "" && err != nil:
			t.Errorf("%+v: %v", tc.flags, err)
		case tc.want == "" && (cfg.Replay.Speed != 10 || !cfg.Replay.Once || !cfg.Replay.Start.Equal(start)):
			t.Errorf("%+v: replay %+v", tc.flags, cfg.Replay)
		}
	}
}
