// Package fakegateway is an IB Gateway that can be told what to do: it serves real TWS API clients
// over any net.Listener and goes wrong exactly as a fault schedule says. It is the layer between
// package session, which decides what is answered, and the wire.
//
// Server is the Gateway; Start is its one-line form for tests. What happened is in three places:
// Connections (the ledger, one row a socket), Transcript (every frame, raw and decoded) and
// Receipts (what each fault really put on the wire). Wait and Watch follow them as events.
//
// The rooms, each with its main file and those of the same prefix:
//
//	server     New, Serve and Close; what all connections share
//	config     every setting: settings_file reads them, profile names some, port_settings say who
//	           may connect and how fast
//	port       the listener: opened, closed and moved by one goroutine; stage and wayup are how
//	           far up the Gateway is, daily and operate what is done to it, backlog a full queue
//	conn       one socket: reader, writer and the loop between them, which owns the session;
//	           opened past access and dialog, slowed by pacing and turn, ended in ending; settle
//	           waits for its predecessor
//	faults     what goes wrong in a connection, and its receipts; gate holds one of its goroutines
//	telling    what the client is told, where that is not what the session said
//	board      what is remembered and shown: ledger, transcript, record, watch
//	control    the same over HTTP
//	clock      the scenario's time; clockwork drives books and schedule by it
//	socket     what differs between platforms; probe where they have no event
//
// The gotcha: a FIN fault half-closes and goes on reading, to time the client's own FIN, and
// answers later bytes as a closed socket would. So a row stays open until the client is done.
package fakegateway
