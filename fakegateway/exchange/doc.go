// Package exchange is the fake Gateway's truth: orders, fills, positions, accounts. It
// knows no wire, no sockets and no clients beyond their numbers; what a client is told about the
// books is somebody else's business, and may be a lie.
//
// Everything is deterministic: prices are a pure function of (seed, symbol, time), and the books
// are a function of the seed and of the calls made, each of which says what time it is. The
// exchange has no goroutine and no clock. Look inside with Exchange.Books, and ask the snapshot
// whether it adds up with Books.Check.
package exchange
