package config

import (
	"errors"

	"ibsoak/trader"
	"ibsoak/trader/protect"
)

// Protect says how positions are protected at the broker.
type Protect struct {
	Stop   string   `yaml:"stop"`
	Target string   `yaml:"target"`
	Within Duration `yaml:"within"`
}

// DefaultStop is far enough from the entry that only a disaster meets it: docs/decisions/0030 says why.
const DefaultStop = "5%"

func defaultProtect() Protect {
	return Protect{Stop: DefaultStop, Target: "off", Within: Duration{trader.DefaultProtectWithin}}
}

func (c *Config) protectOptions() []Option {
	p := &c.Protect
	return []Option{
		{
			"stop", "TRADER_STOP", "DISTANCE",
			"of each position, at the broker: off, 2%, 1.50, 1.5atr, trail:1% or trail:0.50", (*text)(&p.Stop),
		},
		{
			"target", "TRADER_TARGET", "DISTANCE", "of each position, beside its stop: off, 4%, 3.00 or 2atr",
			(*text)(&p.Target),
		},
		{
			"protect-within", "TRADER_PROTECT_WITHIN", "TIME",
			"that a position may be without its stop until it is closed", &p.Within,
		},
	}
}

// spec reads the texts.
func (p Protect) spec() (s protect.Spec, err error) {
	if s.Stop, err = protect.ParseStop(p.Stop); err != nil {
		return s, err
	}
	if s.Target, err = protect.ParseTarget(p.Target); err != nil {
		return s, err
	}
	if s.Target.On() && !s.On() {
		return s, errors.New("--target needs --stop: a position is protected by its stop first")
	}
	return s, nil
}
