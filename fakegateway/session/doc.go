// Package session is what a client's connection means after its version reply: a client id, its
// requests and subscriptions. It asks the books (package exchange) and answers in wire's messages.
// Sockets, and what goes wrong with them, are the business of whoever gives it a Conn.
//
// Login is what all sessions of a Gateway share; Session is one of them. Each family of requests
// has a file of its name, which adds its handlers in an init (see serve).
//
// The gotcha: events of the exchange reach a session under the exchange's lock, in whatever
// goroutine moved it. The lock order is exchange, then session.
package session
