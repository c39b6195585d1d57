package listener

import (
	"log/slog"
	"net"
	"net/netip"

	"ibsoak/fakegateway/clock"
	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/observe"
	"ibsoak/fakegateway/session"
	"ibsoak/fakegateway/stage"
)

// Gateway is what the port has of the Gateway that it belongs to.
type Gateway struct {
	Startup     fault.Downtime // how it comes up, and back when a restart does not say
	APIDisabled bool           // the port stays closed until operation enable-api
	Relisten    func() (net.Listener, error)
	Clock       clock.Running
	Board       *observe.Board
	Stage       *stage.Stages
	Login       *session.Login
	Dialogs     *connection.Dialogs
	Log         *slog.Logger
	Stop        <-chan struct{} // closed when the Gateway is closed
	Owner       Owner
}

// Owner is what the port asks of the Gateway as a whole. The port's goroutine calls it, and Admit the
// accept loop's.
type Owner interface {
	// Admit takes an accepted socket; planted is one that DialSelf has made.
	Admit(nc net.Conn, planted bool)
	// EndAll ends every connection as the exit of a process does, waits for the sessions, and returns how
	// many there were. Later connections belong to the next epoch.
	EndAll(fault.Hit) int
	// Open lists the connections that have not ended.
	Open() []*connection.Conn
	// Go runs f in a goroutine that the Gateway waits for when it is closed.
	Go(f func())
}

// SplitAddr is an address in two parts.
func SplitAddr(addr string) (host string, port int) {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return "", 0
	}
	return ap.Addr().String(), int(ap.Port())
}
