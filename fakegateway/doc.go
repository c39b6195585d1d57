// Package fakegateway is an IB Gateway that can be told what to do: it serves real TWS API clients
// over any net.Listener and goes wrong exactly as a fault schedule says. It is the layer between
// the books (package exchange), which decide what is true, and the wire.
//
// Server is the Gateway; Start is its one-line form for tests. What happened is in three places:
// Connections (the ledger, one row a socket), Transcript (every frame, raw and decoded) and
// Receipts (what each fault really put on the wire). Wait and Watch follow them as events.
//
// The gotcha: a FIN fault half-closes and goes on reading, to time the client's own FIN, and
// answers later bytes as a closed socket would. So a row stays open until the client is done.
package fakegateway
