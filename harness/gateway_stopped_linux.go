package harness

import "github.com/prometheus/procfs"

// stoppedBySignal reports that a process was stopped, as by SIGSTOP.
func stoppedBySignal(pid int) bool {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return false
	}
	stat, err := p.Stat()
	return err == nil && (stat.State == "T" || stat.State == "t")
}
