package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

// File is the name of a history beside the runs.
const File = "history.jsonl"

// Schema is the version of an entry's form.
const Schema = 1

// maxLineBytes bounds one line; an entry has a few thousand.
const maxLineBytes = 1 << 20

// Entry is one run in a history.
type Entry struct {
	Schema    int             `json:"schema"`
	Started   time.Time       `json:"started"` // UTC
	Scenario  string          `json:"scenario"`
	Subject   string          `json:"subject"` // its command template, without the path of the program
	TimeScale float64         `json:"timeScale"`
	Machine   string          `json:"machine"` // "linux/amd64, 2 CPUs"
	Seed      uint64          `json:"seed"`
	Dir       string          `json:"dir,omitempty"` // of the record, when the run was made
	Outcome   harness.Outcome `json:"outcome"`
	Sentence  string          `json:"sentence"`
	Passed    int             `json:"passed"` // lives, of Lives
	Lives     int             `json:"lives"`
	Cycles    int             `json:"cycles"`
	Took      fault.Duration  `json:"took"`

	Checks  map[string]harness.Outcome `json:"checks"`
	Phases  map[string]Phase           `json:"phases"`  // by the name of the handshake's phase
	Zombies map[harness.Side]int       `json:"zombies"` // by the side that has them
}

// Phase is the distribution of one phase in one run.
type Phase struct {
	N   int            `json:"n"`
	P50 fault.Duration `json:"p50"`
	P90 fault.Duration `json:"p90"`
	Max fault.Duration `json:"max"`
}

// EntryOf sums a run up.
func EntryOf(v harness.Verdict, dir string) Entry {
	started, _ := time.Parse(time.RFC3339, v.Started) // Judge wrote it
	e := Entry{
		Schema: Schema, Started: started, Scenario: v.Scenario, Subject: subject(v.Command), TimeScale: v.TimeScale,
		Machine: fmt.Sprintf("%s/%s, %d CPUs", v.Host.OS, v.Host.Arch, v.Host.CPUs), Seed: v.Seed, Dir: dir,
		Outcome: v.Outcome, Sentence: v.Sentence, Passed: v.Passed, Lives: len(v.Lives), Cycles: v.Cycles,
		Took: fault.Duration(v.Took), Checks: map[string]harness.Outcome{}, Phases: map[string]Phase{},
		Zombies: map[harness.Side]int{},
	}
	for _, f := range v.Findings {
		e.Checks[f.Check] = f.Outcome
	}
	for _, t := range v.Timings {
		if t.N > 0 {
			e.Phases[t.Phase] = Phase{N: t.N, P50: t.P50, P90: t.P90, Max: t.Max}
		}
	}
	for _, s := range v.Sockets {
		e.Zombies[s.Side] = s.Zombies
	}
	return e
}

// subject is a command template without its program's directory: go run builds in another each time.
func subject(command []string) string {
	if len(command) == 0 {
		return ""
	}
	return strings.Join(append([]string{filepath.Base(command[0])}, command[1:]...), " ")
}

// Append adds an entry to the file at path, which it makes if need be. A last line that was cut off, as
// by a full disk, stays alone on its line.
func Append(path string, e Entry) (err error) {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("append to history: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("append to history: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("append to history: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if cut, err := endsInLine(f); err != nil {
		return fmt.Errorf("append to history: %w", err)
	} else if cut {
		data = append([]byte{'\n'}, data...)
	}
	// One write: two runs that end together have a line each.
	if _, err := f.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("append to history: %w", err)
	}
	return nil
}

// endsInLine reports a file whose last line has no end.
func endsInLine(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return last[0] != '\n', err
}

// ErrEmpty is the error of a history without a run.
var ErrEmpty = errors.New("it has no run yet: soak run adds one each")

// wantFile says what a history is.
const wantFile = "give the file that soak run writes, runs/" + File + " or that of its --history"

// Read reads a history. Lines that do not read are left out, and said in notes: one damaged line must
// not cost a year. A history of which no line reads is an error.
func Read(in io.Reader) (entries []Entry, notes []string, err error) {
	lines := bufio.NewReaderSize(in, maxLineBytes)
	for n := 1; err != io.EOF; n++ {
		var line []byte
		long := false
		line, err = lines.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) {
			long = true
			_, err = lines.ReadSlice('\n')
		}
		if err != nil && err != io.EOF {
			return nil, notes, fmt.Errorf("read history: %w", err)
		}
		text := bytes.TrimSpace(line)
		if long {
			notes = append(notes, fmt.Sprintf("line %d is left out: damaged: longer than %d bytes", n, maxLineBytes))
			continue
		}
		if len(text) == 0 {
			continue
		}
		e, wrong := parse(text)
		if wrong != nil {
			notes = append(notes, fmt.Sprintf("line %d is left out: %v", n, wrong))
			continue
		}
		entries = append(entries, e)
	}
	switch {
	case len(entries) > 0:
		return entries, notes, nil
	case len(notes) > 0:
		return nil, notes, fmt.Errorf("no line of the history reads; %s; %s", notes[0], wantFile)
	}
	return nil, nil, ErrEmpty
}

func parse(text []byte) (Entry, error) {
	var version struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return Entry{}, fmt.Errorf("damaged: %w", err)
	}
	switch {
	case version.Schema == nil:
		return Entry{}, errors.New("it has no schema: it is of another program")
	case *version.Schema != Schema:
		return Entry{}, fmt.Errorf("schema %d, this program reads %d: the soak that wrote it reads it",
			*version.Schema, Schema)
	}
	var e Entry
	if err := json.Unmarshal(text, &e); err != nil {
		return Entry{}, fmt.Errorf("damaged: %w", err)
	}
	if e.Scenario == "" || e.Outcome == "" || e.Started.IsZero() {
		return Entry{}, errors.New("damaged: it has no scenario, outcome or time")
	}
	return e, nil
}

// Load reads the history at path.
func Load(path string) (entries []Entry, notes []string, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s: there is no such history: "+
			"soak run without --out, or with --history FILE, writes one", path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read history: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, nil, fmt.Errorf("%s: it is a directory; %s", path, wantFile)
	}
	entries, notes, err = Read(f)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return entries, notes, err
}
