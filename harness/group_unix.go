//go:build unix && !linux

package harness

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the process the leader of a new process group, so that what it starts can be
// told from everything else on the machine.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// groupAlive reports whether the process group has a member.
func groupAlive(pgid int) bool { return syscall.Kill(-pgid, 0) == nil }
