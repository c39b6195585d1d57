package harness

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
)

// JournalFile is the record while the run goes on: a line for everything, written when it is known.
// It goes when the record is saved, so one that is there is of a harness that was killed.
const JournalFile = "journal.jsonl"

// entry is one line of a journal. A later life, outage or process that is the same one replaces the
// earlier.
type entry struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// journal writes a run's lines. Any goroutine may add one. A nil journal keeps nothing.
type journal struct {
	mu   sync.Mutex
	file *os.File
	err  error // the first one: from then on nothing is written

	// The goroutine of Run owns what update has written so far.
	lives, outages                     [][]byte
	cycles, messages, samples, looksAt int
	lag                                fault.Duration
	lost                               int
}

func newJournal(dir string) (*journal, error) {
	f, err := os.Create(filepath.Join(dir, JournalFile))
	if err != nil {
		return nil, fmt.Errorf("begin the journal: %w", err)
	}
	return &journal{file: f}, nil
}

// add writes one line. The kernel has it when add returns: it survives the harness.
func (j *journal) add(kind string, v any) {
	if j == nil {
		return
	}
	data, err := json.Marshal(v)
	if err == nil {
		data, err = json.Marshal(entry{Type: kind, Data: data})
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil && j.err == nil {
		_, err = j.file.Write(append(data, '\n'))
	}
	if j.err == nil && err != nil {
		j.err = fmt.Errorf("write the journal: %w", err)
	}
}

// update writes what is new in the record's lists.
func (j *journal) update(r *Record) {
	if j == nil {
		return
	}
	j.lives = upsert(j, "life", j.lives, r.Lives)
	j.outages = upsert(j, "outage", j.outages, r.Outages)
	j.cycles = appended(j, "cycle", j.cycles, r.Cycles)
	j.messages = appended(j, "message", j.messages, r.Messages)
	j.samples = appended(j, "sample", j.samples, r.Samples)
	j.looksAt = appended(j, "look", j.looksAt, r.Looks)
	if lag, lost := r.Footer.LongestLag, r.Footer.MessagesLost; lag != j.lag || lost != j.lost {
		j.lag, j.lost = lag, lost
		j.add("footer", Footer{LongestLag: lag, MessagesLost: lost})
	}
}

// appended writes the values behind the first n, and gives their number.
func appended[T any](j *journal, kind string, n int, values []T) int {
	for _, v := range values[min(n, len(values)):] {
		j.add(kind, v)
	}
	return len(values)
}

// upsert writes the values that are new or differ from what was written. Only the last two can:
// lives and outages follow each other.
func upsert[T any](j *journal, kind string, written [][]byte, values []T) [][]byte {
	const open = 2
	for i := max(0, len(written)-open); i < len(values); i++ {
		text, err := json.Marshal(values[i])
		if err != nil {
			continue // add would meet the same error, and save will report it
		}
		if i == len(written) {
			written = append(written, nil)
		}
		if !bytes.Equal(written[i], text) {
			written[i] = text
			j.add(kind, values[i])
		}
	}
	for i := range max(0, len(written)-open) {
		written[i] = nil // they are over
	}
	return written
}

// close ends the journal and reports the first error of all.
func (j *journal) close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Join(j.err, j.file.Close())
}

// remove takes the journal away: the record is saved, or there will be none.
func (j *journal) remove() error {
	if j == nil {
		return nil
	}
	_ = j.file.Close() // again, or nothing in it is wanted
	return os.Remove(j.file.Name())
}

