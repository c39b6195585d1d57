package harness

import (
	"fmt"
	"os"

	"github.com/prometheus/procfs"
)

// groupReader sums up a process group from /proc: a subject may be a shell, a launcher or an
// interpreter, and what it holds is what all of its processes hold.
type groupReader struct {
	fs   procfs.FS
	page int64
}

func newGroupReader() (groupReader, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return groupReader{}, fmt.Errorf("open /proc: %w", err)
	}
	return groupReader{fs: fs, page: int64(os.Getpagesize())}, nil
}

// members are the processes of the group that are not yet dead.
func (g groupReader) members(pgid int) ([]procfs.ProcStat, []procfs.Proc, error) {
	all, err := g.fs.AllProcs()
	if err != nil {
		return nil, nil, fmt.Errorf("list processes: %w", err)
	}
	var stats []procfs.ProcStat
	var procs []procfs.Proc
	for _, p := range all {
		stat, err := p.Stat()
		if err != nil {
			continue // it has gone since the listing
		}
		if stat.PGRP == pgid && stat.State != "Z" && stat.State != "X" {
			stats, procs = append(stats, stat), append(procs, p)
		}
	}
	return stats, procs, nil
}

// size sums up the group. ok is false when nothing of it is left.
func (g groupReader) size(pgid int) (s Sample, ok bool, err error) {
	stats, procs, err := g.members(pgid)
	if err != nil {
		return Sample{}, false, err
	}
	for i, stat := range stats {
		fds, err := procs[i].FileDescriptorsLen()
		if err != nil {
			continue // it has gone since the listing
		}
		ok = true
		s.FDs += fds
		s.Threads += stat.NumThreads
		s.RSSBytes += int64(stat.RSS) * g.page
	}
	return s, ok, nil
}

// leftovers names the processes of the group that are still there.
func (g groupReader) leftovers(pgid int) ([]string, error) {
	stats, _, err := g.members(pgid)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, stat := range stats {
		names = append(names, fmt.Sprintf("%s (pid %d)", stat.Comm, stat.PID))
	}
	return names, nil
}
