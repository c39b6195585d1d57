package main

import (
	"os"
	"strings"
	"testing"

	"ibsoak/internal/wire"
)

// The page in docs has a row for every message, and in none is a version that has the message
// unchecked: what is new in the codec must be checked, and the page made again.
func TestThePageHasEveryMessage(t *testing.T) {
	page, err := os.ReadFile("../../docs/conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string][]string)
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) > len(columns)+3 {
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows[cells[2]] = cells[3 : 3+len(columns)]
		}
	}
	for _, k := range wire.Kinds() {
		cells, ok := rows[k.String()]
		if !ok {
			t.Errorf("%s has no row", k)
			continue
		}
		for i, v := range columns {
			if exists := v >= wire.Since(k); exists == (cells[i] == "·") || cells[i] == "" {
				t.Errorf("%s at %d is %q", k, v, cells[i])
			}
		}
	}
}

func TestRanges(t *testing.T) {
	for want, sorted := range map[string][]int{
		"157–177 187": {157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 177, 187},
		"173":         {173},
		"1–2 4–5":     {1, 2, 4, 5},
	} {
		if got := ranges(sorted); got != want {
			t.Errorf("ranges(%v) = %q, want %q", sorted, got, want)
		}
	}
}
