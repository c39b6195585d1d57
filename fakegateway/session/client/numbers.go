package client

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/govalues/decimal"
	"google.golang.org/protobuf/proto"
)

// Num makes the pointer that a protobuf field wants.
func Num(n int) *int32 { return proto.Int32(int32(n)) }

// Whole writes a number of shares as protobuf and text messages carry it.
func Whole(n int64) string { return strconv.FormatInt(n, 10) }

// Float gives the double that the wire wants; our decimals are far from its limits.
func Float(d decimal.Decimal) *float64 {
	f, _ := d.Float64()
	return proto.Float64(f)
}

// PriceOf is the double of a price: decimals of at most 53 bits and 22 digits behind the point
// divide to the nearest one.
func PriceOf(d decimal.Decimal) float64 {
	f := float64(d.Coef()) / math.Pow10(d.Scale())
	if d.IsNeg() {
		return -f
	}
	return f
}

// Must is for sums of prices and balances, which the exchange bounds.
func Must(d decimal.Decimal, err error) decimal.Decimal {
	if err != nil {
		panic(fmt.Sprintf("session: amount out of range: %v", err))
	}
	return d
}

// SortedKeys makes the order of a map's messages the same in every run.
func SortedKeys[V any](m map[int]V) []int {
	if len(m) == 0 { // of most clients, at every wake-up
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}
