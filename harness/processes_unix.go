//go:build unix && !linux

package harness

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownGroup makes the process the leader of a new process group, so that what it starts can be
// told from everything else on the machine.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// groupsOf are the process group and the session of a process, 0 where they cannot be read.
func groupsOf(pid int) (group, session int) {
	group, err := unix.Getpgid(pid)
	if err != nil {
		return 0, 0
	}
	if session, err = unix.Getsid(pid); err != nil {
		return group, 0
	}
	return group, session
}
