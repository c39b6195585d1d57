//go:build !linux

package harness

import (
	"fmt"

	gopsutil "github.com/shirou/gopsutil/v4/process"
)

// groupReader sums up a process and its descendants by gopsutil.
type groupReader struct{}

func newGroupReader() (groupReader, error) { return groupReader{}, nil }

// descendants are the process and everything below it that is still there.
func descendants(pid int) []*gopsutil.Process {
	root, err := gopsutil.NewProcess(int32(pid))
	if err != nil {
		return nil
	}
	found := []*gopsutil.Process{root}
	for i := 0; i < len(found) && i < maxDescendants; i++ {
		children, err := found[i].Children()
		if err == nil {
			found = append(found, children...)
		}
	}
	return found
}

// maxDescendants bounds how much of a process tree is looked at.
const maxDescendants = 256

// size sums up the tree. Descriptors are unknown (-1) where the system does not tell them.
func (groupReader) size(pid int) (s Sample, ok bool, err error) {
	for _, p := range descendants(pid) {
		if n, err := p.NumFDs(); err != nil {
			s.FDs = -1
		} else if s.FDs >= 0 {
			s.FDs += int(n)
		}
		if n, err := p.NumThreads(); err == nil {
			s.Threads += int(n)
		}
		if m, err := p.MemoryInfo(); err == nil {
			s.RSSBytes += int64(m.RSS)
		}
		ok = true
	}
	return s, ok, nil
}

// leftovers tells that something of the group is left where signals can tell; the tree below a
// process that has exited cannot be listed any more.
func (groupReader) leftovers(pgid int) ([]string, error) {
	if groupAlive(pgid) {
		return []string{fmt.Sprintf("a process of group %d", pgid)}, nil
	}
	return nil, nil
}
