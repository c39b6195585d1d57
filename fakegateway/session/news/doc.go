// Package news is what providers have written about the market, and IBKR's bulletins.
//
// It must not know accounts and orders. Headlines as they are written are a tick of market data.
package news
