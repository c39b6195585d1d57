package sockets

import (
	"fmt"
	"net/netip"
)

// listed is a row as tools print it, with text for addresses and states.
type listed struct {
	localIP, remoteIP     string
	localPort, remotePort uint32
	v6                    bool
	state                 string
	pid                   int
}

// listedStates are the names that Windows and lsof on macOS have for the states, where they differ
// from Linux's. DELETE is a row that Windows is about to drop.
var listedStates = map[string]State{
	"CLOSED":       StateClose,
	"DELETE":       StateClose,
	"SYN_RCVD":     StateSynRecv,
	"SYN_RECEIVED": StateSynRecv,
	"FIN_WAIT_1":   StateFinWait1,
	"FIN_WAIT_2":   StateFinWait2,
}

func stateNamed(name string) (State, error) {
	if s, ok := listedStates[name]; ok {
		return s, nil
	}
	for s, known := range stateNames {
		if known == name && name != "" {
			return State(s), nil
		}
	}
	return 0, fmt.Errorf("socket in unknown state %q", name)
}

func (l listed) hasPort(port uint16) bool {
	return l.localPort == uint32(port) || l.remotePort == uint32(port)
}

func (l listed) socket() (Socket, error) {
	state, err := stateNamed(l.state)
	if err != nil {
		return Socket{}, err
	}
	local, err := l.addr(l.localIP, l.localPort)
	if err != nil {
		return Socket{}, err
	}
	remote, err := l.addr(l.remoteIP, l.remotePort)
	if err != nil {
		return Socket{}, err
	}
	return Socket{Local: local, Remote: remote, State: state, PID: l.pid}, nil
}

// addr takes "*" and nothing, which listeners have, for every address.
func (l listed) addr(ip string, port uint32) (netip.AddrPort, error) {
	if port > 65535 {
		return netip.AddrPort{}, fmt.Errorf("port %d of a socket is out of range", port)
	}
	every := netip.IPv4Unspecified()
	if l.v6 {
		every = netip.IPv6Unspecified()
	}
	if ip == "" || ip == "*" {
		return netip.AddrPortFrom(every, uint16(port)), nil
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("parse address of a socket: %w", err)
	}
	return plain(netip.AddrPortFrom(addr, uint16(port))), nil
}
