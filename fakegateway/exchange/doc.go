// Package exchange owns the truth of the fake Gateway: orders, fills, positions and cash. It must not
// know the wire, sockets, or more of a client than its number. What a client is told about the books
// is decided elsewhere, and faults can make it false; the books stay true.
//
// The exchange is deterministic. Prices are a pure function of seed, instrument and time. The books are
// a function of the seed and of the calls that were made; every call says what time it is. The exchange
// has no goroutine and no clock.
//
// Exchange.Books returns a snapshot, and Books.Check reports whether it adds up.
package exchange
