package fakegateway

import (
	"errors"
	"fmt"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/internal/strictyaml"
)

// About says in words what a settings file is for.
type About struct {
	// Summary is what the Gateway does, in a sentence.
	Summary string `yaml:"summary"`
	// Wire is what a client sees.
	Wire string `yaml:"wire"`
}

// ParseConfig reads a settings file: one document in YAML or JSON with the keys of Config, of its
// PortSettings and Semantics, and the faults of a schedule. It is strict; its errors begin with the line and column
// in the file called name.
func ParseConfig(name string, data []byte) (Config, error) {
	var c Config
	if err := strictyaml.Decode(name, data, &c); err != nil {
		return Config{}, err
	}
	if err := placed(name, data, "$", c.problems()); err != nil {
		return Config{}, err
	}
	return c, nil
}

// Validate reports every value that is out of range; zero never is.
func (c Config) Validate() error { return errors.Join(c.problems()...) }

// ValidateIn is Validate with the places of the values in the file called name, where the settings
// stand under a path like "$.gateway.settings".
func (c Config) ValidateIn(name string, data []byte, under string) error {
	return placed(name, data, under, c.problems())
}

// wrong makes the error of a value that a setting cannot have.
func wrong(key, format string, args ...any) error {
	return &session.SettingError{Key: key, Text: fmt.Sprintf(format, args...)}
}

// placed gives errors the places of the values that they are about.
func placed(name string, data []byte, under string, problems []error) error {
	var lines []error
	for _, err := range flatten(problems) {
		place := name
		var setting *session.SettingError
		var planned *fault.Problem
		switch {
		case errors.As(err, &setting):
			place = strictyaml.Place(name, data, under+"."+setting.Key)
		case errors.As(err, &planned):
			path := fmt.Sprintf("%s.faults[%d].%s", under, planned.Fault, planned.Path)
			place = strictyaml.Place(name, data, path)
		}
		lines = append(lines, fmt.Errorf("%s: %w", place, err))
	}
	return errors.Join(lines...)
}

// flatten takes joined errors apart.
func flatten(problems []error) []error {
	var all []error
	for _, err := range problems {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			all = append(all, flatten(joined.Unwrap())...)
		} else if err != nil {
			all = append(all, err)
		}
	}
	return all
}
