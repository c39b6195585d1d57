// Package fakegateway is an IB Gateway that can be told what to do: it serves real TWS API clients
// over any net.Listener and goes wrong exactly as a fault schedule says. Package session
// decides what is answered.
//
// Server is the Gateway; Start is its one-line form for tests. What happened is in three places:
// Connections (the ledger, one row a socket), Transcript (every frame, raw and decoded) and
// Receipts (what each fault really put on the wire). Wait and Watch follow them as events.
//
// It owns the Server and its settings, and must not know the harness or any trader. The rooms below it:
//
//	connection  one socket: reader, writer, the loop between them, its ending; what faults do there
//	listener    the port: accepting, startup and restart, operations on the whole Gateway
//	observe     what is remembered and shown: ledger, transcript, receipts, events
//	control     the same, and what can be done, over HTTP
//	fault       what goes wrong; an action is one entry in fault/action_*.go
//	hook        a program that is asked about every message
//	session     what requests mean; below it exchange, the books, and market, the prices
//	clock       the scenario's time; stage is how far up the Gateway is
//
// What is here: server (New, Serve, Close), config, port_settings and settings_file (every setting),
// profile (settings with a name), access (who may connect), drivers (books, schedule and delayed messages
// by the clock), daily, zombies, operations and by_hand (what is done to the Gateway), watch and observed
// (what is seen of it).
//
// The gotcha: a FIN fault half-closes and goes on reading, to time the client's own FIN, and
// answers later bytes as a closed socket would. So a row stays open until the client is done.
package fakegateway
