package harness

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/catalogue"
	"ibsoak/fakegateway/market"
	"ibsoak/internal/strictyaml"
)

// Settings is a settings file of the Gateway as a part of a scenario: the keys are those of
// fakegateway.Config. It is written without its zero values.
type Settings fakegateway.Config

// MarshalYAML writes the settings as the mapping that a settings file is.
func (s Settings) MarshalYAML() ([]byte, error) {
	type plain Settings // without this method
	return yaml.MarshalWithOptions(plain(s), yaml.OmitZero())
}

// MarshalJSON writes the same mapping.
func (s Settings) MarshalJSON() ([]byte, error) {
	text, err := s.MarshalYAML()
	if err != nil {
		return nil, err
	}
	return strictyaml.JSON(text)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (s *Settings) UnmarshalJSON(data []byte) error {
	return strictyaml.Decode("settings", data, (*fakegateway.Config)(s))
}

// Config is the Gateway that the scenario asks for: its settings, file or catalogue entry, with
// the scenario's own keys on top. The scenario's faults are tried before those of the base. It
// reads the files that the scenario names.
//
// What a run decides is left out: the address, the record's directory and the log, the clock and
// the seed unless the base sets them, and the planted zombies, which the harness plants itself.
func (g Gateway) Config() (fakegateway.Config, error) {
	c, err := g.base()
	if err != nil {
		return c, fmt.Errorf("gateway: %w", err)
	}
	if c.Schedule.Hook != "" { // the schedule beside a record must find it, from any directory
		if c.Schedule.Hook, err = filepath.Abs(c.Schedule.Hook); err != nil {
			return c, fmt.Errorf("gateway: %w", err)
		}
	}
	c.Profile = cmp.Or(g.Profile, c.Profile)
	c.MaxServerVersion = cmp.Or(g.MaxServerVersion, c.MaxServerVersion)
	c.PlantedZombies = 0
	c.Schedule.Faults = slices.Concat(g.Faults, c.Schedule.Faults)
	if g.Market != "" {
		if c.Replay, err = readMarket(g.Market); err != nil {
			return c, fmt.Errorf("gateway: %w", err)
		}
	}
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("gateway: %w", err)
	}
	return c, nil
}

// base is what the scenario's own keys change.
func (g Gateway) base() (fakegateway.Config, error) {
	given := 0
	for _, is := range []bool{g.Catalogue != "", g.SettingsFile != "", g.Settings != nil} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		return fakegateway.Config{}, errors.New(
			"catalogue, settings and settingsFile exclude each other: copy the entry and change the copy")
	case g.Catalogue != "":
		e, err := catalogue.Named(g.Catalogue)
		return e.Config, err
	case g.SettingsFile != "":
		text, err := os.ReadFile(g.SettingsFile)
		if err != nil {
			return fakegateway.Config{}, fmt.Errorf("read settings: %w", err)
		}
		c, err := fakegateway.ParseConfig(g.SettingsFile, text)
		if hook := c.Schedule.Hook; hook != "" && !filepath.IsAbs(hook) {
			c.Schedule.Hook = filepath.Join(filepath.Dir(g.SettingsFile), hook)
		}
		return c, err
	case g.Settings != nil:
		return fakegateway.Config(*g.Settings), nil
	}
	return fakegateway.Config{}, nil
}

func readMarket(name string) (*market.Replay, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read market: %w", err)
	}
	defer file.Close()
	replay, err := market.Load(name, file)
	if err != nil {
		return nil, fmt.Errorf("read market: %w", err)
	}
	return &replay, nil
}

// Resolve is the Gateway as a record keeps it, which needs no catalogue and no settings file: what
// they say is in Settings.
func (g Gateway) Resolve() (Gateway, error) {
	c, err := g.base()
	if err != nil {
		return g, fmt.Errorf("gateway: %w", err)
	}
	g.Profile = cmp.Or(g.Profile, c.Profile)
	g.PlantedZombies = cmp.Or(g.PlantedZombies, c.PlantedZombies)
	if g.Catalogue != "" || g.SettingsFile != "" {
		s := Settings(c)
		g.Catalogue, g.SettingsFile, g.Settings = "", "", &s
	}
	return g, nil
}

// InDirectory is the Gateway with its files as seen from a scenario file in dir.
func (g Gateway) InDirectory(dir string) Gateway {
	beside := func(name string) string {
		if name == "" || filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(dir, name)
	}
	g.SettingsFile, g.Market = beside(g.SettingsFile), beside(g.Market)
	if g.Settings != nil && g.Settings.Schedule.Hook != "" {
		s := *g.Settings
		s.Schedule.Hook = beside(s.Schedule.Hook)
		g.Settings = &s
	}
	return g
}
