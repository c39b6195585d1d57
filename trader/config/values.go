package config

import (
	"fmt"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/govalues/decimal"
)

// Duration is a time.Duration that the file writes as the flags do: 30s, or a bare number of
// seconds.
type Duration struct{ time.Duration }

// UnmarshalYAML reads the node; its error carries the node's place.
func (d *Duration) UnmarshalYAML(n ast.Node) error {
	return scalar(n, func(text string) (err error) { d.Duration, err = parseInterval(text); return })
}

// Decimal is a decimal number, written plainly.
type Decimal struct{ decimal.Decimal }

// UnmarshalYAML reads the node; its error carries the node's place.
func (d *Decimal) UnmarshalYAML(n ast.Node) error {
	return scalar(n, func(text string) (err error) { d.Decimal, err = decimal.Parse(text); return })
}

func scalar(n ast.Node, parse func(text string) error) error {
	if n.Type() == ast.MappingType || n.Type() == ast.SequenceType {
		return &yaml.SyntaxError{Message: "want one value", Token: n.GetToken()}
	}
	text := n.GetToken().Value
	if err := parse(text); err != nil {
		return &yaml.SyntaxError{Message: fmt.Sprintf("%q: %v", text, err), Token: n.GetToken()}
	}
	return nil
}
