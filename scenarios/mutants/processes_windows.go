package mutants

import (
	"os/exec"
	"syscall"
)

// ownSession makes the process the first of a new group, out of reach of signals to ours.
func ownSession(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
