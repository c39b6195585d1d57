package memnet

import (
	"net/netip"
	"sync/atomic"
)

// Network is what Addr.Network says.
const Network = "memnet"

const (
	firstPort = 1024
	portsSize = 1<<16 - firstPort
)

var (
	// The addresses are from TEST-NET-1 and TEST-NET-2 (RFC 5737): nothing real has them.
	listenerNet = netip.AddrFrom4([4]byte{192, 0, 2, 1})
	dialerNet   = netip.AddrFrom4([4]byte{198, 51, 100, 1})

	listeners, dialers atomic.Uint64
)

// Addr is one end of a connection, or a listener. Its String parses as a netip.AddrPort.
type Addr struct {
	Name string // of the listener, at both ends
	Port netip.AddrPort
}

// Network is "memnet".
func (a Addr) Network() string { return Network }

// String is the address and port, as a TCP address prints.
func (a Addr) String() string { return a.Port.String() }

// AddrPort is the same address as a value, as *net.TCPAddr has it.
func (a Addr) AddrPort() netip.AddrPort { return a.Port }

// listenerAddr takes a name of the form ADDRESS:PORT at its word and invents one otherwise.
func listenerAddr(name string) Addr {
	if port, err := netip.ParseAddrPort(name); err == nil {
		return Addr{Name: name, Port: port}
	}
	return Addr{Name: name, Port: numbered(listenerNet, listeners.Add(1)-1)}
}

// dialerAddr is new for every connection of the process, until 4 million have been made.
func dialerAddr(name string) Addr {
	return Addr{Name: name, Port: numbered(dialerNet, dialers.Add(1)-1)}
}

func numbered(base netip.Addr, n uint64) netip.AddrPort {
	bytes := base.As4()
	bytes[3] += byte(n / portsSize % 64)
	return netip.AddrPortFrom(netip.AddrFrom4(bytes), uint16(firstPort+n%portsSize))
}
