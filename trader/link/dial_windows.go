package link

import (
	"errors"
	"fmt"
	"syscall"
)

// Winsock's numbers; package syscall's ECONNREFUSED and EPIPE are never returned on Windows.
const (
	wsaeConnAborted = syscall.Errno(10053)
	wsaeConnReset   = syscall.Errno(10054)
	wsaeConnRefused = syscall.Errno(10061)
)

// arm makes every close of the socket an RST.
func arm(fd uintptr) error {
	err := syscall.SetsockoptLinger(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_LINGER,
		&syscall.Linger{Onoff: 1, Linger: 0})
	if err != nil {
		return fmt.Errorf("set SO_LINGER: %w", err)
	}
	return nil
}

func isRefused(err error) bool {
	return errors.Is(err, wsaeConnRefused) || errors.Is(err, syscall.ECONNREFUSED)
}

// isReset also knows the portable numbers, which in-memory connections use.
func isReset(err error) bool {
	for _, errno := range []syscall.Errno{
		wsaeConnReset, wsaeConnAborted, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}
