//go:build unix

package link

import (
	"errors"
	"fmt"
	"syscall"
)

// arm makes every close of the socket an RST.
func arm(fd uintptr) error {
	err := syscall.SetsockoptLinger(int(fd), syscall.SOL_SOCKET, syscall.SO_LINGER,
		&syscall.Linger{Onoff: 1, Linger: 0})
	if err != nil {
		return fmt.Errorf("set SO_LINGER: %w", err)
	}
	return setUserTimeout(int(fd))
}

func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, syscall.ECONNABORTED)
}
