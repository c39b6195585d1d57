// Package keeper is a session pooler between TWS API clients and a Gateway: it alone owns sockets to
// the Gateway, one session for each client id, and serves any client on loopback. A client that
// probes, hangs, never closes or is killed costs the Gateway nothing. Keeper accepts and finds the
// session, session is one connection to the Gateway with whoever is attached to it; what passes is
// decided in package pool. See docs/keeper.md and docs/decisions/0040.
package keeper