// LoadRun reads the record in dir; where the harness was killed before it could save one, it makes
// the record from the journal and from what the Gateway had written.
func LoadRun(dir string) (*Record, error) {
	r, err := Load(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	if _, missing := os.Stat(filepath.Join(dir, JournalFile)); missing != nil {
		return nil, err // that of the record says more
	}
	return recoverRecord(dir)
}

func recoverRecord(dir string) (*Record, error) {
	r := &Record{Dir: dir}
	err := eachLine(filepath.Join(dir, JournalFile), func(text []byte) error {
		var e entry
		if err := strict(text, &e); err != nil {
			return err
		}
		return r.enter(e)
	})
	if err != nil {
		if !errors.Is(err, ErrOtherVersion) {
			err = fmt.Errorf("%w; %w", err, errDamaged)
		}
		return nil, fmt.Errorf("read the journal of a run that was cut short: %w", err)
	}
	if r.Header.Version == 0 {
		return nil, fmt.Errorf("%s: the run ended before anything was seen: run the scenario again",
			filepath.Join(dir, JournalFile))
	}
	m := newMirror()
	err = eachLine(filepath.Join(dir, GatewayFile), func(text []byte) error {
		var l fakegateway.Line
		if err := strict(text, &l); err != nil {
			return err
		}
		e, _ := m.apply(l)
		r.Footer.Dropped += e.Dropped
		return nil
	})
	if err == nil {
		err = r.takeOver(m)
	}
	if err != nil {
		return nil, fmt.Errorf("read what the Gateway wrote of a run that was cut short: %w", err)
	}
	r.Footer.Stop = StopKilled
	r.Header.Kernel = cmp.Or(r.Header.Kernel, "soak was killed with what it had read")
	r.Footer.Cut = max(r.newest(), r.Header.moment(m.lastHeard()))
	r.Footer.Ended = r.Footer.Cut
	for i := range r.Lives {
		if r.Lives[i].Exited == 0 {
			r.Lives[i].Exited, r.Lives[i].EndedBy = r.Footer.Cut, EndedCut
		}
	}
	return r, nil
}

// eachLine gives the lines of a file. A last one without its end was cut off in the middle, which
// is how a file ends whose writer was killed.
func eachLine(path string, take func([]byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	for n := 1; ; n++ {
		text, err := in.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := take(text); err != nil {
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
}

// enter takes over one line.
func (r *Record) enter(e entry) error {
	switch e.Type {
	case "life":
		return replaced(e.Data, &r.Lives, func(a, b Life) bool { return a.Number == b.Number })
	case "outage":
		return replaced(e.Data, &r.Outages, func(a, b Outage) bool { return a.From == b.From })
	case "process":
		return replaced(e.Data, &r.Processes, func(a, b Process) bool {
			return a.PID == b.PID && a.FirstSeen == b.FirstSeen
		})
	case "error":
		var text string
		err := strict(e.Data, &text)
		r.Footer.Errors = append(r.Footer.Errors, text)
		return err
	case "header":
		if r.Header.Version != 0 {
			return errors.New("a second header")
		}
		if err := ofThisVersion(e.Data); err != nil {
			return err
		}
	}
	i := slices.IndexFunc(sections, func(s section) bool { return s.name == e.Type })
	if i < 0 {
		return fmt.Errorf("unknown type %q", e.Type)
	}
	return sections[i].add(r, e.Data)
}

func replaced[T any](data []byte, to *[]T, same func(a, b T) bool) error {
	var v T
	if err := strict(data, &v); err != nil {
		return err
	}
	if i := slices.IndexFunc(*to, func(old T) bool { return same(old, v) }); i >= 0 {
		(*to)[i] = v
		return nil
	}
	*to = append(*to, v)
	return nil
}

// newest is the latest moment of which the harness has written something.
func (r *Record) newest() Moment {
	var last Moment
	for _, l := range r.Lives {
		last = max(last, l.Started, l.TermSent, l.KillSent, l.Exited)
	}
	for _, s := range r.Samples {
		last = max(last, s.At)
	}
	for _, l := range r.Looks {
		last = max(last, l.At)
	}
	for _, c := range r.Cycles {
		last = max(last, c.Answered)
	}
	for _, a := range r.Attempts {
		last = max(last, a.At)
	}
	return last
}
