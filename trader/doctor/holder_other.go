//go:build !linux

package doctor

import (
	"fmt"

	"ibsoak/internal/sockets"
)

// holder names the process that has a socket.
func holder(s sockets.Socket) string {
	if s.PID > 0 {
		return fmt.Sprintf("pid %d", s.PID)
	}
	return "a process of another user"
}
