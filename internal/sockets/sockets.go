// Package sockets reads the kernel's TCP table: by port, by exact connection, by state and by owner.
// It stands beside the harness and the trader and knows neither.
//
// On Linux it asks the kernel by sock_diag(7), which filters before it answers; where a kernel or a
// sandbox has none, it parses /proc/net/tcp. On macOS and Windows it asks gopsutil. Table.Source
// says which it was.
//
// The gotcha: "no such socket" and "could not look" are different results everywhere here. Whatever
// cannot be read is ErrUnknown, never an empty list, and a way of looking is trusted only after it
// has shown a socket that is known to be there.
package sockets

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
)

// ErrUnknown says that the table could not be read. It never means that there are no sockets.
var ErrUnknown = errors.New("state of the sockets is unknown")

// State is a TCP state by the Linux kernel's number (include/net/tcp_states.h). The names that
// systems print differ, the numbers do not.
type State uint8

// The eleven states of RFC 9293. StateClose is a socket whose connection is over and which is still
// held: only macOS shows such.
const (
	StateEstablished State = 1 + iota
	StateSynSent
	StateSynRecv
	StateFinWait1
	StateFinWait2
	StateTimeWait
	StateClose
	StateCloseWait
	StateLastAck
	StateListen
	StateClosing
)

var stateNames = [...]string{
	StateEstablished: "ESTABLISHED",
	StateSynSent:     "SYN_SENT",
	StateSynRecv:     "SYN_RECV",
	StateFinWait1:    "FIN_WAIT1",
	StateFinWait2:    "FIN_WAIT2",
	StateTimeWait:    "TIME_WAIT",
	StateClose:       "CLOSE",
	StateCloseWait:   "CLOSE_WAIT",
	StateLastAck:     "LAST_ACK",
	StateListen:      "LISTEN",
	StateClosing:     "CLOSING",
}

// String is the name that ss and netstat use on Linux, such as "CLOSE_WAIT".
func (s State) String() string {
	if !s.valid() {
		return "State(" + strconv.Itoa(int(s)) + ")"
	}
	return stateNames[s]
}

func (s State) valid() bool { return s >= StateEstablished && s <= StateClosing }

// Socket is one row of the table.
type Socket struct {
	Local, Remote netip.AddrPort // v4-mapped addresses appear as v4, and zones are left out
	State         State

	// Inode is the open file behind the socket: 0 when there is none, as in a listener's accept queue
	// and after the owner has closed. Only Linux has it.
	Inode uint64

	RecvQueueBytes, SendQueueBytes uint32 // for a listener the accept queue's length and its bound
	Cookie                         uint64 // the kernel's number for this very socket, 0 if not known
	PID                            int    // of a process that holds it; 0 on Linux: see Owns
}

// String is the row as one line of text.
func (s Socket) String() string {
	return fmt.Sprintf("%s %s -> %s inode %d", s.State, s.Local, s.Remote, s.Inode)
}

func compare(a, b Socket) int {
	return cmp.Or(
		a.Local.Compare(b.Local), a.Remote.Compare(b.Remote),
		cmp.Compare(a.State, b.State), cmp.Compare(a.Cookie, b.Cookie),
	)
}

// once sorts the rows and drops the repetitions that a table gives when it changes while it is read.
func once(rows []Socket) []Socket {
	slices.SortFunc(rows, compare)
	return slices.CompactFunc(rows, func(a, b Socket) bool {
		return a.Cookie != 0 && a.Cookie == b.Cookie
	})
}

// stateMask has bit s set for every State s, as the kernel wants it.
type stateMask uint32

const allStates stateMask = 1<<(StateClosing+1) - 1<<StateEstablished

func maskOf(states []State) (stateMask, error) {
	if len(states) == 0 {
		return allStates, nil
	}
	var mask stateMask
	for _, s := range states {
		if !s.valid() {
			return 0, fmt.Errorf("select sockets: %s is not a TCP state, use 1..%d", s, StateClosing)
		}
		mask |= 1 << s
	}
	return mask, nil
}

func (m stateMask) has(s State) bool { return m&(1<<s) != 0 }

// plain is addr without what the table does not keep apart.
func plain(addr netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(addr.Addr().Unmap().WithZone(""), addr.Port())
}
