package scenarios

import (
	"fmt"
	"time"

	"github.com/goccy/go-yaml"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

// document is a scenario as YAML writes it. It differs from harness.Scenario in names and in
// durations, which are written "30s", so that a number without a unit is an error.
type document struct {
	Name    string          `yaml:"name"`
	Summary string          `yaml:"summary"`
	Why     string          `yaml:"why,omitempty"`
	Labels  []string        `yaml:"labels,omitempty"`
	Gateway gatewayDocument `yaml:"gateway,omitempty"`
	Subject subjectDocument `yaml:"subject"`
	Checks  []checkDocument `yaml:"checks"`
	Limit   duration        `yaml:"limit"`
}

type gatewayDocument struct {
	Profile          string        `yaml:"profile,omitempty"`
	MaxServerVersion int           `yaml:"maxServerVersion,omitempty"`
	PlantedZombies   int           `yaml:"plantedZombies,omitempty"`
	PlantedLives     int           `yaml:"plantedLives,omitempty"`
	Faults           []fault.Fault `yaml:"faults,omitempty"`
}

type subjectDocument struct {
	Mode      harness.Mode `yaml:"mode"`
	Runs      int          `yaml:"runs,omitempty"`
	Interval  duration     `yaml:"interval,omitempty"`
	Cycles    int          `yaml:"cycles,omitempty"`
	For       duration     `yaml:"for,omitempty"`
	Symbols   []string     `yaml:"symbols,omitempty"`
	KillAt    *fault.When  `yaml:"killAt,omitempty"`
	Points    []fault.When `yaml:"killPoints,omitempty"`
	Args      []string     `yaml:"args,omitempty"`
	LifeLimit duration     `yaml:"lifeLimit,omitempty"`
}

type checkDocument struct {
	Name   string   `yaml:"name"`
	Want   int      `yaml:"want,omitempty"`
	Within duration `yaml:"within,omitempty"`
	Exits  []int    `yaml:"exits,omitempty,flow"`

	Classes []harness.ExitClass            `yaml:"classes,omitempty,flow"`
	ByFault map[string][]harness.ExitClass `yaml:"byFault,omitempty"`

	Evidence int `yaml:"evidence,omitempty"`
}

// Parse reads one scenario from YAML and validates it. The name is for errors, usually a file's.
// An unknown key, a value of the wrong kind or a duration without a unit is an error with its
// line and column, and with what is allowed there.
func Parse(name string, data []byte) (harness.Scenario, error) {
	var d document
	if err := yaml.UnmarshalWithOptions(data, &d, yaml.Strict()); err != nil {
		return harness.Scenario{}, located(name, err)
	}
	s := d.scenario()
	if err := Validate(s); err != nil {
		return harness.Scenario{}, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// Marshal writes a scenario as YAML that Parse reads back to an equal value.
func Marshal(s harness.Scenario) ([]byte, error) {
	data, err := yaml.MarshalWithOptions(documentOf(s), yaml.UseLiteralStyleIfMultiline(true))
	if err != nil {
		return nil, fmt.Errorf("marshal scenario %s: %w", s.Name, err)
	}
	return data, nil
}

func (d document) scenario() harness.Scenario {
	s := harness.Scenario{
		Name: d.Name, Summary: d.Summary, Why: d.Why, Labels: d.Labels,
		Gateway: harness.Gateway{
			Profile: d.Gateway.Profile, MaxServerVersion: d.Gateway.MaxServerVersion,
			PlantedZombies: d.Gateway.PlantedZombies, PlantedLives: d.Gateway.PlantedLives,
			Faults: d.Gateway.Faults,
		},
		Subject: harness.Subject{
			Mode: d.Subject.Mode, Runs: d.Subject.Runs,
			Interval: time.Duration(d.Subject.Interval), Cycles: d.Subject.Cycles,
			For: time.Duration(d.Subject.For), Symbols: d.Subject.Symbols, KillAt: d.Subject.KillAt, KillPoints: d.Subject.Points,
			Args: d.Subject.Args, LifeLimit: time.Duration(d.Subject.LifeLimit),
		},
		Limit: time.Duration(d.Limit),
	}
	for _, c := range d.Checks {
		s.Checks = append(s.Checks, harness.Check{
			Name: c.Name, Want: c.Want, Within: time.Duration(c.Within),
			Exits: c.Exits, Evidence: c.Evidence, Classes: c.Classes, ByFault: c.ByFault,
		})
	}
	return s
}

func documentOf(s harness.Scenario) document {
	d := document{
		Name: s.Name, Summary: s.Summary, Why: s.Why, Labels: s.Labels,
		Gateway: gatewayDocument{
			Profile: s.Gateway.Profile, MaxServerVersion: s.Gateway.MaxServerVersion,
			PlantedZombies: s.Gateway.PlantedZombies, PlantedLives: s.Gateway.PlantedLives,
			Faults: s.Gateway.Faults,
		},
		Subject: subjectDocument{
			Mode: s.Subject.Mode, Runs: s.Subject.Runs,
			Interval: duration(s.Subject.Interval), Cycles: s.Subject.Cycles,
			For: duration(s.Subject.For), Symbols: s.Subject.Symbols, KillAt: s.Subject.KillAt, Points: s.Subject.KillPoints,
			Args: s.Subject.Args, LifeLimit: duration(s.Subject.LifeLimit),
		},
		Limit: duration(s.Limit),
	}
	for _, c := range s.Checks {
		d.Checks = append(d.Checks, checkDocument{
			Name: c.Name, Want: c.Want, Within: duration(c.Within),
			Exits: c.Exits, Evidence: c.Evidence, Classes: c.Classes, ByFault: c.ByFault,
		})
	}
	return d
}
