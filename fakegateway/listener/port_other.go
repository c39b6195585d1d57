//go:build !unix

package listener

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// setBacklog is not possible on this platform; a healthy listener needs no change.
func setBacklog(_ syscall.Conn, n int) error {
	if n == kernelBacklog {
		return nil
	}
	return errors.New("this platform cannot change a listener's accept queue")
}

// reserve does nothing on this platform: while the port is closed, another process may take it.
func reserve(net.Addr) (io.Closer, error) { return nil, nil }
