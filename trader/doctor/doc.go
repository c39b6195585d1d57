// Package doctor examines a Gateway for the trader: whether anything listens, who holds the port, what is
// left on it, whether a handshake succeeds, and what the session can do. Each finding has its own sentence
// and what to do about it.
//
// It opens one connection, says hello properly, stays as long as a Gateway needs that crashes when it is
// left in a hurry, and leaves with a FIN. It places nothing and changes nothing.
package doctor
