package harness

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"ibsoak/internal/sockets"
)

// lifeVariable tags everything that a life starts: children inherit it, whatever they do to their
// parent, group and session. Its value is the run's id, a dash and the life's number.
const lifeVariable = "IBSOAK_LIFE"

// processKey is a process for good: the system gives a pid out again, but not with the same start.
type processKey struct {
	pid   int
	start uint64 // in startUnit
}

// processRow is a process as the system's table shows it. group and session are 0 where the
// system has none.
type processRow struct {
	processKey
	parent, group, session int
	command                string // the short name
	unreaped               bool   // it has ended and its parent has not waited for it
	threads                int
	rssBytes               int64
}

// follower knows every process that the lives of one run have started. The goroutine of Run owns
// it. What belongs to a life once does so for good, whatever becomes of its parent.
type follower struct {
	run     string // the first part of the tag
	now     func() Moment
	journal *journal
	cgroups *cgroups       // nil: none
	table   *sockets.Table // nil: sockets cannot be told from each other

	known   map[processKey]*followed
	passed  map[processKey]bool // looked at and nobody's of this run
	groups  map[int]int         // lives by process groups and sessions that their processes lead
	first   uint64              // the start of what began with this: older processes are not the subject's
	began   Moment              // the same on the run's clock
	newest  int                 // the life that was the last to start
	adopts  bool                // orphans are handed to the harness
	lines   []Process           // of processes that have gone
	dropped int
	owner   map[int]int // by connection: the pid that was last seen to hold its socket
}

// followed is a process of the subject.
type followed struct {
	Process
	row processRow
}

// harnessChildren are processes that this program has started for itself, and the roots of all
// lives: no process of any subject, and nobody's to wait for but their owner's.
var harnessChildren = struct {
	sync.Mutex
	pids map[int]bool
	runs int // followers that are at work
}{pids: map[int]bool{}}

// ownChild keeps a process that the harness has started for itself from being taken for a
// subject's, until its release is called.
func ownChild(pid int) (release func()) {
	harnessChildren.Lock()
	defer harnessChildren.Unlock()
	harnessChildren.pids[pid] = true
	return func() {
		harnessChildren.Lock()
		defer harnessChildren.Unlock()
		delete(harnessChildren.pids, pid)
	}
}

// newFollower begins to follow. notes say what could not be used.
func newFollower(run string, now func() Moment) (f *follower, notes []string) {
	f = &follower{
		run: run, now: now, known: map[processKey]*followed{}, passed: map[processKey]bool{},
		groups: map[int]int{}, owner: map[int]int{},
		first: startNow(), began: now(),
	}
	if err := adoptOrphans(); err == nil {
		f.adopts = true
	} else {
		notes = append(notes, "orphans are not handed to the harness: "+err.Error())
	}
	var err error
	if f.cgroups, err = newCgroups(run); err != nil {
		notes = append(notes, "no cgroup: "+err.Error())
	}
	if f.table, err = sockets.Open(); err != nil {
		notes = append(notes, "no owners of sockets: "+err.Error())
	}
	harnessChildren.Lock()
	defer harnessChildren.Unlock()
	harnessChildren.runs++
	return f, notes
}

// close ends the following. Nothing of the subject's may be there any more.
func (f *follower) close() {
	f.cgroups.close()
	if f.table != nil {
		_ = f.table.Close() // a descriptor for reading: nothing can be lost
	}
	harnessChildren.Lock()
	defer harnessChildren.Unlock()
	harnessChildren.runs--
}

// tag is what a life's environment holds.
func (f *follower) tag(life int) string { return fmt.Sprintf("%s=%s-%d", lifeVariable, f.run, life) }

// lifeOfTag reads a tag's value; 0: it is no life of this run.
func (f *follower) lifeOfTag(value string) int {
	var life int
	if rest, ours := strings.CutPrefix(value, f.run+"-"); ours {
		_, _ = fmt.Sscanf(rest, "%d", &life)
	}
	return life
}

// started takes up the first process of a life, as it was before anybody could wait for it.
func (f *follower) started(life int, row processRow) {
	f.newest = life
	f.take(row, life, RelatedStarted)
}

// take makes a process one of a life's.
func (f *follower) take(row processRow, life int, how Relation) {
	p := &followed{row: row, Process: Process{
		Life: life, PID: row.pid, Parent: row.parent, Command: commandOf(row), Related: how,
		Started: f.startMoment(row), FirstSeen: f.now(),
	}}
	f.known[row.processKey] = p
	f.write(p.Process)
	if row.group == row.pid || how == RelatedStarted {
		f.groups[row.pid] = life
	}
}

