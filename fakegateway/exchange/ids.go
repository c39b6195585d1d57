package exchange

import "math/rand/v2"

// The streams of numbers that differ between seeds, as they do between real logins.
const (
	orderStream uint64 = iota + 1
	executionStream
)

// ids is where the ids of a stream begin.
func (x *Exchange) ids(stream uint64) uint64 { return rand.NewPCG(x.cfg.Seed, stream).Uint64() }
