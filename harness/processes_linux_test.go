package harness

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// started runs a shell's commands as a life, follows it, and ends what is left when the test is
// over. blind leaves the follower without cgroups, as most machines do.
func started(t *testing.T, blind bool, script string) (*follower, *process) {
	t.Helper()
	began := time.Now()
	// The test may run twice on one machine.
	f, _ := newFollower(fmt.Sprint(t.Name()[4:8], os.Getpid()), func() Moment { return max(Moment(time.Since(began)), 1) })
	if blind {
		f.cgroups.close()
		f.cgroups = nil
	}
	cgroup, done, err := f.cgroups.open(1)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	p, err := launch{
		command: []string{"/bin/sh", "-c", script}, env: []string{f.tag(1)}, cgroup: cgroup,
		stdout: os.DevNull, stderr: os.DevNull,
	}.start()
	if err != nil {
		t.Fatal(err)
	}
	f.started(1, p.row)
	t.Cleanup(func() {
		if err := f.end(); err != nil {
			t.Error(err)
		}
		if _, err := p.output.close(); err != nil {
			t.Error(err)
		}
		if left := f.running(1); len(left) > 0 {
			t.Errorf("left %v", left)
		}
		f.close()
	})
	return f, p
}

// sees looks until the follower shows what is asked for.
func sees(t *testing.T, f *follower, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		if err := f.look(); err != nil {
			t.Fatal(err)
		}
		if done() {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			var all []string
			for _, p := range f.of(1) {
				all = append(all, p.String()+" by "+string(p.Related))
			}
			t.Fatalf("never saw %s; sees %v", what, all)
		}
	}
}

// named are the life's running processes whose command line begins so.
func (f *follower) named(word string) []*followed {
	var out []*followed
	for _, p := range f.running(1) {
		if strings.HasPrefix(p.Command, word) {
			out = append(out, p)
		}
	}
	return out
}

// TestFollowerSeesDaemons starts daemons by every way of getting out of a parent's sight. Each is
// found with the others' means, and found and ended after its parents are gone.
func TestFollowerSeesDaemons(t *testing.T) {
	// Not parallel: only when one run is at work can an orphan without a trace be its own.
	cases := []struct{ name, script string }{
		{"child in the group", `sleep 61 & exit 0`},
		{"session of its own", `setsid sleep 61 & exit 0`},
		{"double fork in a session of its own", `setsid sh -c 'sleep 61 &' & exit 0`},
		{"without the environment", `env -i sleep 61 & exit 0`},
		{"without the environment, in a session of its own", `env -i setsid sh -c 'sleep 61 &' & exit 0`},
		{"with another run's environment", `IBSOAK_LIFE=00000000-1 setsid -w sh -c 'sleep 61 &'; exit 0`},
		{"that ignores everything", `setsid sh -c 'trap "" TERM HUP INT; sleep 61 &' & exit 0`},
	}
	for _, blind := range []bool{true, false} {
		for _, c := range cases {
			name := c.name + ", with a cgroup where one can be made"
			if blind {
				name = c.name + ", without a cgroup"
			}
			t.Run(name, func(t *testing.T) {
				f, p := started(t, blind, c.script)
				<-p.exited
				sees(t, f, "the daemon", func() bool { return len(f.named("sleep 61")) == 1 })
				pid := f.named("sleep 61")[0].PID
				if err := f.end(); err != nil {
					t.Fatal(err)
				}
				if row, err := readProcess(pid); err == nil && !row.unreaped {
					t.Errorf("pid %d was not ended: %+v", pid, row)
				}
				if lines, _ := f.report(); len(lines) < 2 || lines[0].Related != RelatedStarted {
					t.Errorf("lines %+v", lines)
				}
			})
		}
	}
}

// TestLifeIsASession shows that a life is in no session of the harness's: within one a process could
// join the harness's own group, and look like a child of it when its parent is gone.
func TestLifeIsASession(t *testing.T) {
	f, p := started(t, true, `exec sleep 61`)
	if p.row.session != p.pid || p.row.group != p.pid {
		t.Errorf("pid %d is in group %d and session %d", p.pid, p.row.group, p.row.session)
	}
	if err := f.end(); err != nil {
		t.Fatal(err)
	}
}

