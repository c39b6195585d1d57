//go:build unix && !linux

package harness

import "syscall"

// groupAlive reports whether the process group has a member.
func groupAlive(pgid int) bool { return syscall.Kill(-pgid, 0) == nil }
