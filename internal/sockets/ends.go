package sockets

import (
	"errors"
	"net/netip"
)

// ErrLost says that the kernel had more to tell of than was fetched.
var ErrLost = errors.New("ends of sockets were lost: they came faster than they were fetched")

// End is a TCP socket that has gone away.
type End struct {
	Local, Remote netip.AddrPort
	Cookie        uint64 // the kernel's number for this very socket
	// Received are the bytes that came in order, and Unread those of them that its owner had not
	// fetched when it closed. A FIN from the other end counts as one byte of both.
	Received, Unread int64
}
