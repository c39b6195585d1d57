package harness

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cgroups are the control groups (v2) of a run's lives, one each: nothing that a process does to
// its parent, session or environment takes it out of its group. nil has none.
type cgroups struct {
	dir string
}

// newCgroups makes the run's directory below the harness's own control group.
func newCgroups(run string) (*cgroups, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	mount, err := cgroupMount(string(mounts))
	if err != nil {
		return nil, err
	}
	own, err := cgroupOf(os.Getpid())
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(mount, own, "ibsoak-"+run)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	return &cgroups{dir: dir}, nil
}

// cgroupMount finds where cgroup v2 is mounted: proc_pid_mountinfo(5).
func cgroupMount(mountinfo string) (string, error) {
	scan := bufio.NewScanner(strings.NewReader(mountinfo))
	for scan.Scan() {
		left, right, found := strings.Cut(scan.Text(), " - ")
		const mountPoint = 4
		fields := strings.Fields(left)
		if found && strings.HasPrefix(right, "cgroup2 ") && len(fields) > mountPoint {
			return fields[mountPoint], nil
		}
	}
	return "", errors.New("cgroup v2 is not mounted")
}

// cgroupOf is a process's group below the mount.
func cgroupOf(pid int) (string, error) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		if path, found := strings.CutPrefix(strings.TrimSpace(line), "0::"); found {
			return path, nil
		}
	}
	return "", errors.New("this process is in no cgroup v2")
}

// open makes the group of a life and gives a descriptor of it, for the life's start; done closes
// it. 0: there is none.
func (c *cgroups) open(life int) (descriptor int, done func(), err error) {
	if c == nil {
		return 0, func() {}, nil
	}
	path := c.path(life)
	if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return 0, nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, nil, err
	}
	return int(f.Fd()), func() { _ = f.Close() }, nil
}

func (c *cgroups) path(life int) string { return filepath.Join(c.dir, fmt.Sprint(life)) }

// lifeOf is the life in whose group a process is; 0: in none.
func (c *cgroups) lifeOf(pid int) int {
	if c == nil {
		return 0
	}
	path, err := cgroupOf(pid)
	if err != nil {
		return 0
	}
	_, rest, ours := strings.Cut(path, "/"+filepath.Base(c.dir)+"/")
	if !ours {
		return 0
	}
	number, _, _ := strings.Cut(rest, "/") // a subject may make groups below its own
	life, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return life
}

// close removes the groups. One that still holds a process stays: the kernel refuses.
func (c *cgroups) close() {
	if c == nil {
		return
	}
	var dirs []string
	_ = filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil
	})
	for i := len(dirs) - 1; i >= 0; i-- {
		_ = os.Remove(dirs[i])
	}
}
