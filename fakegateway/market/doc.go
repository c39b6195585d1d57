// Package market owns the instruments that the fake Gateway's exchange trades, with their trading hours
// and prices. It must not know orders or clients: nobody can move a price.
//
// A price is a pure function of seed, instrument and time. So every client, every version and every
// platform sees the same market, and a price can be computed for every moment, also in the future.
// The package has no state, no clock and no goroutine.
//
// A curve gives one price of an instrument over time, in whole ticks. It divides each UTC day into
// parts, and these again into parts, down to steps of 1.25 seconds; of each part it knows the first,
// highest, lowest and last price. A path is the curve that the seed makes, in integer arithmetic. A
// file of prices can take its place. Quotes, and the prices of futures and options, are computed from
// the curve of their instrument or its underlying by functions that only rise or only fall. Therefore
// bars of all sizes, the tape, the quotes and the search for the moment at which a price is reached
// always agree.
//
// Market.Find finds instruments by what a client says of a contract, Market.Lookup by contract id.
// Contract ids are IBKR's where these are well known. All others are computed from the contract.
// What is listed is data: listings.csv and the lists of universe_*.go, and a Universe of contracts from a
// settings file.
package market
