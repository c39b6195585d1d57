package harness

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/catalogue"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/strictyaml"
)

// TestSettingsKeepTheirForm writes every entry of the catalogue as YAML and as JSON, as scenarios
// and records do, and reads it again.
func TestSettingsKeepTheirForm(t *testing.T) {
	for _, e := range catalogue.All() {
		want := Settings(e.Config)
		text, err := yaml.Marshal(&want)
		if err != nil {
			t.Fatal(err)
		}
		var got Settings
		if err := strictyaml.Decode(e.ID, text, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\n%s\n got %+v\nwant %+v", err, text, got, want)
		}
		text, err = json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got = Settings{}
		if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\n%s\n got %+v\nwant %+v", err, text, got, want)
		}
	}
}

func TestGatewayConfig(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("s.yaml", "profile: leaky\nfillLatency: 8m\nplantedZombies: 2\nfaults:\n- {use: end-withheld, with: {end: openOrderEnd}}\n")
	write("m.csv", "symbol,date,open,high,low,close,volume\nAAPL,2024-03-01 09:30:00,10,11,9,10,100\n")
	g := Gateway{
		SettingsFile: "s.yaml", Market: "m.csv", MaxServerVersion: 200,
		Faults: fault.Faults{{ID: "own", When: fault.When{Phase: fault.Accepted}, What: fault.What{Do: fault.RST}}},
	}.InDirectory(dir)
	c, err := g.Config()
	if err != nil {
		t.Fatal(err)
	}
	if c.Profile != "leaky" || c.FillLatency != 8*time.Minute || c.MaxServerVersion != 200 ||
		c.Replay == nil || len(c.Schedule.Faults) != 2 || c.Schedule.Faults[0].ID != "own" || c.PlantedZombies != 0 {
		t.Errorf("%+v", c)
	}
	kept, err := g.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(g.SettingsFile); err != nil { // the record must not need it
		t.Fatal(err)
	}
	again, err := kept.Config()
	if err != nil || kept.PlantedZombies != 2 || !reflect.DeepEqual(again.Schedule, c.Schedule) || again.FillLatency != c.FillLatency {
		t.Errorf("resolved: %v\n got %+v\nwant %+v", err, again, c)
	}
	for says, g := range map[string]Gateway{
		"exclude each other": {Catalogue: "F12", Settings: &Settings{}},
		"want one of F01a":   {Catalogue: "F99"},
		"read settings":      {SettingsFile: filepath.Join(dir, "none.yaml")},
		"read market":        {Market: filepath.Join(dir, "none.csv")},
		"want 157..226":      {Settings: &Settings{MaxServerVersion: 1}},
	} {
		if _, err := g.Config(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", g, err, says)
		}
	}
}

// TestRecordKeepsTheSettings runs a scenario on a catalogue entry: the record says what that was.
func TestRecordKeepsTheSettings(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Gateway: Gateway{Catalogue: "F11b"}, Subject: Subject{Mode: Once, Runs: 1}, Checks: checks("exit-codes"),
	}
	r, v := soaked(t, "work", s, Options{})
	wants(t, r, v, Pass)
	e, err := catalogue.Named("F11b")
	if err != nil {
		t.Fatal(err)
	}
	kept := r.Header.Scenario.Gateway
	if kept.Settings == nil || !reflect.DeepEqual(fakegateway.Config(*kept.Settings), e.Config) {
		t.Errorf("the record keeps %+v, want %+v", kept, e.Config)
	}
	var text bytes.Buffer
	if err := r.Write(&text); err != nil || !strings.Contains(text.String(), e.Config.Accounts[1]) {
		t.Errorf("%v: no account of the entry in the record", err)
	}
}
