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

// process is a running subject, in a session and a process group of its own.
type process struct {
	launch
	cmd    *exec.Cmd
	pid    int
	row    processRow // just after the start
	output *output
	// exited is closed when the process was waited for; the fields below are set by then.
	exited chan struct{}
	at     time.Time
	err    error // of Wait, when it is not an exit status
	// noCgroup is why the process could not be started in the cgroup that it was given.
	noCgroup error
}

// launch is how a process is started.
type launch struct {
	command []string
	env     []string // added to the harness's own
	dir     string   // "": the harness's own
	stdout  string   // the logs
	stderr  string
	cgroup  int // a descriptor of the cgroup to start it in; 0: the harness's own
}

// start starts a process. Its output is taken until output.close, which the caller owes it.
func (l launch) start() (*process, error) {
	out, err := newOutput(l.stdout, l.stderr)
	if err != nil {
		return nil, err
	}
	p := &process{launch: l, exited: make(chan struct{}), output: out}
	started := make(chan error)
	go p.reap(started)
	if err := <-started; err != nil {
		out.abandon()
		return nil, fmt.Errorf("start subject: %w", err)
	}
	out.begin()
	return p, nil
}

// begin starts the command. A machine may let a cgroup be made and let no process into it.
func (p *process) begin() error {
	p.cmd = p.make(p.cgroup)
	err := p.cmd.Start()
	if err != nil && p.cgroup != 0 {
		p.cmd = p.make(0)
		if again := p.cmd.Start(); again == nil {
			p.noCgroup, err = err, nil
		}
	}
	return err
}

func (p *process) make(cgroup int) *exec.Cmd {
	cmd := exec.Command(p.command[0], p.command[1:]...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stdout, cmd.Stderr = p.output.streams[0].theirs, p.output.streams[1].theirs
	ownSession(cmd)
	if cgroup != 0 {
		inCgroup(cmd, cgroup)
	}
	return cmd
}

// reap starts the process and waits for it, on one thread: see ownGroup. It ends when the process
// does, and exited tells whoever waits.
func (p *process) reap(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.begin()
	if err != nil {
		started <- err
		return
	}
	p.pid = p.cmd.Process.Pid
	release := ownChild(p.pid)
	if p.row, err = readProcess(p.pid); err != nil { // it is gone already, on systems where that can be
		p.row = processRow{processKey: processKey{pid: p.pid}, group: p.pid, command: p.command[0]}
	}
	started <- nil
	err = p.cmd.Wait()
	release()
	p.at = time.Now()
	var status *exec.ExitError
	if !errors.As(err, &status) {
		p.err = err
	}
	close(p.exited)
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
