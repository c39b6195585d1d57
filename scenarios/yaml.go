package scenarios

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"ibsoak/fakegateway"
	"ibsoak/harness"
	"ibsoak/internal/strictyaml"
)

// Parse reads one scenario from YAML, or JSON, which is YAML too, and validates it. The name is the
// file's, for errors and for the files that the scenario names. An unknown key, a value of the
// wrong kind or a duration without a unit is an error with its line and column, and with what is
// allowed there.
func Parse(name string, data []byte) (harness.Scenario, error) {
	var s harness.Scenario
	if err := strictyaml.Decode(name, data, &s); err != nil {
		return harness.Scenario{}, err
	}
	if s.Gateway.Settings != nil {
		c := fakegateway.Config(*s.Gateway.Settings)
		if err := c.ValidateIn(name, data, "$.gateway.settings"); err != nil {
			return harness.Scenario{}, err
		}
	}
	if err := emptyCommand(name, data, "$.subject.command", s.Subject.Command); err != nil {
		return harness.Scenario{}, err
	}
	s.Gateway = s.Gateway.InDirectory(filepath.Dir(name))
	if err := Validate(s); err != nil {
		return harness.Scenario{}, placed(name, data, "", err)
	}
	return s, nil
}

// emptyCommand refuses a command that is there and has no words: it must not become the bundled trader's.
func emptyCommand(name string, data []byte, path string, command []string) error {
	if len(command) > 0 || !strictyaml.Has(data, path) {
		return nil
	}
	return fmt.Errorf("%s: subject: command is empty: say what starts the trader, like [python3, trader.py], "+
		"or leave the key out", strictyaml.Place(name, data, path))
}

// placed gives every problem its place in the file, whose paths lack a beginning.
func placed(name string, data []byte, beginning string, err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		var p *harness.Problem
		if errors.As(err, &p) {
			path := "$." + strings.TrimPrefix(p.Path, beginning)
			return fmt.Errorf("%s: %w", strictyaml.Place(name, data, path), err)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	var lines []error
	for _, one := range joined.Unwrap() {
		lines = append(lines, placed(name, data, beginning, one))
	}
	return errors.Join(lines...)
}

// ParseFile reads what a scenario file holds: one scenario, or a list of them, as soak list --json
// writes it.
func ParseFile(name string, data []byte) ([]harness.Scenario, error) {
	root, err := strictyaml.Document(name, data)
	if err != nil {
		return nil, err
	}
	list, ok := root.(*ast.SequenceNode)
	if !ok {
		s, err := Parse(name, data)
		return []harness.Scenario{s}, err
	}
	if len(list.Values) == 0 {
		return nil, fmt.Errorf("%s: no scenario in the list", name)
	}
	var all []harness.Scenario
	for i, item := range list.Values {
		text, err := item.MarshalYAML()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		s, err := Parse(name, text)
		if err != nil {
			return nil, fmt.Errorf("scenario %d of the list: %w", i+1, err)
		}
		all = append(all, s)
	}
	return all, nil
}

// ParseTrader reads the description of a trader: the keys of a scenario's subject that are about
// the program and not about the run.
func ParseTrader(name string, data []byte) (harness.Trader, error) {
	var t harness.Trader
	if err := strictyaml.Decode(name, data, &t); err != nil {
		return t, err
	}
	if err := emptyCommand(name, data, "$.command", t.Command); err != nil {
		return t, err
	}
	if err := t.Validate(); err != nil {
		return t, placed(name, data, "subject.", err)
	}
	return t, nil
}

// Marshal writes a scenario as YAML that Parse reads back to an equal value.
func Marshal(s harness.Scenario) ([]byte, error) {
	data, err := yaml.MarshalWithOptions(s, yaml.UseLiteralStyleIfMultiline(true))
	if err != nil {
		return nil, fmt.Errorf("marshal scenario %s: %w", s.Name, err)
	}
	return data, nil
}

// MarshalJSON writes scenarios as a JSON list that ParseFile reads back to equal values.
func MarshalJSON(all []harness.Scenario) ([]byte, error) {
	data, err := yaml.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("marshal scenarios: %w", err)
	}
	if data, err = strictyaml.JSON(data); err != nil {
		return nil, fmt.Errorf("marshal scenarios: %w", err)
	}
	return data, nil
}