// TestFollowerLeavesOthersAlone shows that neither a process of the harness's own nor one of
// somebody else is taken for the subject's.
func TestFollowerLeavesOthersAlone(t *testing.T) {
	other := exec.Command("sleep", "62")
	other.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer ownChild(other.Process.Pid)()
	f, p := started(t, true, `sleep 61 & wait`)
	sees(t, f, "the child", func() bool { return len(f.named("sleep 61")) == 1 })
	if err := f.end(); err != nil {
		t.Fatal(err)
	}
	<-p.exited
	if lines, _ := f.report(); len(lines) != 2 {
		t.Errorf("%v; want the shell and its child", lines)
	}
	if row, err := readProcess(other.Process.Pid); err != nil || row.unreaped {
		t.Fatalf("the harness's own process: %+v, error %v", row, err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := other.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("waited for the harness's own process: %v", err)
	}
}

// TestFollowerEndsNoOther hands it a process whose number has another owner by now.
func TestFollowerEndsNoOther(t *testing.T) {
	f, p := started(t, true, `exec sleep 61`)
	sees(t, f, "the process", func() bool { return len(f.named("sleep 61")) == 1 })
	key := p.row.processKey
	key.start--
	if err := endProcess(key); err != nil {
		t.Fatal(err)
	}
	if row, err := readProcess(p.pid); err != nil || row.unreaped {
		t.Errorf("it was ended: %+v, error %v", row, err)
	}
}

// TestFollowerCountsUnreaped has a parent that never waits: what it leaves is counted while it
// runs, and orphans that end are waited for by the harness.
func TestFollowerCountsUnreaped(t *testing.T) {
	f, p := started(t, true, `sh -c 'exec sleep 0.01' & sh -c 'exec sleep 0.01' & exec sleep 61`)
	sees(t, f, "two unreaped children", func() bool {
		s, ok, err := f.sample(1)
		if err != nil {
			t.Fatal(err)
		}
		return ok && s.Processes == 3 && s.Unreaped == 2 && s.FDs > 0 && s.Threads >= 1 && s.RSSBytes > 0
	})
	if left := f.running(1); len(left) != 1 || left[0].PID != p.pid {
		t.Errorf("running %v; want the parent", left)
	}
	if err := f.end(); err != nil {
		t.Fatal(err)
	}
	sees(t, f, "nothing", func() bool { return len(f.of(1)) == 0 })
}

// TestStartsWithoutItsCgroup gives a process a directory that is no control group, as a kernel may
// refuse one that is.
func TestStartsWithoutItsCgroup(t *testing.T) {
	t.Parallel()
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	p, err := launch{
		command: []string{"true"}, cgroup: int(dir.Fd()), stdout: os.DevNull, stderr: os.DevNull,
	}.start()
	if err != nil {
		t.Fatal(err)
	}
	<-p.exited
	if _, err := p.output.close(); err != nil {
		t.Fatal(err)
	}
	if p.noCgroup == nil || !p.cmd.ProcessState.Success() {
		t.Errorf("no cgroup: %v; ended: %s", p.noCgroup, p.cmd.ProcessState)
	}
}

// TestTornTable reads a table in which a parent ended between the child's line and its own.
func TestTornTable(t *testing.T) {
	t.Parallel()
	row := func(pid, parent int, start uint64) processRow {
		return processRow{processKey: processKey{pid, start}, parent: parent}
	}
	f := &follower{adopts: true, first: 100}
	cases := []struct {
		name string
		rows []processRow
		torn bool
	}{
		{"whole", []processRow{row(1, 0, 1), row(7, 1, 100), row(8, 7, 101)}, false},
		{"a parent is missing", []processRow{row(1, 0, 1), row(8, 7, 101)}, true},
		{"one of before the run", []processRow{row(1, 0, 1), row(8, 7, 99)}, false},
	}
	for _, c := range cases {
		byPID := map[int]processRow{}
		for _, r := range c.rows {
			byPID[r.pid] = r
		}
		if got := f.torn(c.rows, byPID); got != c.torn {
			t.Errorf("%s: torn %v", c.name, got)
		}
	}
}

func TestCgroupMount(t *testing.T) {
	t.Parallel()
	const v1 = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
	if got, err := cgroupMount(v1 + "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"); got != "/sys/fs/cgroup/unified" {
		t.Errorf("mount %q, error %v", got, err)
	}
	if got, err := cgroupMount(v1); err == nil {
		t.Errorf("mount %q where there is none", got)
	}
}

// BenchmarkFollowerLook is what a sample costs: it grows with the number of processes on the
// machine.
func BenchmarkFollowerLook(b *testing.B) {
	f, _ := newFollower("bench", func() Moment { return 1 })
	defer f.close()
	for b.Loop() {
		if err := f.look(); err != nil {
			b.Fatal(err)
		}
	}
}
