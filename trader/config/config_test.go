package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
)

func noEnv(string) (string, bool) { return "", false }

func env(pairs map[string]string) func(string) (string, bool) {
	return func(k string) (string, bool) { v, ok := pairs[k]; return v, ok }
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "trader.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const whole = `
symbols: [AAPL, BRK B]
interval: 45s
account: DU1
state: /tmp/x
log_level: debug
gateway: {host: gw, port: 7, client_id: 3, max_server_version: 200, dial_timeout: 1, handshake_timeout: 2, ready_timeout: 3}
zombies: {policy: fail, limit: 7ms}
reconnect: {base: 2s, cap: 30s, max: 4, seed: 9}
strategy: {name: hold, shares: 2.5, fast: 3, slow: 4}
order:
  type: LMT
  limit_offset: 0.01
  deadline: 5s
  absence_wait: 6s
  at_stop: cancel
  max_clock_skew: 9
  blind_after: 10
  max_bar_age: 7m
  request_timeout: 8s
risk:
  max_order_notional: 1000
  max_position_notional: 2000.5
  max_orders_per_day: 6
  max_price_move: 0.5
`

func TestFileSetsEveryKey(t *testing.T) {
	got, err := Load(file(t, whole), noEnv, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := func(s string) Decimal { return Decimal{decimal.MustParse(s)} }
	sec := func(n float64) Duration { return Duration{time.Duration(n * float64(time.Second))} }
	want := Config{
		Symbols: []string{"AAPL", "BRK B"}, Interval: sec(45), Account: "DU1", State: "/tmp/x",
		LogLevel: "debug", Gateway: Gateway{"", "gw", 7, 3, 200, sec(1), sec(2), sec(3)}, Zombies: Zombies{Fail, sec(0.007)},
		Reconnect: Reconnect{sec(2), sec(30), 4, 9},
		Strategy:  Strategy{"hold", d("2.5"), 3, 4},
		Order: Order{
			Type: "LMT", LimitOffset: d("0.01"), Deadline: sec(5), AbsenceWait: sec(6), AtStop: "cancel", MaxSkew: sec(9), BlindAfter: sec(10),
			MaxBarAge: sec(7 * 60), Timeout: sec(8),
		},
		Risk: Risk{d("1000"), d("2000.5"), 6, d("0.5")},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if _, err := got.Trader(); err != nil {
		t.Errorf("class shares have a blank: %v", err)
	}
}

func TestFlagsBeatEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	name := file(t, "gateway: {host: file, port: 1, client_id: 11}\ninterval: 1m\n")
	c, err := Load(name, env(map[string]string{"IB_HOST": "env", "IB_PORT": "2", "IB_CLIENT_ID": ""}),
		[]Setting{{"host", "flag"}})
	if err != nil {
		t.Fatal(err)
	}
	if g := c.Gateway; g.Host != "flag" || g.Port != 2 || g.ClientID != 11 || c.Interval.Duration != time.Minute {
		t.Errorf("got %+v, %s", c.Gateway, c.Interval)
	}
	if c.Strategy.Slow != 20 || c.LogLevel != "info" {
		t.Errorf("the file cleared defaults: %+v", c)
	}
}

// A file without keys leaves every default in force, the limits of risk among them.
func TestAFileWithoutKeysSetsNothing(t *testing.T) {
	want, err := Load("", noEnv, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "{}\n", "# nothing\n---\n", "risk:\n"} {
		got, err := Load(file(t, text), noEnv, nil)
		got.Reconnect.Seed = want.Reconnect.Seed // drawn anew each time
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v\n got %+v\nwant %+v", text, err, got, want)
		}
	}
}

func TestFileErrorsSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		"symbols: [AAPL]\nrisk:\n  max_order_notionl: 5\n": ":3:3: ",
		"symbols: [AAPL]\ninterval: soon\n":                ":2:11: ",
		"risk: {max_price_move: much}\n":                   ":1:24: ",
		"order:\n  deadline: [1]\n":                        ":2:13: ",
		"gateway: {port: many}\n":                          ":1:17: ",
		"symbols: [AAPL\n":                                 ":1:",
		"live: true\n":                                     ":1:1: ",
		"interval: 1s\ninterval: 2s\n":                     ":2:1: ",
		"interval: 1s\n---\ninterval: 2s\n":                "want one YAML document",
	} {
		_, err := Load(file(t, text), noEnv, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q gives %v, want one line with %q", text, err, want)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none"), noEnv, nil); err == nil {
		t.Error("a missing file was read")
	}
	if _, err := Load(file(t, strings.Repeat("# long\n", MaxFileBytes/7+1)), noEnv, nil); err == nil {
		t.Error("a file beyond the bound was read")
	}
	_, err := Load(file(t, "risk:\n  max_order_notionl: 5\n"), noEnv, nil)
	if err == nil || !strings.Contains(err.Error(), `unknown key "max_order_notionl": want max_order_notional,`) {
		t.Errorf("got %v, want the keys that there are", err)
	}
}

func TestBadValuesNameTheirSource(t *testing.T) {
	if _, err := Load("", env(map[string]string{"IB_PORT": "x"}), nil); err == nil ||
		!strings.Contains(err.Error(), "environment IB_PORT") {
		t.Errorf("environment: %v", err)
	}
	for _, o := range Options() {
		c, err := Load("", noEnv, []Setting{{"symbols", "AAPL"}, {o.Flag, "\x00"}})
		if err != nil {
			continue // refused at once
		}
		if _, err := c.Trader(); err == nil && !free[o.Flag] {
			t.Errorf("--%s takes rubbish", o.Flag)
		}
	}
}

// free are the settings whose text nobody can check before it is used.
var free = map[string]bool{"host": true, "account": true, "state": true, "order-type": true}

func TestValidation(t *testing.T) {
	for flag, value := range map[string]string{
		"port": "0", "gateway": "unix:", "client-id": "-1", "interval": "1ms", "on-zombies": "panic", "reconnect-base": "0",
		"live": "true", "log-level": "loud", "strategy": "astrology", "max-reconnects": "-1",
		"order-deadline": "0", "shares": "0", "symbols": "A,,B",
	} {
		flags := []Setting{{"symbols", "AAPL"}, {flag, value}}
		c, err := Load("", noEnv, flags)
		if err != nil {
			t.Errorf("--%s %s is not even read: %v", flag, value, err)
			continue
		}
		if _, err := c.Trader(); err == nil {
			t.Errorf("--%s %s is accepted", flag, value)
		}
	}
	c, err := Load("", noEnv, []Setting{{"symbols", "AAPL, NVDA"}, {"interval", "30"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Trader(); err != nil || got.Interval != 30*time.Second || len(got.Symbols) != 2 {
		t.Errorf("a good command line: %+v, %v", got, err)
	}
}

func TestStateDir(t *testing.T) {
	abs := t.TempDir()
	t.Setenv("XDG_STATE_HOME", abs)
	if dir, err := (Config{}).StateDir(); err != nil || dir != filepath.Join(abs, "ibsoak", "trader") {
		t.Errorf("with XDG_STATE_HOME: %q, %v", dir, err)
	}
	t.Setenv("XDG_STATE_HOME", "relative")
	t.Setenv("HOME", abs)
	if dir, err := (Config{}).StateDir(); err != nil || !strings.HasSuffix(dir, filepath.Join(".local", "state", "ibsoak", "trader")) {
		t.Errorf("without: %q, %v", dir, err)
	}
	if dir, _ := (Config{State: "x"}).StateDir(); dir != "x" {
		t.Errorf("given: %q", dir)
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30": 30 * time.Second, "0.5": 500 * time.Millisecond, "2m": 2 * time.Minute,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "1e99", "NaN", "Inf", "soon"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}
