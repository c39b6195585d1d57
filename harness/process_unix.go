//go:build unix

package harness

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// terminate asks the process, and it alone, to stop: a trader answers for its own children.
func (p *process) terminate() error {
	return ignoreDone(p.cmd.Process.Signal(syscall.SIGTERM))
}

// ownSession makes the process the leader of a new session and of its group. No process can get from
// one session into another's, so nothing of the subject's can join a group of the harness's.
func ownSession(cmd *exec.Cmd) {
	ownGroup(cmd)
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Setsid = false, true
}

// killGroup ends a process group that the harness has made. Its id cannot belong to anybody else
// while a member lives.
func killGroup(pgid int) error { return ignoreDone(syscall.Kill(-pgid, syscall.SIGKILL)) }

func ignoreDone(err error) error {
	if errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// endSignal names the signal that ended a process, like "SIGKILL"; "" for an exit.
func endSignal(state *os.ProcessState) string {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return ""
	}
	return unix.SignalName(status.Signal())
}
