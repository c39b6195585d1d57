// Package subs knows which requests of the TWS API leave something behind at a Gateway, how each is
// cancelled, and which message ends the answer of the others. Table is that knowledge, one row a
// request; Tracker follows what one client has asked for. It knows no sockets and no clocks.
package subs
