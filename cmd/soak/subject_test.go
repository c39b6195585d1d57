package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/govalues/decimal"
	"github.com/spf13/cobra"

	"ibsoak/harness"
	"ibsoak/scenarios"
)

// TestPositionsOnTheLine holds what --expect-position and --max-position make of a file's positions.
func TestPositionsOnTheLine(t *testing.T) {
	shares := func(d *decimal.Decimal) string {
		if d == nil {
			return "-"
		}
		return d.String()
	}
	for _, c := range []struct {
		file string
		line []string
		want string // want, min and max of AAPL; or the end of the error
	}{
		{"want: 1, max: 1", nil, "1 - 1"},
		{"want: 1, max: 1", []string{"--max-position", "AAPL=2"}, "1 - 2"},
		{"want: 1, max: 1", []string{"--max-position", "AAPL=-2..3"}, "1 -2 3"},
		{"want: 1, min: -1, max: 1", []string{"--max-position", "AAPL=1"}, "1 - 1"},
		{"want: 1, max: 3", []string{"--expect-position", "AAPL=2"}, "2 0 3"},
		{"want: 1, max: 1", []string{"--expect-position", "AAPL=2"}, "2 - -"},
		{"want: 1, max: 1", []string{"--expect-position", "AAPL=-1"}, "-1 - -"},
		{"want: 1, max: 1", []string{"--expect-position", "AAPL=-1", "--max-position", "AAPL=2"}, "-1 - 2"},
		{"want: -1, max: 1", []string{"--expect-position", "AAPL=0"}, "0 -1 0"},
		{"want: 1, min: -1, max: 1", []string{"--expect-position", "AAPL=-1"}, "-1 -1 1"},
		{"max: 1", []string{"--expect-position", "AAPL=2"}, "2 - -"},
		{"max: 1", []string{"--expect-position", "NVDA=2"}, "- - 1"},
		{"want: 3", []string{"--max-position", "AAPL=1"}, "subject: positions: AAPL: want 3 lies beyond what may be held at any time"},
		{"want: 1", []string{"--max-position", "AAPL=1..2"}, "subject: positions: AAPL: min 1: want 0 or less, and max beside it"},
		{"want: 1", []string{"--max-position", "AAPL=-1.."}, `--max-position: "AAPL=-1..": want SYMBOL=SHARES, like AAPL=1`},
	} {
		base, err := scenarios.ParseTrader("trader.yaml", []byte("positions: [{symbol: AAPL, "+c.file+"}]"))
		if err != nil {
			t.Fatal(err)
		}
		var f subjectFlags
		cmd := &cobra.Command{}
		f.add(cmd)
		if err := cmd.ParseFlags(c.line); err != nil {
			t.Fatal(err)
		}
		said, err := f.described(base)
		at := slices.IndexFunc(said.Positions, func(p harness.WantedPosition) bool { return p.Symbol == "AAPL" })
		got := fmt.Sprint(err)
		if err == nil {
			p := said.Positions[at]
			got = fmt.Sprint(shares(p.Want), " ", shares(p.Min), " ", shares(p.Max))
		}
		if got != c.want {
			t.Errorf("{%s} and %v: %q, want %q", c.file, c.line, got, c.want)
		}
		if first := base.Positions[0]; first.Max != nil && c.file == "want: 1, max: 1" && first.Max.String() != "1" {
			t.Errorf("the file's own has changed: %+v", base.Positions)
		}
	}
}
