package config

import (
	"reflect"
	"strings"
	"testing"
)

// TestEffectiveSaysWhereEachSettingComesFrom: every setting is listed once, none of them with a secret.
func TestEffectiveSaysWhereEachSettingComesFrom(t *testing.T) {
	name := file(t, "account: DU9000001\ngateway: {port: 4002}\nalerts: {webhook: 'https://u:pw@hooks.example/T0KEN?key=s', command: 'tell --token S3CRET'}\n")
	_, all, err := Explain(name, env(map[string]string{"IB_HOST": "gw", "TRADER_INTERVAL": "60"}),
		[]Setting{{"interval", "45"}, {"dry-run", "true"}, {"symbols", "AAPL,BRK B"}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Effective{}
	for _, e := range all {
		key := sourceKey(e.Key, e.Flag)
		if _, twice := got[key]; twice {
			t.Errorf("%s is listed twice", key)
		}
		got[key] = e
	}
	for key, want := range map[string]Effective{
		"account":              {"account", "account", "D***0001", "file " + name},
		"gateway.port":         {"gateway.port", "port", "4002", "file " + name}, // though it is the default's value
		"gateway.host":         {"gateway.host", "host", "gw", "environment IB_HOST"},
		"interval":             {"interval", "interval", "45s", "flag"},
		"symbols":              {"symbols", "symbols", "AAPL,BRK B", "flag"},
		"--dry-run":            {"", "dry-run", "true", "flag"},
		"--live":               {"", "live", "false", "default"},
		"alerts.webhook":       {"alerts.webhook", "alert-webhook", "https://hooks.example/***", "file " + name},
		"alerts.command":       {"alerts.command", "alert-command", "tell ***", "file " + name},
		"order.limit_offset":   {"order.limit_offset", "", "0.005", "default"},
		"reconnect.cap":        {"reconnect.cap", "", "0s", "default"},
		"order.blind_after":    {"order.blind_after", "blind-after", "5m0s", "default"},
		"risk.max_price_move":  {"risk.max_price_move", "max-price-move", "0.2", "default"},
		"status.token_file":    {"status.token_file", "status-token-file", "", "default"},
		"gateway.dial_timeout": {"gateway.dial_timeout", "dial-timeout", "5s", "default"},
	} {
		if !reflect.DeepEqual(got[key], want) {
			t.Errorf("%s: got %+v, want %+v", key, got[key], want)
		}
	}
	flags := map[string]bool{}
	for _, e := range all {
		flags[e.Flag] = true
	}
	for _, o := range Options() {
		if !flags[o.Flag] {
			t.Errorf("--%s is not listed", o.Flag)
		}
	}
}

// TestSeeingIsChecked before anything is dialled.
func TestSeeingIsChecked(t *testing.T) {
	short, long := file(t, "short\n"), file(t, strings.Repeat("k", 32)+"\n")
	for _, c := range []struct{ flag, value, flag2, value2, want string }{
		{"status-listen", "0.0.0.0:9184", "", "", "is not on loopback"},
		{"status-listen", ":9184", "", "", "is not on loopback"},
		{"status-listen", "9184", "", "", "want HOST:PORT"},
		{"status-listen", "127.0.0.1:9184", "", "", ""},
		{"status-listen", "[::1]:9184", "", "", ""},
		{"status-listen", "0.0.0.0:9184", "status-token-file", short, "16 at least"},
		{"status-listen", "0.0.0.0:9184", "status-token-file", long, ""},
		{"alert-command", "/no/such/program -x", "", "", "no such file"},
		{"alert-webhook", "ftp://h/x", "", "", "want http://"},
		{"log-format", "xml", "", "", "neither text nor json"},
		{"log-size", "0", "", "", "fills the disk"},
		{"alert-rate", "0", "", "", "below 1"},
	} {
		set := []Setting{{"symbols", "AAPL"}, {c.flag, c.value}}
		if c.flag2 != "" {
			set = append(set, Setting{c.flag2, c.value2})
		}
		loaded, err := Load("", noEnv, set)
		if err == nil {
			_, err = loaded.Trader()
		}
		if (c.want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("--%s %s: got %v, want %q", c.flag, c.value, err, c.want)
		}
	}
}

// TestPerSymbolIsShownAsItIsWritten: what is shown can be read again, and is shown alike.
func TestPerSymbolIsShownAsItIsWritten(t *testing.T) {
	for text, want := range map[string]string{
		"{}": "",
		"{BRK B: {sizing: {risk: 0.02, method: atr}, name: 'hold'}}": "{BRK B: {sizing: {method: atr, risk: 0.02}, name: hold}}",
		"\n  '1': null\n  A: {shares: 1.50}":                         `{"1": null, A: {shares: 1.5}}`,
	} {
		c, err := Load(file(t, "per_symbol: "+text+"\n"), noEnv, nil)
		if err != nil {
			t.Fatal(err)
		}
		shown := c.PerSymbol.String()
		if shown != want {
			t.Errorf("%s is shown as %s, want %s", text, shown, want)
		}
		again, err := Load(file(t, "per_symbol: "+shown+"\n"), noEnv, nil)
		if err != nil || again.PerSymbol.String() != shown {
			t.Errorf("%s is read as %s, %v", shown, again.PerSymbol, err)
		}
	}
}
