// Package session is what a client's connection means after its version reply: a client id, its
// requests and subscriptions. It asks the books (package exchange) and answers in wire's messages.
// Sockets, and what goes wrong with them, are the business of whoever gives it a Conn.
//
// Every request is a row of the table in table.go, which names the package and the method that
// answers it:
//
//	orders      orders, executions
//	account     account values, positions, profits
//	marketdata  the market as it is now: quotes, depth, ticks, real-time bars, scans
//	history     bars, ticks and schedules of the past
//	reference   contracts, option chains, rules
//	news        headlines, articles, bulletins
//	advisor     whose accounts the login has
//	settings    the Gateway's configuration window
//	display     groups of linked windows
//
// In most of them a Login is what all clients share, and a Session is one client's part. Below them
// are client (where answers go), contract (what a client calls a contract) and feed (subscriptions).
// What is common stays here: client ids, the start of a session, the connection to IBKR's servers,
// the answers to what cannot be read. The tests of what is answered are here too: they ask through
// the table, as a client does.
//
// # Locks
//
// docs/concurrency.md has all locks and their order: the exchange's, then one client's (client.Client),
// then one of those that the clients of a login share.
//
// Events of the exchange reach a session under the exchange's lock, in whatever goroutine has moved
// it. Answers from the books are sent there too, so that no event can slip between an answer and what
// was read for it. Settings and advisors' groups have no lock: they are replaced as a whole. Requests
// that wait for the end of an outage belong to the connection's loop.
package session
