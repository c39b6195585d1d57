//go:build unix

package mutants

import (
	"os/exec"
	"syscall"
)

// ownSession makes the process the leader of a new session, out of reach of signals to ours.
func ownSession(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
