// Package harness runs any trader against the fake Gateway under a scenario, records everything
// and judges the record: Scenario -> Run -> Record -> Judge -> Verdict -> report. It knows no
// trader and no scenario by name.
package harness

import (
	"time"

	"ibsoak/fakegateway/fault"
)

// Scenario is one claim about a trader, as data. It is also what a scenario file holds: the keys are
// those of its JSON form, and durations are written "30s".
type Scenario struct {
	Name    string `json:"name"`              // "consecutive-10"
	Summary string `json:"summary,omitempty"` // one sentence: what is claimed
	Why     string `json:"why,omitempty"`     // why these numbers provoke the defect
	// Labels are for ginkgo --label-filter and soak list: "short", "long", "zombies", …
	Labels []string `json:"labels,omitempty"`

	Gateway Gateway `json:"gateway,omitzero"`
	Subject Subject `json:"subject"`
	Checks  []Check `json:"checks"` // what is judged, each by a name of Detectors

	// Limit bounds the run in real time, from when the Gateway listens. What was seen until then is judged:
	// a run that reaches it is a failure or inconclusive.
	Limit time.Duration `json:"limit,omitempty"`
}

// Gateway is the sick or healthy Gateway of a scenario. At most one of Catalogue, SettingsFile and
// Settings is its base, which the other keys change.
type Gateway struct {
	// Catalogue is an entry of the catalogue of known ways to lose a Gateway: "F08b".
	Catalogue string `json:"catalogue,omitempty"`
	// SettingsFile is a settings file, relative to the scenario file.
	SettingsFile string `json:"settingsFile,omitempty"`
	// Settings are the keys of a settings file.
	Settings *Settings `json:"settings,omitempty"`
	// Market is a CSV file of bars, trades or quotes to trade in place of the seeded prices of the
	// symbols in it, relative to the scenario file.
	Market string `json:"market,omitempty"`
	// Profile is a name of fakegateway.Profiles; "" is the base's, else "healthy".
	Profile          string       `json:"profile,omitempty"`
	MaxServerVersion int          `json:"maxServerVersion,omitempty"` // 0 is the base's, else 225
	Faults           fault.Faults `json:"faults,omitempty"`           // in addition to the base's and the profile's
	// PlantedZombies are sockets in CLOSE_WAIT on the Gateway's port before the subject starts.
	PlantedZombies int `json:"plantedZombies,omitempty"`
	// PlantedLives is how many lives meet them; they are cleared before the next. 0: every life.
	PlantedLives int `json:"plantedLives,omitempty"`
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
	// Continuous: cycles this far apart, until Cycles have been seen at the Gateway or For is over. For counts from the
	// first cycle, and without one from the first connection.
	Interval time.Duration `json:"interval,omitempty"`
	Cycles   int           `json:"cycles,omitempty"`
	For      time.Duration `json:"for,omitempty"`
	// Symbols fill {symbols}, joined by commas (default AAPL).
	Symbols []string `json:"symbols,omitempty"`
	// KillAt ends each life with SIGKILL when the Gateway reaches this point on the life's
	// connection, in place of waiting for its exit. Same meaning as a fault's When.
	KillAt *fault.When `json:"killAt,omitempty"`
	// KillPoints are such points for lives in turn: the first for life 1, and the first again when
	// all were used. These lives are asked to go on until SIGTERM, so that a kill can find them
	// idle after a cycle; Interval is then the time between their cycles.
	KillPoints []fault.When `json:"killPoints,omitempty"`
	Args       []string     `json:"args,omitempty"` // more arguments for the bundled trader
	// LifeLimit bounds one life of Once in real time (default 30 s): then SIGTERM, then SIGKILL.
	LifeLimit time.Duration `json:"lifeLimit,omitempty"`
}

// Check asks one named detector for a finding. Zero parameters take the detector's default.
type Check struct {
	Name   string        `json:"name"`             // a name of Detectors
	Want   int           `json:"want,omitempty"`   // the count that the detector compares with
	Within time.Duration `json:"within,omitempty"` // the time that it allows, in real time
	Exits  []int         `json:"exits,omitempty"`  // allowed exit codes
	// Classes are the allowed exits by what they mean; Trader.Exits gives their codes. Where Exits
	// is set as well, its literal codes win.
	Classes []ExitClass `json:"classes,omitempty"`
	// ByFault are the classes allowed to a life that a fault met, in place of Classes, by the
	// fault's id. A key that ends in * takes all ids that begin like it, and the longest key wins.
	// PlantedFault is the id of planted zombies.
	ByFault map[string][]ExitClass `json:"byFault,omitempty"`
	// Evidence is the least evidence, when more than the detector's own is needed.
	Evidence int `json:"evidence,omitempty"`
	// Fault is the id of the fault that the check is about, for those that are about one.
	Fault string `json:"fault,omitempty"`
}
