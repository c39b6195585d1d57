package campaign_test

import (
	"slices"
	"strings"

	"ibsoak/trader/config"
)

// unlimited switches off every limit that the trader has: a campaign trades as no account should.
func unlimited() (args []string) {
	for _, o := range config.Options() {
		if strings.HasPrefix(o.Flag, "max-") && strings.Contains(o.Usage, "negative is off") {
			args = append(args, "--"+o.Flag, "-1")
		}
	}
	return args
}

// whereThere gives flags that the trader has, and leaves the others out.
func whereThere(flagsAndValues ...string) (args []string) {
	for pair := range slices.Chunk(flagsAndValues, 2) {
		if slices.ContainsFunc(config.Options(), func(o config.Option) bool { return o.Flag == pair[0] }) {
			args = append(args, "--"+pair[0], pair[1])
		}
	}
	return args
}

// fastClock are the bounds that a Gateway's clock breaks which runs a hundred times as fast as this host's.
func fastClock() []string {
	return append([]string{"--max-bar-age", "6h", "--max-clock-skew", "1000000h"},
		whereThere("max-decision-age", "10s", "max-round-trip", "10s")...)
}
