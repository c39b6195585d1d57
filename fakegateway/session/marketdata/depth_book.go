package marketdata

import (
	"iter"

	"ibsoak/fakegateway/market"
)

// bookChange is one step from an order book to the next.
type bookChange struct {
	row, operation int
	level          market.Level // what is inserted or updated, or was deleted
}

// bookChanges are the steps that make one side of a book into another, best row first. Applied in
// order, inserting and deleting rows as lists do, they give exactly that book, and no step makes it
// longer than the longer of the two: rows that are gone are deleted from the far end, then the new
// ones are inserted and the others updated from the near one.
func bookChanges(was, is []market.Level, bids bool) iter.Seq[bookChange] {
	return func(yield func(bookChange) bool) {
		stay := make([]market.Level, 0, len(was))
		for row, at := len(was)-1, len(is)-1; row >= 0; row-- {
			for at >= 0 && better(was[row], is[at], bids) {
				at--
			}
			if at >= 0 && was[row].Price.Equal(is[at].Price) {
				stay = append(stay, was[row])
				at--
				continue
			}
			if !yield(bookChange{row, deleteRow, was[row]}) {
				return
			}
		}
		for row, level := range is {
			if n := len(stay); n > 0 && stay[n-1].Price.Equal(level.Price) {
				known := stay[n-1]
				stay = stay[:n-1]
				if known != level && !yield(bookChange{row, updateRow, level}) {
					return
				}
				continue
			}
			if !yield(bookChange{row, insertRow, level}) {
				return
			}
		}
	}
}

// better reports whether a row belongs nearer to the top than another.
func better(a, b market.Level, bids bool) bool {
	if bids {
		return b.Price.Less(a.Price)
	}
	return a.Price.Less(b.Price)
}
