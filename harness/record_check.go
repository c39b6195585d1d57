package harness

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"slices"
	"unicode/utf8"
)

// sumType is the type of a record's last line, which has the checksum of all lines before it.
const sumType = "sum"

// sumLine is the last line of a record, byte for byte.
func sumLine(sum hash.Hash) []byte {
	return fmt.Appendf(nil, "{\"type\":%q,\"data\":{\"sha256\":\"%x\"}}\n", sumType, sum.Sum(nil))
}

// ErrOtherVersion is the reason why a record is refused that was written by another version of this program.
var ErrOtherVersion = errors.New("judge it with the soak that wrote it, or run the scenario again")

var (
	errNoRun   = errors.New("give the directory that soak run has named, which holds " + RecordFile)
	errDamaged = errors.New("what is missing cannot be told from what did not happen: run the scenario again")
)

// recordReader puts a record together from its lines, and refuses what Write would not have
// written: it is better to judge nothing than a part of what was seen.
type recordReader struct {
	record      *Record
	last        int // the section of the line before; -1: none yet
	lines       map[string]int
	connections map[int]bool
	looked      map[int]bool // lives
	sum         hash.Hash
	whole       bool // the checksum was read
}

func newRecordReader() *recordReader {
	return &recordReader{
		record: &Record{}, last: -1, sum: sha256.New(),
		lines: map[string]int{}, connections: map[int]bool{}, looked: map[int]bool{},
	}
}

// add takes the next line, with its end.
func (rr *recordReader) add(raw []byte) error {
	switch {
	case rr.whole:
		return errors.New("there is more after the checksum")
	case !bytes.HasSuffix(raw, []byte("\n")):
		return errors.New("the line is cut off")
	case !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0:
		return errors.New("the line is no text")
	}
	var l line
	if err := strict(raw, &l); err != nil {
		return err
	}
	if l.Type == sumType {
		return rr.check(raw)
	}
	rr.sum.Write(raw)
	if err := rr.order(l.Type); err != nil {
		return err
	}
	rr.lines[l.Type]++
	if rr.last == 0 {
		if err := ofThisVersion(l.Data); err != nil {
			return err
		}
	}
	if err := sections[rr.last].add(rr.record, l.Data); err != nil {
		return fmt.Errorf("%s: %w", l.Type, err)
	}
	return rr.refer(l.Type)
}

// ofThisVersion refuses the header of another version before its fields are read: what those are, only the
// program that wrote it knows.
func ofThisVersion(header []byte) error {
	var h struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(header, &h); err == nil && h.Version != RecordVersion {
		return fmt.Errorf("version %d; this program reads version %d: %w", h.Version, RecordVersion, ErrOtherVersion)
	}
	return nil // what does not read at all is refused with the reason when it is taken over
}

// check compares the checksum line. It ends the record.
func (rr *recordReader) check(raw []byte) error {
	if want := sections[len(sections)-1].name; rr.last != len(sections)-1 {
		return fmt.Errorf("the checksum stands before the %s", want)
	}
	if !bytes.Equal(raw, sumLine(rr.sum)) {
		return errors.New("the checksum is not that of the lines before it")
	}
	rr.whole = true
	return nil
}

// order finds the section of a line, which must not lie before that of the line before, and must
// not pass over one that every record has.
func (rr *recordReader) order(name string) error {
	at := slices.IndexFunc(sections, func(s section) bool { return s.name == name })
	switch {
	case at < 0:
		return fmt.Errorf("unknown type %q", name)
	case rr.last < 0 && at != 0:
		return fmt.Errorf("%q in place of the %s", name, sections[0].name)
	case at < rr.last:
		return fmt.Errorf("a %s line after a %s line", name, sections[rr.last].name)
	case at == rr.last && sections[at].once:
		return fmt.Errorf("a second %s", name)
	}
	for _, s := range sections[min(rr.last+1, at):at] {
		if s.once {
			return fmt.Errorf("a %s line, and no %s before it", name, s.name)
		}
	}
	rr.last = at
	return nil
}

