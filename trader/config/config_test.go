package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/link"
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
capital: 5000
strategy:
  {name: hold, shares: 2.5, fast: 3, slow: 4, period: 5, low: 6, high: 7, entry: 8, exit: 9,
   sizing: {method: atr, risk: 0.02, period: 10, multiple: 3, fraction: 0.5}}
per_symbol:
  BRK B: {name: rsi, sizing: {method: fixed}}
order:
  type: LMT
  limit_offset: 0.01
  deadline: 5s
  absence_wait: 6s
  at_stop: cancel
  max_clock_skew: 9
  blind_after: 10
  max_bar_age: 7m
  max_decision_age: 11
  max_round_trip: 12
  calendar: 2027-01-09=closed
  quiet_windows: 01:00-02:00 Asia/Tokyo
  request_timeout: 8s
risk:
  max_order_notional: 1000
  max_position_notional: 2000.5
  max_orders_per_day: 6
  max_price_move: 0.5
  max_order_shares: 11
  max_day_notional: 12
  max_positions: 13
  max_orders_per_minute: 14
  max_daily_loss: 15
  max_drawdown: 16
  max_rejects: 17
  max_unexplained: 18
protect: {stop: 1.5atr, target: 2%, within: 11s}
status: {listen: "127.0.0.1:9", token_file: TOKEN}
alerts: {command: "true now", webhook: "https://h/secret", rate: 8, timeout: 9, after: 11}
log: {file: /tmp/x/log, format: json, max_size: 12, files: 13}
`

func TestFileSetsEveryKey(t *testing.T) {
	token := file(t, "0123456789abcdef\n")
	got, err := Load(file(t, strings.Replace(whole, "TOKEN", token, 1)), noEnv, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := func(s string) Decimal { return Decimal{decimal.MustParse(s)} }
	sec := func(n float64) Duration { return Duration{time.Duration(n * float64(time.Second))} }
	var holiday Calendar
	var quiet Quiet
	if err := errors.Join(holiday.Set("2027-01-09=closed"), quiet.Set("01:00-02:00 Asia/Tokyo")); err != nil {
		t.Fatal(err)
	}
	want := Config{
		Symbols: []string{"AAPL", "BRK B"}, Interval: sec(45), Account: "DU1", State: "/tmp/x",
		LogLevel: "debug", Gateway: Gateway{"", "gw", 7, 3, 200, sec(1), sec(2), sec(3)}, Zombies: Zombies{Fail, sec(0.007)},
		Reconnect: Reconnect{sec(2), sec(30), 4, 9},
		Capital:   d("5000"),
		Strategy: Strategy{
			"hold", d("2.5"), 3, 4, 5, d("6"), d("7"), 8, 9,
			Sizing{"atr", d("0.02"), 10, d("3"), d("0.5")},
		},
		Order: Order{
			Type: "LMT", LimitOffset: d("0.01"), Deadline: sec(5), AbsenceWait: sec(6), AtStop: "cancel", MaxSkew: sec(9), BlindAfter: sec(10),
			MaxBarAge: sec(7 * 60), MaxDecision: sec(11), MaxTrip: sec(12), Calendar: holiday, Quiet: quiet,
			Timeout: sec(8),
		},
		Risk: Risk{
			MaxOrderNotional: d("1000"), MaxPositionNotional: d("2000.5"), MaxOrdersPerDay: 6,
			MaxPriceMove: d("0.5"), MaxOrderShares: d("11"), MaxDayNotional: d("12"), MaxPositions: 13,
			MaxOrdersPerMinute: 14, MaxDailyLoss: d("15"), MaxDrawdown: d("16"), MaxRejects: 17,
			MaxUnexplained: d("18"),
		},
		Protect: Protect{"1.5atr", "2%", sec(11)},
		Status:  Status{"127.0.0.1:9", token},
		Alerts:  Alerts{"true now", "https://h/secret", 8, sec(9), sec(11)},
		Log:     Log{"/tmp/x/log", "json", 12, 13},
	}
	override, err := got.PerSymbol["BRK B"].over(got.Strategy)
	if err != nil || len(got.PerSymbol) != 1 || override.Name != "rsi" || override.Slow != 4 ||
		override.Sizing.Method != "fixed" || override.Sizing.Period != 10 {
		t.Errorf("per symbol: %+v, %v", override, err)
	}
	got.PerSymbol = nil
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

// TestTheStrongestSourceSaysWhereTheGatewayIs: a host or port beats an address of a weaker source, and
// "trader config" says the same as what is dialed.
func TestTheStrongestSourceSaysWhereTheGatewayIs(t *testing.T) {
	for _, c := range []struct {
		file  string
		env   map[string]string
		flags []Setting
		want  string
		shown [3]string // address, host and port, each with its source
	}{
		{
			"{address: 'gw:4001'}", nil,
			[]Setting{{"port", "4002"}},
			"127.0.0.1:4002",
			[3]string{" flag", "127.0.0.1 default", "4002 flag"},
		},
		{
			"{address: 'gw:4001', port: 7}", nil,
			[]Setting{{"host", "h"}},
			"h:7",
			[3]string{" flag", "h flag", "7 file"},
		},
		{
			"{address: 'gw:4001'}",
			map[string]string{"IB_PORT": "4002"},
			nil, "127.0.0.1:4002",
			[3]string{" environment IB_PORT", "127.0.0.1 default", "4002 environment IB_PORT"},
		},
		{
			"{host: f}",
			map[string]string{"IB_GATEWAY": "gw:4001"},
			[]Setting{{"port", "4002"}},
			"f:4002",
			[3]string{" flag", "f file", "4002 flag"},
		},
		{
			"{port: 4002}",
			map[string]string{"IB_GATEWAY": "gw:4001", "IB_PORT": "4002"},
			nil, "gw:4001",
			[3]string{"gw:4001 environment IB_GATEWAY", "gw environment IB_GATEWAY", "4001 environment IB_GATEWAY"},
		},
		{
			"{}",
			map[string]string{"IB_PORT": "4002"},
			[]Setting{{"port", "5"}, {"gateway", "unix:/k"}, {"host", "h"}},
			"unix:/k",
			[3]string{"unix:/k flag", " flag", " flag"},
		},
		{
			"{address: 'gw:4001', host: h}", nil,
			[]Setting{{"client-id", "7"}},
			"gw:4001",
			[3]string{"gw:4001 file", "gw file", "4001 file"},
		},
		{
			"{address: 'gw:4001'}",
			map[string]string{"IB_PORT": "4002"},
			[]Setting{{"gateway", "x:1"}},
			"x:1",
			[3]string{"x:1 flag", "x flag", "1 flag"},
		},
	} {
		name := file(t, "gateway: "+c.file+"\n")
		loaded, err := Load(name, env(c.env), c.flags)
		if err != nil || loaded.Gateway.Addr() != c.want {
			t.Errorf("%s, %v, %v: %s, %v; want %s", c.file, c.env, c.flags, loaded.Gateway.Addr(), err, c.want)
		}
		_, all, err := Explain(name, env(c.env), c.flags)
		if err != nil {
			t.Fatal(err)
		}
		shown := map[string]string{}
		for _, e := range all {
			shown[e.Key] = e.Value + " " + strings.TrimSuffix(e.Source, " "+name)
		}
		if got := [3]string{shown["gateway.address"], shown["gateway.host"], shown["gateway.port"]}; got != c.shown {
			t.Errorf("%s, %v, %v: shown %q, want %q", c.file, c.env, c.flags, got, c.shown)
		}
	}
}

// TestTheConnectorMayTakeWhatIsConfigured: the engine is told, or it would pass for stuck meanwhile.
func TestTheConnectorMayTakeWhatIsConfigured(t *testing.T) {
	c, err := Load("", noEnv, []Setting{
		{"symbols", "AAPL"},
		{"dial-timeout", "1m"},
		{"handshake-timeout", "2m"},
		{"ready-timeout", "3m"},
		{"zombie-limit", "4m"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if tc, err := c.Trader(); err != nil || tc.ConnectWithin != 10*time.Minute {
		t.Errorf("%s, %v, want 10m", tc.ConnectWithin, err)
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
		"per_symbol:\n  AAPL: {sizing: {riks: 1}}\n":       ":2:19: unknown key \"riks\": want method, risk,",
		"per_symbol:\n  AAPL: {low: much}\n":               ":2:15: ",
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
		"order-deadline": "0", "max-decision-age": "0", "max-round-trip": "0", "shares": "0", "symbols": "A,,B",
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

// TestALimitOffsetIsPartOfThePrice: 0 is the last close, and no other text for the default.
func TestALimitOffsetIsPartOfThePrice(t *testing.T) {
	for text, ok := range map[string]bool{"0": true, "0.999": true, "1": false, "-5": false, "-0.001": false} {
		c, err := Load(file(t, "symbols: [AAPL]\norder: {type: LMT, limit_offset: "+text+"}\n"), noEnv, nil)
		if err != nil {
			t.Fatal(err)
		}
		tc, err := c.Trader()
		if (err == nil) != ok || (err != nil && !strings.Contains(err.Error(), "limit offset "+text+" is not within")) {
			t.Errorf("%s: %v", text, err)
		}
		if err == nil && tc.LimitOffset.Cmp(decimal.MustParse(text)) != 0 {
			t.Errorf("%s becomes %s", text, tc.LimitOffset)
		}
	}
}

// TestARiskLimitOfZeroIsRefused: it would be the default, where a person may mean nothing at all.
func TestARiskLimitOfZeroIsRefused(t *testing.T) {
	c := Default()
	for _, o := range c.riskOptions() {
		key := strings.ReplaceAll(o.Flag, "-", "_")
		for name, load := range map[string]func() (Config, error){
			"flag": func() (Config, error) {
				return Load("", noEnv, []Setting{{"symbols", "AAPL"}, {o.Flag, "0"}})
			},
			"environment": func() (Config, error) {
				return Load("", env(map[string]string{o.Env: "-0"}), []Setting{{"symbols", "AAPL"}})
			},
			"file": func() (Config, error) {
				return Load(file(t, "symbols: [AAPL]\nrisk: {"+key+": 0}\n"), noEnv, nil)
			},
		} {
			loaded, err := load()
			if err != nil {
				t.Fatal(err)
			}
			want := o.Flag + " 0: leave it out for " + o.Default() + ", or give a negative number for no limit"
			if _, err := loaded.Trader(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s by %s: %v, want %q", o.Flag, name, err, want)
			}
		}
		off, err := Load("", noEnv, []Setting{{"symbols", "AAPL"}, {o.Flag, "-1"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := off.Trader(); err != nil || !strings.Contains(o.Usage, "negative is off") {
			t.Errorf("--%s -1, %q: %v", o.Flag, o.Usage, err)
		}
	}
}

// TestTheLimitsAreDocumented with their defaults.
func TestTheLimitsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/risk.md")
	if err != nil {
		t.Fatal(err)
	}
	c := Default()
	for _, o := range c.riskOptions() {
		if row := "| `--" + o.Flag + "` | " + o.Default() + " |"; !strings.Contains(string(page), row) {
			t.Errorf("docs/risk.md has no row %q", row)
		}
	}
	if want := fmt.Sprintf("the pace of %d messages a second", link.DefaultMessagesPerSecond); !strings.Contains(string(page), want) {
		t.Errorf("docs/risk.md does not say %q", want)
	}
	if want := "by default " + c.Order.Quiet.String() + " in\nNew York"; !strings.Contains(string(page), want) {
		t.Errorf("docs/risk.md does not say %q", want)
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

// TestDocumentedStrategies reads the example of docs/strategies.md.
func TestDocumentedStrategies(t *testing.T) {
	doc, err := os.ReadFile("../../docs/strategies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(doc), "```yaml\n")
	text, _, _ = strings.Cut(text, "```")
	c, err := Load(file(t, text), noEnv, []Setting{{"fast", "5"}})
	if err != nil {
		t.Fatal(err)
	}
	tc, err := c.Trader()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, symbol := range tc.Symbols {
		s := tc.PerSymbol[symbol]
		if s == nil {
			s = tc.Strategy
		}
		got[symbol] = s.Name()
	}
	want := map[string]string{"AAPL": "sma-cross", "MSFT": "donchian", "KO": "rsi"}
	if !reflect.DeepEqual(got, want) || !tc.PerSymbol["MSFT"].ByEquity() {
		t.Errorf("strategies %v, want %v", got, want)
	}
	if o, err := c.PerSymbol["KO"].over(c.Strategy); err != nil || o.Fast != 5 || o.Low.String() != "25" {
		t.Errorf("a flag did not reach the symbol's strategy: %+v, %v", o, err)
	}
}
