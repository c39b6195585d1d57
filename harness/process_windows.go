package harness

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// ownGroup makes the process the root of a new console process group, which can be sent a
// CTRL_BREAK without reaching the harness.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// ownSession is ownGroup: Windows has no sessions of this kind.
func ownSession(cmd *exec.Cmd) { ownGroup(cmd) }

// terminate sends CTRL_BREAK, the nearest thing to SIGTERM that a console process can handle; Go
// programs see it as os.Interrupt.
func (p *process) terminate() error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.pid))
}

// killGroup ends the process. Windows has no process group to end: what it started stays.
func killGroup(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return nil // it has gone
	}
	if err := p.Kill(); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// endSignal is always "": Windows knows exit codes only.
func endSignal(*os.ProcessState) string { return "" }

// groupsOf is 0: Windows has no process groups to ask about.
func groupsOf(int) (group, session int) { return 0, 0 }
