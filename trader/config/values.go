package config

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/govalues/decimal"

	"ibsoak/trader/market"
)

// Duration is a time.Duration that file and flags write alike: 30s, or a bare number of seconds.
type Duration struct{ time.Duration }

// Set reads the text.
func (d *Duration) Set(text string) error {
	v, err := parseDuration(text)
	d.Duration = v
	return err
}

// UnmarshalYAML reads the node; its error carries the node's place.
func (d *Duration) UnmarshalYAML(n ast.Node) error { return scalar(n, d.Set) }

func parseDuration(text string) (time.Duration, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return time.ParseDuration(text)
	}
	const most = 1e9 // seconds; ten times as many would overflow
	if math.IsNaN(n) || n < 0 || n > most {
		return 0, fmt.Errorf("%q seconds is out of range", text)
	}
	return time.Duration(n * float64(time.Second)), nil
}

// Decimal is a decimal number, written plainly.
type Decimal struct{ decimal.Decimal }

// Set reads the text.
func (d *Decimal) Set(text string) error {
	v, err := decimal.Parse(text)
	d.Decimal = v
	return err
}

// UnmarshalYAML reads the node; its error carries the node's place.
func (d *Decimal) UnmarshalYAML(n ast.Node) error { return scalar(n, d.Set) }

// Calendar is what a person knows of single days, as market.ParseCalendar reads it.
type Calendar struct{ market.Calendar }

// Set reads the text.
func (c *Calendar) Set(text string) (err error) {
	c.Calendar, err = market.ParseCalendar(text)
	return err
}

// UnmarshalYAML reads the node; its error carries the node's place.
func (c *Calendar) UnmarshalYAML(n ast.Node) error { return scalar(n, c.Set) }

// Quiet are times of day in which nothing new is sent, as market.ParseWindows reads them.
type Quiet struct{ market.Windows }

// Set reads the text.
func (q *Quiet) Set(text string) (err error) {
	q.Windows, err = market.ParseWindows(text)
	return err
}

// UnmarshalYAML reads the node; its error carries the node's place.
func (q *Quiet) UnmarshalYAML(n ast.Node) error { return scalar(n, q.Set) }

// defaultQuiet is market.DefaultWindows, which the tests of package market read.
func defaultQuiet() (q Quiet) {
	if err := q.Set(market.DefaultWindows); err != nil {
		panic(fmt.Sprintf("config: %v", err))
	}
	return q
}

func scalar(n ast.Node, set func(text string) error) error {
	if n.Type() == ast.MappingType || n.Type() == ast.SequenceType {
		return &yaml.SyntaxError{Message: "want one value", Token: n.GetToken()}
	}
	text := n.GetToken().Value
	if err := set(text); err != nil {
		return &yaml.SyntaxError{Message: fmt.Sprintf("%q: %v", text, err), Token: n.GetToken()}
	}
	return nil
}
