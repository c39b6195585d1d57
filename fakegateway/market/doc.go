// Package market is what the fake Gateway's exchange trades: instruments, their sessions and their
// prices. Prices are a pure function of (seed, instrument, time) in integer arithmetic, so that
// every client, version and platform sees the same market, and any instant, past or to come, can
// be asked for. Nothing here has state, a clock, or a goroutine, and nothing knows of orders.
package market
