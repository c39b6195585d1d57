package fakegateway

import (
	"errors"
	"fmt"
	"log/slog"
	"net"

	"ibsoak/fakegateway/clock"
	"ibsoak/fakegateway/control"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/internal/wire"
)

// DefaultServerVersion is what current Gateways report to clients that can speak it.
const DefaultServerVersion = 225

const defaultTranscriptFrames = 1 << 16

// Config says what kind of Gateway to be. The zero value is a healthy one.
type Config struct {
	// About is for the people who read a settings file; GET /healthz shows it.
	About About `yaml:"about"`
	// MaxServerVersion is the highest version to negotiate, 157..226. 0: 225.
	MaxServerVersion int `yaml:"maxServerVersion"`
	// Profile names one of Profiles. "": "healthy".
	Profile string `yaml:"profile"`
	// Quirks are added to the profile's.
	Quirks Quirks `yaml:"quirks"`
	// Startup is how the Gateway comes up, in place of the profile's way. nil: the profile's.
	Startup *fault.Downtime `yaml:"startup"`
	// Daily is what the Gateway does at times of the day, beside the profile's.
	Daily []Daily `yaml:"daily"`
	// Schedule is tried before the profile's faults.
	Schedule fault.Schedule `yaml:",inline"`
	// PlantedZombies are made when the Gateway is up first, as PlantZombies does.
	PlantedZombies int `yaml:"plantedZombies"`
	// Seed makes the market, and the noise of garbage faults.
	Seed uint64 `yaml:"seed"`
	// Accounts are the login's. Empty: "DU9000001".
	Accounts []string `yaml:"accounts"`
	Clock    Clock    `yaml:"clock"`
	// TranscriptFrames is how many frames are kept in memory; older ones are dropped and counted.
	// 0: 65536.
	TranscriptFrames int `yaml:"transcriptFrames"`
	// RecordDir gets transcript.jsonl while running and connections.json at Close. "": none.
	RecordDir string `yaml:"-" json:"-"`
	// Relisten opens the port again after refuse and restart. nil: the same TCP address.
	Relisten func() (net.Listener, error) `yaml:"-" json:"-"`
	// Log gets what is unusual. nil: nothing is logged.
	Log *slog.Logger `yaml:"-" json:"-"`

	PortSettings      `yaml:",inline"`
	session.Semantics `yaml:",inline"`
}

// withDefaults fills in and checks everything that this package decides.
func (c Config) withDefaults() (Config, error) {
	if c.MaxServerVersion == 0 {
		c.MaxServerVersion = DefaultServerVersion
	}
	if c.Profile == "" {
		c.Profile = healthy
	}
	if c.TranscriptFrames == 0 {
		c.TranscriptFrames = defaultTranscriptFrames
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.PortSettings = c.resolved()
	login := c.login().WithDefaults()
	c.Accounts, c.Semantics = login.Accounts, login.Semantics
	if err := errors.Join(c.problems()...); err != nil {
		return c, fmt.Errorf("configure gateway: %w", err)
	}
	return c, nil
}

// problems are the values that are out of range; zero never is.
func (c Config) problems() []error {
	errs := append(c.login().Problems(), c.PortSettings.problems()...)
	bad := func(is bool, key, format string, args ...any) {
		if is {
			errs = append(errs, wrong(key, format, args...))
		}
	}
	v := wire.Version(c.MaxServerVersion)
	bad(v != 0 && (v < wire.MinVersion || v > wire.MaxVersion), "maxServerVersion",
		"%d: want %d..%d", v, wire.MinVersion, wire.MaxVersion)
	if _, err := profileNamed(c.Profile); err != nil {
		bad(true, "profile", "%v", err)
	}
	bad(!(c.Clock.Scale >= 0 && c.Clock.Scale <= clock.MaxScale), // NaN is neither
		"clock.scale", "%v: want above 0, and %v at the most", c.Clock.Scale, clock.MaxScale)
	bad(c.TranscriptFrames < 0, "transcriptFrames", "%d: want 1 or more", c.TranscriptFrames)
	bad(c.PlantedZombies < 0 || c.PlantedZombies > control.MaxZombies, "plantedZombies",
		"%d: want 0..%d", c.PlantedZombies, control.MaxZombies)
	for i, d := range c.Daily {
		if err := d.validate(); err != nil {
			bad(true, fmt.Sprintf("daily[%d]", i), "%v", err)
		}
	}
	if c.Startup != nil {
		bad(c.Startup.Refused < 0 || c.Startup.AcceptMute < 0 || c.Startup.VersionOnly < 0,
			"startup", "a phase lasts less than 0")
	}
	return append(errs, c.Schedule.Validate(), c.Quirks.validate())
}

// login is the part of the settings that the clients' sessions follow.
func (c Config) login() session.Config {
	return session.Config{
		Seed: c.Seed, Accounts: c.Accounts, Start: c.Clock.Start, Log: c.Log,
		Port: c.shown(), Semantics: c.Semantics,
	}
}
