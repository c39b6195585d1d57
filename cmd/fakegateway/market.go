package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/market"
)

// marketFlags are those of a file of prices in place of the seeded market.
type marketFlags struct {
	file, from string
	speed      int
	once       bool
}

func (m *marketFlags) flags(f *pflag.FlagSet) {
	f.StringVar(&m.file, "market", "", "CSV `FILE` of bars, trades or quotes to trade, in place of the "+
		"seeded prices of the symbols in it")
	f.IntVar(&m.speed, "market-speed", 1, "how many `TIMES` as fast as the clock the file runs, "+
		"1 to 10000")
	f.StringVar(&m.from, "market-from", "", "`TIME` in the file at which the Gateway starts, in RFC "+
		"3339; else its beginning")
	f.BoolVar(&m.once, "market-once", false, "end with the file; else it repeats, backwards too, so "+
		"that there is history")
}

// apply loads the file, which starts with the Gateway's clock.
func (m *marketFlags) apply(cfg *fakegateway.Config) error {
	if m.file == "" {
		return nil
	}
	if m.speed < 1 || m.speed > market.MaxSpeed {
		return usageError{fmt.Errorf("--market-speed %d: want 1 to %d", m.speed, market.MaxSpeed)}
	}
	file, err := os.Open(m.file)
	if err != nil {
		return usageError{fmt.Errorf("read market: %w", err)}
	}
	defer file.Close()
	replay, err := market.Load(m.file, file)
	if err != nil {
		return usageError{fmt.Errorf("read market: %w", err)}
	}
	if m.from != "" {
		if replay.From, err = time.Parse(time.RFC3339, m.from); err != nil {
			return usageError{fmt.Errorf("--market-from %q: want a time like "+
				"2024-03-01T09:30:00-05:00", m.from)}
		}
	}
	replay.Speed, replay.Once, replay.Start = m.speed, m.once, cfg.Clock.Start
	if replay.Start.IsZero() {
		replay.Start = time.Now()
	}
	cfg.Replay = &replay
	return nil
}
