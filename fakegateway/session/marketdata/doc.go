// Package marketdata is what a client's requests about the market as it is now mean: quotes, depth,
// ticks one by one, real-time bars, scans, the values of options; and which of them a login is
// subscribed to.
//
// It must not know orders and accounts.
package marketdata
