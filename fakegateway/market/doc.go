// Package market is what the fake Gateway's exchange trades: instruments of every kind that clients
// of IBKR ask for, their sessions, and their prices. Prices are a pure function of (seed,
// instrument, time), so that every client, version and platform sees the same market, and any
// instant, past or to come, can be asked for. Nothing here has state, a clock, or a goroutine, and
// nothing knows of orders.
//
// A price is a curve: a tree of spans over each day, in whole ticks, that ends in steps of 1.25
// seconds. A path is the seeded curve, in integer arithmetic. The quotes around it, and the prices
// of futures and options that follow it, are functions of it that only rise or only fall for as
// long as they stay the same, so bars of all sizes, the tape, quotes, and the first time that a
// price is reached agree by construction. A file of prices is another curve in place of a path.
//
// Instruments are found with Market.Find, by what a client says of a contract, or with
// Market.Lookup, by contract id. Contract ids are IBKR's where those are well known, and computed
// from the contract elsewhere. What is listed is data: listings.csv and the lists of universe_*.go, and
// a Universe of contracts from a settings file.
package market
