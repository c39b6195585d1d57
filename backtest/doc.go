// Package backtest runs the trader offline: its engine, strategies, sizing, limits and journal, as they are,
// against the fake Gateway's exchange, whose prices come from a file, in virtual time. It is the one
// program above both: the trader sees a trader.Broker and a trader.Clock, and cannot tell.
//
// One goroutine runs the cycles and, between two of them, the clock, which goes from the end of one bar to
// the end of the next, the exchange, and the market data. The trader's other goroutine takes events; each
// is handed to it alone, and the next step waits until it is in the journal. So a run depends on nothing
// but the file and the settings.
package backtest
