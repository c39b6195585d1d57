package harness

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The files of a record's directory.
const (
	RecordFile     = "record.jsonl"
	TranscriptFile = "transcript.jsonl"
	ScheduleFile   = "schedule.yaml"
	VerdictFile    = "verdict.json"
	ReportFile     = "report.md"
	JUnitFile      = "junit.xml"
)

// maxLineBytes bounds one line of a record: a header with a schedule of thousands of faults fits.
const maxLineBytes = 16 << 20

// line is one line of record.jsonl.
type line struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// section is one kind of line: how to write all of a record's, and how to read one.
type section struct {
	name string
	once bool // every record has one line of it, and no more
	each func(r *Record, emit func(any) error) error
	add  func(r *Record, data []byte) error
}

// list is the section of a slice field.
func list[T any](name string, field func(*Record) *[]T) section {
	return section{
		name: name,
		each: func(r *Record, emit func(any) error) error {
			for i := range *field(r) {
				if err := emit((*field(r))[i]); err != nil {
					return err
				}
			}
			return nil
		},
		add: func(r *Record, data []byte) error {
			var v T
			if err := strict(data, &v); err != nil {
				return err
			}
			*field(r) = append(*field(r), v)
			return nil
		},
	}
}

// single is the section of a field that a record has once.
func single[T any](name string, field func(*Record) *T) section {
	return section{
		name: name,
		once: true,
		each: func(r *Record, emit func(any) error) error { return emit(*field(r)) },
		add:  func(r *Record, data []byte) error { return strict(data, field(r)) },
	}
}

// sections are the lines of a record in the order of the file. The header comes first, so that a
// reader knows the version before anything else; the footer comes last, with the number of lines of
// each kind, so that a record that was cut short shows it.
var sections = []section{
	single("header", func(r *Record) *Header { return &r.Header }),
	list("life", func(r *Record) *[]Life { return &r.Lives }),
	list("connection", func(r *Record) *[]Connection { return &r.Connections }),
	list("outage", func(r *Record) *[]Outage { return &r.Outages }),
	list("sighting", func(r *Record) *[]Sighting { return &r.Sightings }),
	list("unread", func(r *Record) *[]Unread { return &r.Unread }),
	list("table", func(r *Record) *[]Table { return &r.Tables }),
	list("look", func(r *Record) *[]Look { return &r.Looks }),
	list("process", func(r *Record) *[]Process { return &r.Processes }),
	list("load", func(r *Record) *[]MachineLoad { return &r.Loads }),
	list("attempt", func(r *Record) *[]Attempt { return &r.Attempts }),
	list("host-dials", func(r *Record) *[]HostDials { return &r.HostDials }),
	list("sample", func(r *Record) *[]Sample { return &r.Samples }),
	list("cycle", func(r *Record) *[]Cycle { return &r.Cycles }),
	list("message", func(r *Record) *[]Message { return &r.Messages }),
	list("keeper-sighting", func(r *Record) *[]Sighting { return &r.KeeperSightings }),
	list("keeper-message", func(r *Record) *[]Message { return &r.KeeperMessages }),
	list("receipt", func(r *Record) *[]Receipt { return &r.Receipts }),
	single("books", func(r *Record) *Books { return &r.Books }),
	single("footer", func(r *Record) *Footer { return &r.Footer }),
}

// strict decodes one value and refuses fields it does not know: a record of a later version is
// not judged as if it were one of this.
func strict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// Write writes the record, one typed line each, and a checksum.
func (r *Record) Write(w io.Writer) error {
	sum := sha256.New()
	out := json.NewEncoder(io.MultiWriter(w, sum))
	whole, lines := *r, map[string]int{}
	whole.Footer.Lines = lines
	for _, s := range sections {
		err := s.each(&whole, func(v any) error {
			data, err := json.Marshal(v)
			if err != nil {
				return err
			}
			lines[s.name]++
			return out.Encode(line{Type: s.name, Data: data})
		})
		if err != nil {
			return fmt.Errorf("write record, %s line: %w", s.name, err)
		}
	}
	if _, err := w.Write(sumLine(sum)); err != nil {
		return fmt.Errorf("write record, %s line: %w", sumType, err)
	}
	return nil
}

// Read reads what Write has written, and nothing else: see recordReader.
func Read(in io.Reader) (*Record, error) {
	rr := newRecordReader()
	scan := bufio.NewScanner(in)
	scan.Buffer(nil, maxLineBytes)
	scan.Split(wholeLines)
	n := 1
	refuse := func(err error) (*Record, error) {
		if errors.Is(err, ErrOtherVersion) {
			return nil, fmt.Errorf("read record, line %d: %w", n, err)
		}
		return nil, fmt.Errorf("read record, line %d: %w; %w", n, err, errDamaged)
	}
	for ; scan.Scan(); n++ {
		if err := rr.add(scan.Bytes()); err != nil {
			return refuse(err)
		}
	}
	if err := scan.Err(); errors.Is(err, bufio.ErrTooLong) {
		return refuse(fmt.Errorf("longer than %d MiB", maxLineBytes>>20))
	} else if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	r, err := rr.finish()
	if err != nil {
		return refuse(err)
	}
	return r, nil
}

// wholeLines splits into lines with their ends, so that a last one without an end shows.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// Save writes the record to dir, which must exist, so that it is either whole or not there.
func (r *Record) Save(dir string) error {
	return writeFile(filepath.Join(dir, RecordFile), r.Write)
}

// Load reads the record in dir.
func Load(dir string) (*Record, error) {
	f, err := os.Open(filepath.Join(dir, RecordFile))
	if err != nil {
		return nil, fmt.Errorf("load record: %w: %w", err, errNoRun)
	}
	defer f.Close()
	r, err := Read(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", f.Name(), err)
	}
	r.Dir = dir
	return r, nil
}

// writeFile writes a file by way of a temporary one beside it.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	buffered := bufio.NewWriter(f)
	err = errors.Join(write(buffered), buffered.Flush(), f.Chmod(0o644), f.Close())
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
