package marketdata

import (
	"slices"
	"testing"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"ibsoak/fakegateway/market"
)

// Steps between any two books give exactly the second, and never more rows than either has.
func TestBookChangesLeadFromAnyBookToAnyOther(t *testing.T) {
	side := func(t *rapid.T, label string) []market.Level {
		ticks := rapid.SliceOfNDistinct(rapid.Int64Range(1, 30), 0, 12, rapid.ID).Draw(t, label)
		slices.Sort(ticks)
		levels := make([]market.Level, len(ticks))
		for n, tick := range ticks {
			levels[n] = market.Level{
				Price: decimal.MustNew(tick, 2), Size: rapid.Int64Range(1, 3).Draw(t, label+" size"),
			}
		}
		return levels
	}
	rapid.Check(t, func(t *rapid.T) {
		was, is := side(t, "was"), side(t, "is")
		bids := rapid.Bool().Draw(t, "bids")
		if bids {
			slices.Reverse(was)
			slices.Reverse(is)
		}
		book := slices.Clone(was)
		for c := range bookChanges(was, is, bids) {
			switch c.operation {
			case insertRow:
				book = slices.Insert(book, c.row, c.level)
			case updateRow:
				book[c.row] = c.level
			case deleteRow:
				book = slices.Delete(book, c.row, c.row+1)
			}
			if len(book) > max(len(was), len(is)) {
				t.Fatalf("%d rows on the way from %d to %d", len(book), len(was), len(is))
			}
		}
		if !slices.Equal(book, is) {
			t.Fatalf("from %v\n got %v\nwant %v", was, book, is)
		}
	})
}