// startMoment puts a process's start on the run's clock.
func (f *follower) startMoment(row processRow) Moment {
	return max(f.began+Moment(row.start-f.first)*Moment(startUnit), 1)
}

// look reads the table of processes, takes up what is new of the subject's, waits for orphans
// that have ended, and notes what has gone.
func (f *follower) look() error {
	var rows []processRow
	var byPID map[int]processRow
	for range maxReadings {
		var err error
		if rows, err = readProcesses(); err != nil {
			return err
		}
		byPID = make(map[int]processRow, len(rows))
		for _, row := range rows {
			byPID[row.pid] = row
		}
		if !f.torn(rows, byPID) {
			break
		}
	}
	slices.SortFunc(rows, func(a, b processRow) int { return cmp.Compare(a.start, b.start) })
	for more := true; more; { // until no process has led to another one
		more = false
		for _, row := range rows {
			more = f.claim(row, byPID) || more
		}
	}
	f.update(byPID)
	f.forget(byPID)
	return nil
}

// torn reports a table in which a process of this run's time has a parent that is not there: the
// parent ended while the table was read, and to whom its child was handed is not in it yet.
func (f *follower) torn(rows []processRow, byPID map[int]processRow) bool {
	return f.adopts && slices.ContainsFunc(rows, func(row processRow) bool {
		_, there := byPID[row.parent]
		return row.start >= f.first && row.parent != 0 && !there
	})
}

// claim takes the process up when it is new and the subject's.
func (f *follower) claim(row processRow, byPID map[int]processRow) bool {
	if f.known[row.processKey] != nil || row.start < f.first || row.pid == os.Getpid() {
		return false
	}
	life, how := f.relation(row, byPID)
	if life == 0 {
		return false
	}
	f.take(row, life, how)
	return true
}

// relation says to which life a process belongs, and by what; 0: to none.
func (f *follower) relation(row processRow, byPID map[int]processRow) (int, Relation) {
	if parent, there := byPID[row.parent]; there {
		if p := f.known[parent.processKey]; p != nil {
			return p.Life, RelatedChild
		}
	}
	if life := f.groups[row.group]; life != 0 {
		return life, RelatedGroup
	}
	if life := f.groups[row.session]; life != 0 {
		return life, RelatedSession
	}
	if !f.passed[row.processKey] {
		f.passed[row.processKey] = true
		if life := f.cgroups.lifeOf(row.pid); life != 0 {
			return life, RelatedCgroup
		}
		if life := f.lifeOfTag(tagOf(row.pid)); life != 0 {
			return life, RelatedTag
		}
	}
	if f.orphan(row) {
		return f.newest, RelatedOrphan
	}
	return 0, ""
}

// orphan reports a process that was handed to the harness, which has started nothing but lives in a
// session of its own: some process of a subject has, changed its environment, and ended. With several
// runs in this program nobody could say whose it was.
func (f *follower) orphan(row processRow) bool {
	harnessChildren.Lock()
	defer harnessChildren.Unlock()
	return adopted(row) && !harnessChildren.pids[row.pid] && harnessChildren.runs == 1
}

// update notes what the table says about the processes that are known.
func (f *follower) update(byPID map[int]processRow) {
	for key, p := range f.known {
		row, there := byPID[key.pid]
		there = there && row.start == key.start
		ours := row.parent == os.Getpid()
		if there && ours && row.unreaped && p.Related != RelatedStarted {
			there = !reaped(key.pid)
		}
		if !there {
			p.Gone = f.now()
			f.keep(p.Process)
			delete(f.known, key)
			continue
		}
		if row.group == row.pid {
			f.groups[row.pid] = p.Life
		}
		// It has called exec since, or was in the middle of it when its command line was asked for.
		if row.command != p.row.command || p.Command == p.row.command {
			p.Command = commandOf(row)
		}
		p.row = row
		p.Unreaped = row.unreaped && !ours
	}
}

// keep notes a process that has gone.
func (f *follower) keep(p Process) {
	if len(f.lines) >= maxProcesses {
		f.dropped++
		return
	}
	f.lines = append(f.lines, p)
	f.journal.add("process", p)
}

// write puts a process that is there into the journal, as long as the record has room for it.
func (f *follower) write(p Process) {
	if len(f.lines) < maxProcesses {
		f.journal.add("process", p)
	}
}