// refer checks what the line that was just added says about others.
func (rr *recordReader) refer(name string) error {
	r := rr.record
	switch name {
	case "life":
		if n := r.Lives[len(r.Lives)-1].Number; n != len(r.Lives) {
			return fmt.Errorf("life %d in the place of life %d", n, len(r.Lives))
		}
	case "connection":
		c := r.Connections[len(r.Connections)-1]
		if rr.connections[c.ID] {
			return fmt.Errorf("connection %d a second time", c.ID)
		}
		rr.connections[c.ID] = true
		return rr.knows(c.Life, 0)
	case "look":
		life := r.Looks[len(r.Looks)-1].Life
		if rr.looked[life] {
			return fmt.Errorf("a second look after life %d", life)
		}
		rr.looked[life] = true
		return errors.Join(rr.must(life), rr.knows(life, 0))
	case "sample":
		life := r.Samples[len(r.Samples)-1].Life
		return errors.Join(rr.must(life), rr.knows(life, 0))
	case "cycle":
		c := r.Cycles[len(r.Cycles)-1]
		if c.Number != len(r.Cycles) {
			return fmt.Errorf("cycle %d in the place of cycle %d", c.Number, len(r.Cycles))
		}
		return rr.knows(c.Life, c.Connection)
	case "message":
		m := r.Messages[len(r.Messages)-1]
		return rr.knows(m.Life, m.Connection)
	case "receipt":
		return rr.knows(0, r.Receipts[len(r.Receipts)-1].Connection)
	case "footer":
		return rr.counted()
	}
	return nil
}

// must refuses a line about no life.
func (rr *recordReader) must(life int) error {
	if life == 0 {
		return errors.New("it names no life")
	}
	return nil
}

// knows refuses a line about a life or a connection that the record does not have; 0 is none.
func (rr *recordReader) knows(life, connection int) error {
	if life < 0 || life > len(rr.record.Lives) {
		return fmt.Errorf("life %d is not in the record", life)
	}
	if connection != 0 && !rr.connections[connection] {
		return fmt.Errorf("connection %d is not in the record", connection)
	}
	return nil
}

// counted compares the numbers of lines with those that the footer names. They are of the file
// alone, and made anew by Write.
func (rr *recordReader) counted() error {
	want := rr.record.Footer.Lines
	for _, s := range sections[:len(sections)-1] {
		if rr.lines[s.name] != want[s.name] {
			return fmt.Errorf("%d %s lines before it, and it names %d", rr.lines[s.name], s.name, want[s.name])
		}
	}
	rr.record.Footer.Lines = nil
	return nil
}

// finish gives the record when all of it was there.
func (rr *recordReader) finish() (*Record, error) {
	switch {
	case rr.last < 0:
		return nil, errors.New("the file is empty")
	case !rr.whole:
		return nil, errors.New("no checksum at the end: the file was cut short")
	}
	if r := rr.record; r.ranToItsEnd() {
		if life := r.unlooked(); life != 0 {
			return nil, fmt.Errorf("no look at the sockets after life %d", life)
		}
	}
	return rr.record, nil
}

// ranToItsEnd reports a run in which nothing but the scenario and the subject decided the end:
// its record has all that a run writes.
func (r *Record) ranToItsEnd() bool {
	ends := []Stop{StopDone, StopNeverDialed, StopExited, StopStalled}
	sound := r.Header.Sabotage == "" && r.Header.Kernel == "" && len(r.Footer.Errors) == 0
	return sound && slices.Contains(ends, r.Footer.Stop)
}

// unlooked is the first life after which nobody looked at the sockets; 0: there is none.
func (r *Record) unlooked() int {
	looked := map[int]bool{}
	for _, look := range r.Looks {
		looked[look.Life] = true
	}
	for _, l := range r.Lives {
		if !looked[l.Number] {
			return l.Number
		}
	}
	return 0
}

// lookedAt is the finding when somebody looked after every life: what a life leaves in the kernel's
// table shows at quiescence and at no other time.
func (r *Record) lookedAt(f Finding) Finding {
	if life := r.unlooked(); life != 0 && f.Outcome == Pass {
		return f.undecided("nobody looked at the sockets after life %d", life)
	}
	return f
}
