//go:build !linux

package harness

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"

	gopsutil "github.com/shirou/gopsutil/v4/process"
)

// adoptOrphans says why orphans are not handed to the harness.
func adoptOrphans() error {
	return fmt.Errorf("%s has no such thing: a process that leaves its group and loses its parent "+
		"between two looks is not seen", runtime.GOOS)
}

// adopted is false: see adoptOrphans.
func adopted(processRow) bool { return false }

// reaped has nothing to do: see adoptOrphans.
func reaped(int) bool { return false }

// startUnit is the unit of a start: the wall clock's millisecond.
const startUnit = time.Millisecond

// startNow is the start of a process that begins now; some systems count in seconds.
func startNow() uint64 { return uint64(time.Now().Truncate(time.Second).UnixMilli()) }

// readProcesses lists all processes of the machine.
func readProcesses() ([]processRow, error) {
	all, err := gopsutil.Processes()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var rows []processRow
	for _, p := range all {
		if row, err := rowOf(p); err == nil {
			rows = append(rows, row) // the others have gone since the listing, or are nobody's to see
		}
	}
	return rows, nil
}

func readProcess(pid int) (processRow, error) {
	p, err := gopsutil.NewProcess(int32(pid))
	if err != nil {
		return processRow{}, err
	}
	return rowOf(p)
}

func rowOf(p *gopsutil.Process) (processRow, error) {
	start, err := p.CreateTime()
	if err != nil {
		return processRow{}, err
	}
	parent, err := p.Ppid()
	if err != nil {
		return processRow{}, err
	}
	row := processRow{processKey: processKey{int(p.Pid), uint64(start)}, parent: int(parent)}
	row.group, row.session = groupsOf(row.pid)
	if status, err := p.Status(); err == nil {
		row.unreaped = len(status) == 1 && status[0] == gopsutil.Zombie
	}
	return row, nil
}

// gone reports an error that means that the process is there no more.
func gone(err error) bool { return errors.Is(err, gopsutil.ErrorProcessNotRunning) }

// tagOf is the value of a process's tag, "" for none or where it cannot be read, as on macOS.
func tagOf(pid int) string {
	p, err := gopsutil.NewProcess(int32(pid))
	if err != nil {
		return ""
	}
	entries, err := p.Environ()
	if err != nil {
		return ""
	}
	const prefix = lifeVariable + "="
	for _, entry := range entries {
		if len(entry) > len(prefix) && entry[:len(prefix)] == prefix {
			return entry[len(prefix):]
		}
	}
	return ""
}

// commandOf is a process's command line, cut at maxCommandBytes.
func commandOf(row processRow) string {
	p, err := gopsutil.NewProcess(int32(row.pid))
	if err != nil {
		return fmt.Sprintf("process %d", row.pid)
	}
	line, err := p.Cmdline()
	if err != nil || line == "" {
		if line, err = p.Name(); err != nil {
			return fmt.Sprintf("process %d", row.pid)
		}
	}
	return line[:min(len(line), maxCommandBytes)]
}

// measure counts the descriptors of a process, and fills in what the table of processes does not
// show here.
func (r *processRow) measure() (fds int, err error) {
	p, err := gopsutil.NewProcess(int32(r.pid))
	if err != nil {
		return 0, err
	}
	n, err := p.NumFDs()
	if gone(err) {
		return 0, err
	}
	if err != nil {
		n = -1 // this system does not tell
	}
	if threads, err := p.NumThreads(); err == nil {
		r.threads = int(threads)
	}
	if m, err := p.MemoryInfo(); err == nil {
		r.rssBytes = int64(m.RSS)
	}
	return int(n), nil
}

// endProcess ends that very process.
func endProcess(k processKey) error {
	p, err := gopsutil.NewProcess(int32(k.pid))
	if err != nil {
		return nil // it has gone
	}
	if start, err := p.CreateTime(); err != nil || uint64(start) != k.start {
		return nil
	}
	if err := p.Kill(); err != nil && !gone(err) {
		return err
	}
	return nil
}

// listensOn lists the TCP ports on which a process listens, as addresses.
func listensOn(pid int) []string {
	p, err := gopsutil.NewProcess(int32(pid))
	if err != nil {
		return nil
	}
	rows, err := p.Connections()
	if err != nil {
		return nil
	}
	var out []string
	for _, row := range rows {
		if row.Status == "LISTEN" {
			out = append(out, fmt.Sprintf("%s:%d", row.Laddr.IP, row.Laddr.Port))
		}
	}
	return out
}

// inCgroup has nothing to do: see newCgroups.
func inCgroup(*exec.Cmd, int) {}

// cgroups are Linux's.
type cgroups struct{}

func newCgroups(string) (*cgroups, error) {
	return nil, errors.New("only Linux has them")
}

func (*cgroups) open(int) (descriptor int, done func(), err error) { return 0, func() {}, nil }

func (*cgroups) lifeOf(int) int { return 0 }

func (*cgroups) close() {}
