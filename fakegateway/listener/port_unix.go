//go:build unix

package listener

import (
	"fmt"
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// setBacklog calls listen(2) again on a live listener.
func setBacklog(ln syscall.Conn, n int) error {
	raw, err := ln.SyscallConn()
	if err != nil {
		return err
	}
	var listenErr error
	if err := raw.Control(func(fd uintptr) { listenErr = unix.Listen(int(fd), n) }); err != nil {
		return err
	}
	return listenErr
}

// reserved is a socket that is bound to a port and does not listen: dials are refused, and no
// other process gets the port.
type reserved int

// Close gives the port up.
func (r reserved) Close() error { return unix.Close(int(r)) }

// reserve binds addr without listening.
func reserve(addr net.Addr) (io.Closer, error) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return nil, nil // nobody can take an address in memory
	}
	family, sa := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{
		Port: tcp.Port, Addr: [16]byte(tcp.IP.To16()),
	})
	if ip := tcp.IP.To4(); ip != nil {
		family, sa = unix.AF_INET, &unix.SockaddrInet4{Port: tcp.Port, Addr: [4]byte(ip)}
	}
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, fmt.Errorf("make socket: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("set SO_REUSEADDR: %w", err)
	}
	if err := unix.Bind(fd, sa); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("bind %s: %w", addr, err)
	}
	return reserved(fd), nil
}
