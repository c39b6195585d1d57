package sockets

import (
	"context"
	"net"
)

// Listen opens a port of a Gateway or of one who stands for it. It is net.Listen without Multipath TCP, which Go
// accepts unasked: the table has such a connection as one that stays established, whatever becomes of it.
func Listen(network, address string) (net.Listener, error) {
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	return plain.Listen(context.Background(), network, address)
}
