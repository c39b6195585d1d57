// Package harness runs any trader against the fake Gateway under a scenario, records everything
// and judges the record: Scenario -> Run -> Record -> Judge -> Verdict -> report. It knows no
// trader and no scenario by name.
package harness

import (
	"time"

	"ibsoak/fakegateway/fault"
)

// Scenario is one claim about a trader, as data.
type Scenario struct {
	Name    string `json:"name"`              // "consecutive-10"
	Summary string `json:"summary,omitempty"` // one sentence: what is claimed
	Why     string `json:"why,omitempty"`     // why these numbers provoke the defect
	// Labels are for ginkgo --label-filter and soak list: "short", "long", "zombies", …
	Labels []string `json:"labels,omitempty"`

	Gateway Gateway `json:"gateway,omitzero"`
	Subject Subject `json:"subject"`
	Checks  []Check `json:"checks"` // what is judged, each by a name of Detectors

	// Limit bounds the whole run in real time; a run that reaches it is a harness error.
	Limit time.Duration `json:"limit,omitempty"`
}

// Gateway is the sick or healthy Gateway of a scenario.
type Gateway struct {
	// Profile is a name of fakegateway.Profiles; "" is "healthy".
	Profile          string        `json:"profile,omitempty"`
	Faults           []fault.Fault `json:"faults,omitempty"`           // in addition to the profile's
	MaxServerVersion int           `json:"maxServerVersion,omitempty"` // 0 is the fake's default, 225
	// PlantedZombies are sockets in CLOSE_WAIT on the Gateway's port before the subject starts.
	PlantedZombies int `json:"plantedZombies,omitempty"`
}

// Mode is how the subject is driven.
type Mode string

// The modes.
const (
	Once       Mode = "once"       // Runs lives one after the other, each expected to exit by itself
	Continuous Mode = "continuous" // one life, stopped by SIGTERM at the end
)

// Subject is how the trader under test is run, and what is known of it. Durations are at time
// scale 1, except the Trader's own, which nobody can scale from outside.
type Subject struct {
	Trader `yaml:",inline"`

	Mode Mode `json:"mode"`
	Runs int  `json:"runs,omitempty"` // Once: lives, one after the other
	// Continuous: cycles this far apart, until Cycles have been seen at the Gateway or For is over.
	Interval time.Duration `json:"interval,omitempty"`
	Cycles   int           `json:"cycles,omitempty"`
	For      time.Duration `json:"for,omitempty"`
	// Symbols fill {symbols}, joined by commas (default AAPL).
	Symbols []string `json:"symbols,omitempty"`
	// KillAt ends each life with SIGKILL when the Gateway reaches this point on the life's
	// connection, in place of waiting for its exit. Same meaning as a fault's When.
	KillAt *fault.When `json:"killAt,omitempty"`
	Args   []string    `json:"args,omitempty"` // more arguments for the bundled trader
	// LifeLimit bounds one life of Once in real time (default 30 s): then SIGTERM, then SIGKILL.
	LifeLimit time.Duration `json:"lifeLimit,omitempty"`
}

// Check asks one named detector for a finding. Zero parameters take the detector's default.
type Check struct {
	Name   string        `json:"name"`             // a name of Detectors
	Want   int           `json:"want,omitempty"`   // the count that the detector compares with
	Within time.Duration `json:"within,omitempty"` // the time that it allows, in real time
	Exits  []int         `json:"exits,omitempty"`  // allowed exit codes
	// Evidence is the least evidence, when more than the detector's own is needed.
	Evidence int `json:"evidence,omitempty"`
}
