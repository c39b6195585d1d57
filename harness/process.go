package harness

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// process is a running subject, in a process group of its own.
type process struct {
	cmd  *exec.Cmd
	pid  int
	logs []*os.File
	// exited is closed when the process was waited for; the fields below are set by then.
	exited chan struct{}
	at     time.Time
	err    error // of Wait, when it is not an exit status
}

// startProcess starts a command with its output in files, which need no goroutine to copy and
// cannot hold up the exit. The environment is the harness's own, plus env.
func startProcess(command, env []string, dir, stdout, stderr string) (*process, error) {
	out, err := os.Create(stdout)
	if err != nil {
		return nil, fmt.Errorf("start subject: %w", err)
	}
	errOut, err := os.Create(stderr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start subject: %w", err), out.Close())
	}
	p := &process{exited: make(chan struct{}), logs: []*os.File{out, errOut}}
	p.cmd = exec.Command(command[0], command[1:]...)
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = out, errOut
	ownGroup(p.cmd)
	started := make(chan error)
	go p.reap(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start subject: %w", err)
	}
	p.pid = p.cmd.Process.Pid
	return p, nil
}

// reap starts the process and waits for it, on one thread: see ownGroup. It ends when the process
// does, and exited tells whoever waits.
func (p *process) reap(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	if err != nil {
		p.closeLogs()
	}
	started <- err
	if err != nil {
		return
	}
	err = p.cmd.Wait()
	p.at = time.Now()
	var status *exec.ExitError
	if !errors.As(err, &status) {
		p.err = err
	}
	p.closeLogs()
	close(p.exited)
}

func (p *process) closeLogs() {
	for _, f := range p.logs {
		_ = f.Close() // the process wrote to its own descriptor: nothing of ours is buffered
	}
}

// end fills in how the process ended. It must have exited.
func (p *process) end(l *Life) {
	state := p.cmd.ProcessState
	l.ExitCode = -1
	if state != nil {
		l.ExitCode = state.ExitCode()
		l.Signal = endSignal(state)
	}
	if p.err != nil {
		l.Error = p.err.Error()
	}
}

// tailLines is the end of a file, at most n lines of at most maxTailBytes in all.
func tailLines(path string, n int) []string {
	const maxTailBytes = 64 << 10
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > maxTailBytes {
		if _, err := f.Seek(-maxTailBytes, io.SeekEnd); err != nil {
			return nil
		}
	}
	var lines []string
	scan := bufio.NewScanner(f)
	scan.Buffer(nil, maxTailBytes+1)
	for scan.Scan() {
		lines = append(lines, scan.Text())
		if len(lines) > n {
			lines = lines[1:]
		}
	}
	return lines
}
