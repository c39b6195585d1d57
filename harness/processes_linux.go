package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// ownGroup makes the process the leader of a new process group, so that what it starts can be
// told from everything else on the machine, and has the kernel end it when the harness dies: a
// trader must not outlive the run that started it. That signal is tied to the thread that
// started the process, which is why reap keeps its thread.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// inCgroup makes the process begin in the control group of that descriptor. ownSession comes first.
func inCgroup(cmd *exec.Cmd, descriptor int) {
	cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, descriptor
}

// adoptOrphans has the kernel hand this process what its descendants leave behind, in place of
// the machine's first process.
var adoptOrphans = sync.OnceValue(func() error {
	return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
})

// adopted reports a child of this process in another session: the harness starts none such but the
// lives, and nothing that those start can come back from theirs.
func adopted(row processRow) bool {
	return row.parent == os.Getpid() && row.session != harnessSession()
}

var harnessSession = sync.OnceValue(func() int {
	id, err := unix.Getsid(0)
	if err != nil {
		return 0
	}
	return id
})

// reaped waits for an orphan that has ended. It asks for that pid alone, so that nothing is taken
// from os/exec, which waits for what it has started by pid as well.
func reaped(pid int) bool {
	got, err := unix.Wait4(pid, nil, unix.WNOHANG, nil)
	return err == nil && got == pid
}

// startUnit is the unit of a start in /proc: a tick of USER_HZ, 100 a second on every architecture
// of Go's.
const startUnit = 10 * time.Millisecond

// startNow is the start of a process that begins now.
func startNow() uint64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0
	}
	return uint64(now.Nano() / int64(startUnit))
}

// readProcesses lists all processes of the machine.
func readProcesses() ([]processRow, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	names, err := dir.Readdirnames(-1)
	if err := errors.Join(err, dir.Close()); err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var rows []processRow
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		row, err := readProcess(pid)
		if gone(err) {
			continue // since the listing
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// readProcess reads /proc/PID/stat: see proc_pid_stat(5). It is read for every process of the
// machine, which is why it is not left to procfs, whose reader is ten times slower.
func readProcess(pid int) (processRow, error) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return processRow{}, err
	}
	open, shut := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 0 || shut < open {
		return processRow{}, fmt.Errorf("read process %d: %q is no stat line", pid, data)
	}
	const parent, group, session, threads, start, rss, least = 1, 2, 3, 17, 19, 21, 22
	fields := strings.Fields(string(data[shut+1:]))
	if len(fields) < least {
		return processRow{}, fmt.Errorf("read process %d: %d fields", pid, len(fields))
	}
	var errs []error
	number := func(i int) int {
		n, err := strconv.Atoi(fields[i])
		errs = append(errs, err)
		return n
	}
	row := processRow{
		processKey: processKey{pid: pid, start: uint64(number(start))},
		parent:     number(parent), group: number(group), session: number(session),
		command: string(data[open+1 : shut]), unreaped: strings.Contains("ZXx", fields[0]),
		threads: number(threads), rssBytes: int64(number(rss)) * int64(os.Getpagesize()),
	}
	if err := errors.Join(errs...); err != nil {
		return processRow{}, fmt.Errorf("read process %d: %w", pid, err)
	}
	return row, nil
}

// gone reports an error that means that the process is there no more.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
}

// tagOf is the value of a process's tag, "" for none or where it may not be read.
func tagOf(pid int) string {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil {
		return ""
	}
	for entry := range bytes.SplitSeq(data, []byte{0}) {
		if value, found := bytes.CutPrefix(entry, []byte(lifeVariable+"=")); found {
			return string(value)
		}
	}
	return ""
}

// commandOf is a process's command line, cut at maxCommandBytes.
func commandOf(row processRow) string {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(row.pid), "cmdline"))
	line := strings.TrimSpace(string(bytes.ReplaceAll(data, []byte{0}, []byte{' '})))
	if err != nil || line == "" {
		return row.command
	}
	return strings.ToValidUTF8(line[:min(len(line), maxCommandBytes)], "?")
}

// measure counts the descriptors of a process.
func (r processRow) measure() (fds int, err error) {
	p, err := procfs.NewProc(r.pid)
	if err != nil {
		return 0, err
	}
	return p.FileDescriptorsLen()
}

// endProcess ends that very process: the descriptor keeps its pid from meaning another one between
// the look at its start and the signal.
func endProcess(k processKey) error {
	fd, err := unix.PidfdOpen(k.pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err == nil {
		defer unix.Close(fd)
	}
	if row, lookErr := readProcess(k.pid); lookErr != nil || row.start != k.start {
		return nil // it has gone
	}
	if err != nil { // a kernel before 5.3
		return ignoreDone(syscall.Kill(k.pid, syscall.SIGKILL))
	}
	return ignoreDone(unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0))
}

// listensOn lists the TCP ports on which a process listens, as addresses.
func listensOn(pid int) []string {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return nil
	}
	targets, err := p.FileDescriptorTargets()
	if err != nil {
		return nil
	}
	open := map[string]bool{}
	for _, t := range targets {
		open[t] = true
	}
	procFS, err := procfs.NewDefaultFS()
	if err != nil {
		return nil
	}
	const listening = 0x0A
	//nolint:staticcheck // netlink is what a container may forbid, and this is asked only of what was left
	four, _ := procFS.NetTCP() // a machine may lack either
	six, _ := procFS.NetTCP6() //nolint:staticcheck // as above
	var out []string
	for _, row := range append(four, six...) {
		if row.St == listening && open[fmt.Sprintf("socket:[%d]", row.Inode)] {
			out = append(out, fmt.Sprintf("%s:%d", row.LocalAddr, row.LocalPort))
		}
	}
	return out
}
