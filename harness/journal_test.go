package harness

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway/fault"
)

// TestJournalOfWatchers shows that what the harness's watchers see is on disk as they see it.
func TestJournalOfWatchers(t *testing.T) {
	dir := t.TempDir()
	j, err := newJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() Moment { return 3 * sec }
	c := control{journal: j}
	c.keep(MachineLoad{At: sec, Delay: fault.Duration(time.Second)})
	a := attempts{clock: clock, journal: j, sequences: map[netip.AddrPort]uint32{}}
	a.note(clientAddr(1), 7)
	a.note(clientAddr(1), 7) // the kernel sent it again
	f := follower{now: clock, journal: j, known: map[processKey]*followed{}, groups: map[int]int{}}
	row := processRow{processKey: processKey{pid: 40, start: 1}, command: "trader"}
	f.take(row, 1, RelatedStarted)
	f.take(processRow{processKey: processKey{pid: 41, start: 2}}, 1, RelatedChild)
	f.update(map[int]processRow{40: row}) // the other one has gone
	j.add("host-dials", HostDials{At: sec, Failed: 5})
	r := &Record{Footer: Footer{LongestLag: fault.Duration(time.Second), MessagesLost: 2}}
	j.update(r)
	j.update(r)
	if err := j.close(); err != nil {
		t.Fatal(err)
	}

	got := &Record{Footer: Footer{Dropped: 1}}
	err = eachLine(filepath.Join(dir, JournalFile), func(text []byte) error {
		var e entry
		return errors.Join(strict(text, &e), got.enter(e))
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Loads) != 1 || !slices.Equal(got.Attempts, a.seen) || len(a.seen) != 1 || len(got.HostDials) != 1 {
		t.Errorf("loads %+v, attempts %+v, host's %+v", got.Loads, got.Attempts, got.HostDials)
	}
	if p := got.Processes; len(p) != 2 || p[0].Gone != 0 || p[1].PID != 41 || p[1].Gone != 3*sec {
		t.Errorf("processes %+v", p)
	}
	if f := got.Footer; f.LongestLag != r.Footer.LongestLag || f.MessagesLost != 2 || f.Dropped != 1 {
		t.Errorf("footer %+v", f)
	}
}

// TestWatchersUpToCut holds the checks that rest on watchers against a run that was cut short.
func TestWatchersUpToCut(t *testing.T) {
	storm := func(at Moment) func(*Record) {
		return func(r *Record) {
			for i := range 50 {
				r.Attempts = append(r.Attempts, Attempt{At: at + Moment(i)*ms, Client: clientAddr(100 + i)})
			}
		}
	}
	late := func(loads ...MachineLoad) func(*Record) {
		return func(r *Record) { r.Loads = loads }
	}
	const cut = 12 * sec
	rate, back := Check{Name: "connect-rate"}, Check{Name: "recovery", Want: 1, Within: 5 * time.Second}
	for name, c := range map[string]struct {
		check  Check
		change func(*Record)
		want   Outcome
	}{
		"a storm before it":                {rate, storm(4 * sec), Fail},
		"a storm after it":                 {rate, storm(cut + ms), Inconclusive},
		"no storm":                         {rate, storm(cut + sec), Inconclusive},
		"late":                             {back, late(), Fail},
		"late, and so was the machine":     {back, late(MachineLoad{At: 9 * sec, Delay: fault.Duration(2 * sec)}), Inconclusive},
		"late, and the machine far behind": {back, late(MachineLoad{At: cut + sec, Delay: fault.Duration(5 * sec)}), Inconclusive},
		"late, and the machine only later": {back, late(MachineLoad{At: cut + 4*sec, Delay: fault.Duration(2 * sec)}), Fail},
	} {
		r := twoSessions(6*sec, c.check)
		for i := range r.Lives {
			r.Lives[i].TermSent, r.Lives[i].Exited = 20*sec, 21*sec
		}
		r.Footer.Stop, r.Footer.Cut, r.Footer.Ended = StopKilled, cut, 22*sec
		c.change(r)
		if f := Judge(r).Findings[0]; f.Outcome != c.want {
			t.Errorf("%s: %s (%s)", name, f.Outcome, f.Detail)
		}
	}
}

// TestLoadRunSaysWhatToDo reads directories that hold no run, or none that this program can judge.
func TestLoadRunSaysWhatToDo(t *testing.T) {
	header := func(version int, more string) string {
		return fmt.Sprintf(`{"type":"header","data":{"version":%d%s}}`, version, more) + "\n"
	}
	at := func(files map[string]string) string {
		dir := t.TempDir()
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	journal := func(text string) string { return at(map[string]string{JournalFile: text}) }
	const other, again = "judge it with the soak that wrote it", "run the scenario again"
	for name, c := range map[string]struct{ dir, what, instead string }{
		"nothing":             {at(nil), "record.jsonl", "give the directory that soak run has named"},
		"no directory":        {filepath.Join(t.TempDir(), "none"), "record.jsonl", "give the directory that soak run has named"},
		"a file":              {filepath.Join(journal(""), JournalFile), "journal.jsonl", "give the directory that soak run has named"},
		"an empty journal":    {journal(""), "ended before anything was seen", again},
		"half a header":       {journal(`{"type":"header","da`), "ended before anything was seen", again},
		"another version":     {journal(header(1, "")), "journal.jsonl:1: version 1; this program reads version 2", other},
		"of other fields":     {journal(header(3, `,"new":1`)), "journal.jsonl:1: version 3; this program reads version 2", other},
		"two headers":         {journal(header(2, "") + header(2, "")), "journal.jsonl:2: a second header", again},
		"two versions":        {journal(header(2, "") + header(1, "")), "journal.jsonl:2: a second header", again},
		"something else":      {journal("[]\n"), "journal.jsonl:1: ", again},
		"nothing of a header": {journal("{\"type\":\"life\",\"data\":{\"number\":1}}\n"), "ended before anything was seen", again},
	} {
		if _, err := LoadRun(c.dir); err == nil || !strings.Contains(err.Error(), c.what) || !strings.Contains(err.Error(), c.instead) {
			t.Errorf("%s: %v\nwant %q and %q", name, err, c.what, c.instead)
		}
	}
}