// forget drops what the table shows no more, before its number can belong to somebody else.
func (f *follower) forget(byPID map[int]processRow) {
	used := map[int]bool{}
	for _, row := range byPID {
		used[row.group], used[row.session] = true, true
	}
	for id := range f.groups {
		if !used[id] {
			delete(f.groups, id)
		}
	}
	for key := range f.passed {
		if byPID[key.pid].start != key.start {
			delete(f.passed, key)
		}
	}
	for connection, pid := range f.owner {
		if _, there := byPID[pid]; !there {
			delete(f.owner, connection)
		}
	}
}

// everyLife asks for the processes of all lives.
const everyLife = 0

// of are the processes of a life that were there at the last look, in the order of their start.
func (f *follower) of(life int) []*followed {
	var out []*followed
	for _, p := range f.known {
		if life == everyLife || p.Life == life {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *followed) int {
		return cmp.Or(cmp.Compare(a.row.start, b.row.start), cmp.Compare(a.PID, b.PID))
	})
	return out
}

// running are the processes of a life that have not ended.
func (f *follower) running(life int) []*followed {
	return slices.DeleteFunc(f.of(life), func(p *followed) bool { return p.row.unreaped })
}

// sample measures all processes of a life. ok is false when one of them could not be measured, or
// none is left.
func (f *follower) sample(life int) (s Sample, ok bool, err error) {
	if err := f.look(); err != nil {
		return Sample{}, false, err
	}
	for _, p := range f.of(life) {
		s.Processes++
		if p.row.unreaped {
			s.Unreaped++
			continue
		}
		fds, err := p.row.measure()
		if gone(err) {
			continue // since the look
		}
		if err != nil {
			return Sample{}, false, fmt.Errorf("measure process %d: %w", p.PID, err)
		}
		ok = true
		if fds < 0 || s.FDs < 0 {
			s.FDs = -1 // unknown
		} else {
			s.FDs += fds
		}
		s.Threads += p.row.threads
		s.RSSBytes += p.row.rssBytes
	}
	return s, ok, nil
}

// owns reports that a process of the life has the socket of a connection open; known is false when
// none was seen to and one of them could not be read. It asks first the one that had it before.
func (f *follower) owns(life, connection int, s sockets.Socket) (own, known bool) {
	all := f.running(life)
	known = len(all) > 0
	if i := slices.IndexFunc(all, func(p *followed) bool { return p.PID == f.owner[connection] }); i > 0 {
		all[0], all[i] = all[i], all[0]
	}
	for _, p := range all {
		owns, err := sockets.Owns(p.PID, s)
		if owns {
			f.owner[connection] = p.PID
			return true, true
		}
		known = known && err == nil
	}
	return false, known
}

// end sends SIGKILL to what is left of all lives until nothing is: a process may start another one
// while it is asked to end. Each is known by its start, so that no other process can be meant.
func (f *follower) end() error {
	deadline, again := time.After(ReapWithin), time.NewTicker(closeWaitEvery)
	defer again.Stop()
	for {
		if err := f.look(); err != nil {
			return err
		}
		left, dead := f.running(everyLife), f.awaited()
		if len(left)+dead == 0 {
			return nil
		}
		for _, p := range left {
			if err := endProcess(p.row.processKey); err != nil {
				return fmt.Errorf("end process %d: %w", p.PID, err)
			}
			p.Ended = true
		}
		select {
		case <-again.C:
		case <-deadline:
			if len(left) == 0 {
				return nil
			}
			return fmt.Errorf("%s still there %s after SIGKILL: %v", count(len(left), "processes"), ReapWithin, left[0])
		}
	}
}

// awaited counts the processes that have ended and that the harness is to wait for.
func (f *follower) awaited() int {
	n := 0
	for _, p := range f.known {
		if p.row.unreaped && p.row.parent == os.Getpid() {
			n++
		}
	}
	return n
}

// report gives the lines of the record, in the order of their start, after a last look.
func (f *follower) report() (lines []Process, dropped int) {
	_ = f.look() // without it the last ones are said to be there
	for _, p := range f.known {
		f.keep(p.Process)
	}
	slices.SortStableFunc(f.lines, func(a, b Process) int {
		return cmp.Or(cmp.Compare(a.Life, b.Life), cmp.Compare(a.Started, b.Started), cmp.Compare(a.PID, b.PID))
	})
	return f.lines, f.dropped
}

// String names a process for people.
func (p Process) String() string { return fmt.Sprintf("%s (pid %d)", p.Command, p.PID) }
