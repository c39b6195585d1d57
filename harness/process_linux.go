package harness

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the process the leader of a new process group, so that what it starts can be
// told from everything else on the machine, and has the kernel end it when the harness dies: a
// trader must not outlive the run that started it. That signal is tied to the thread that
// started the process, which is why reap keeps its thread.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
