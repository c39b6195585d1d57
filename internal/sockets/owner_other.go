//go:build !linux

package sockets

import "fmt"

// PIDSockets is Linux's: other systems have no socket inodes. Use Owns.
func PIDSockets(pid int) (map[uint64]struct{}, error) {
	return nil, fmt.Errorf("read descriptors of process %d: %w: this system has no socket inodes",
		pid, ErrUnknown)
}

// Owns says whether the row was listed as this process's.
func Owns(pid int, s Socket) (bool, error) {
	if s.PID == 0 {
		return false, fmt.Errorf("find owner of socket %s: %w: it was listed without one", s, ErrUnknown)
	}
	return s.PID == pid, nil
}
