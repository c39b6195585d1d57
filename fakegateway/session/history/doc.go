// Package history is what a client's requests to IBKR's history service mean: bars, ticks, head
// timestamps, histograms, schedules, and the limits of how many may be asked for.
//
// It must not know live market data, nor orders.
package history
