package config

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"ibsoak/internal/strictyaml"
	"ibsoak/trader/strategy"
)

// PerSymbol has, by symbol as it is in Symbols, the keys of Strategy that differ for it.
type PerSymbol map[string]Override

// Override is a strategy's keys as the file has them. They are laid over the common strategy when that is
// known: flags and environment may still change it.
type Override struct{ keys ast.Node }

// UnmarshalYAML keeps the keys, and checks them.
func (o *Override) UnmarshalYAML(ctx context.Context, n ast.Node) error {
	o.keys = n
	s := Default().Strategy
	if err := strictyaml.NodeToValue(ctx, n, &s); err != nil {
		return &strictyaml.Placed{Err: strictyaml.Located(strictyaml.FileName(ctx), err, s)}
	}
	return nil
}

// String is what a file has, on one line.
func (p PerSymbol) String() string {
	said := make(yaml.MapSlice, 0, len(p))
	for _, symbol := range slices.Sorted(maps.Keys(p)) {
		item := yaml.MapItem{Key: symbol}
		if keys := p[symbol].keys; keys != nil {
			var all yaml.MapSlice
			if err := yaml.NodeToValue(keys, &all); err == nil { // which was done when it was read
				item.Value = all
			}
		}
		said = append(said, item)
	}
	if len(said) == 0 {
		return ""
	}
	text, _ := yaml.MarshalWithOptions(said, yaml.Flow(true)) // plain values
	return strings.TrimSpace(string(text))
}

func (o Override) over(s Strategy) (Strategy, error) {
	if o.keys == nil { // a symbol without keys
		return s, nil
	}
	err := yaml.NodeToValue(o.keys, &s)
	return s, err
}

func (p PerSymbol) strategies(common Strategy) (map[string]*strategy.Strategy, error) {
	made := make(map[string]*strategy.Strategy, len(p))
	for symbol, o := range p {
		s, err := o.over(common)
		if err == nil {
			made[symbol], err = s.make()
		}
		if err != nil {
			return nil, fmt.Errorf("per_symbol %s: %w", symbol, err)
		}
	}
	return made, nil
}

func (c *Config) strategyOptions() []Option {
	s, z := &c.Strategy, &c.Strategy.Sizing
	return []Option{
		{"strategy", "TRADER_STRATEGY", "NAME", "sma-cross, rsi, donchian, hold or alternate", (*text)(&s.Name)},
		{"shares", "TRADER_SHARES", "X", "to hold when long", &s.Shares},
		{"fast", "TRADER_FAST", "N", "bars in the fast average", (*number)(&s.Fast)},
		{"slow", "TRADER_SLOW", "N", "bars in the slow average", (*number)(&s.Slow)},
		{"rsi-period", "TRADER_RSI_PERIOD", "N", "bars in the relative strength", (*number)(&s.Period)},
		{"rsi-low", "TRADER_RSI_LOW", "X", "relative strength below which rsi buys", &s.Low},
		{"rsi-high", "TRADER_RSI_HIGH", "X", "relative strength above which it sells", &s.High},
		{"entry", "TRADER_ENTRY", "N", "bars whose high donchian buys above", (*number)(&s.Entry)},
		{"exit", "TRADER_EXIT", "N", "bars whose low it sells below", (*number)(&s.Exit)},
		{
			"sizing", "TRADER_SIZING", "METHOD",
			"fixed: --shares; atr: --size-risk of the equity is at risk; fraction: --size-fraction of it is bought",
			(*text)(&z.Method),
		},
		{"capital", "TRADER_CAPITAL", "X", "to trade with: equity is this and what was made of it", &c.Capital},
		{"size-risk", "TRADER_SIZE_RISK", "X", "part of the equity; 0.01 is 1 %", &z.Risk},
		{"size-atr", "TRADER_SIZE_ATR", "N", "bars in the average true range", (*number)(&z.Period)},
		{"size-multiple", "TRADER_SIZE_MULTIPLE", "X", "average true ranges that the risk is spread over", &z.Multiple},
		{"size-fraction", "TRADER_SIZE_FRACTION", "X", "part of the equity, at most 1", &z.Fraction},
	}
}
