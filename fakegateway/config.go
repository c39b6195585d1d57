package fakegateway

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// DefaultServerVersion is what current Gateways report to clients that can speak it.
const DefaultServerVersion = 225

const (
	defaultAccount          = "DU9000001"
	defaultTranscriptFrames = 1 << 16
	defaultRefusalDelay     = 10 * time.Millisecond
)

// Config says what kind of Gateway to be. The zero value is a healthy one.
type Config struct {
	// MaxServerVersion is the highest version to negotiate, 157..226. 0: 225.
	MaxServerVersion int
	// Profile names one of Profiles. "": "healthy".
	Profile string
	// Schedule is tried before the profile's faults.
	Schedule fault.Schedule
	// Seed makes the market, and the noise of garbage faults.
	Seed uint64
	// Accounts are the login's. Empty: "DU9000001".
	Accounts []string
	Clock    Clock
	// TranscriptFrames is how many frames are kept in memory; older ones are dropped and counted.
	// 0: 65536.
	TranscriptFrames int
	// RecordDir gets transcript.jsonl while running and connections.json at Close. "": none.
	RecordDir string
	// RefusalDelay is the time between a refusal of START_API (326) and the FIN that follows.
	// 0: 10 ms; negative: none.
	RefusalDelay time.Duration
	// Relisten opens the port again after refuse and restart. nil: the same TCP address.
	Relisten func() (net.Listener, error)
	// Log gets what is unusual. nil: nothing is logged.
	Log *slog.Logger

	Semantics
}

// withDefaults fills in and checks everything that this package decides.
func (c Config) withDefaults() (Config, error) {
	if c.MaxServerVersion == 0 {
		c.MaxServerVersion = DefaultServerVersion
	}
	if c.Profile == "" {
		c.Profile = "healthy"
	}
	if len(c.Accounts) == 0 {
		c.Accounts = []string{defaultAccount}
	}
	if c.TranscriptFrames == 0 {
		c.TranscriptFrames = defaultTranscriptFrames
	}
	if c.RefusalDelay == 0 {
		c.RefusalDelay = defaultRefusalDelay
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c, c.validate()
}

func (c Config) validate() error {
	var errs []error
	if v := wire.Version(c.MaxServerVersion); v < wire.MinVersion || v > wire.MaxVersion {
		errs = append(errs, fmt.Errorf("MaxServerVersion %d: want %d..%d",
			c.MaxServerVersion, wire.MinVersion, wire.MaxVersion))
	}
	if _, err := profileNamed(c.Profile); err != nil {
		errs = append(errs, err)
	}
	if err := c.Schedule.Validate(); err != nil {
		errs = append(errs, err)
	}
	if c.Clock.Scale < 0 {
		errs = append(errs, fmt.Errorf("Clock.Scale %v: want above 0", c.Clock.Scale))
	}
	if c.TranscriptFrames < 0 {
		errs = append(errs, fmt.Errorf("TranscriptFrames %d: want 1 or more", c.TranscriptFrames))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("configure gateway: %w", err)
	}
	return nil
}
