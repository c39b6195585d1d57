// Package witness owns the notes of tests about which messages they have checked, at which server
// version, and against what. It must not know the codec. The command internal/conformance runs those
// tests and makes a table of their notes.
package witness

import (
	"fmt"
	"os"
	"sync"
)

// File is the environment variable that names the file to which what was seen is appended. Where
// it is not set nothing is kept.
const File = "IBSOAK_WITNESS"

// By is what a message was checked against.
type By string

// The witnesses, the most foreign first.
const (
	Capture By = "capture"    // the bytes of a real Gateway
	IBAPI   By = "ibapi"      // github.com/scmhub/ibapi wrote it or heard it
	Stoqey  By = "@stoqey/ib" // the same for that client
	Hand    By = "by hand"    // bytes written down by a client's source
	Golden  By = "own golden" // bytes kept in this repository
)

// All lists the witnesses.
func All() []By { return []By{Capture, IBAPI, Stoqey, Hand, Golden} }

// Sighting is one message that was checked.
type Sighting struct {
	Kind    string // IBKR's name
	Version int
	By      By
}

// String is a line of the file; Parse reads it.
func (s Sighting) String() string { return fmt.Sprintf("%s\t%d\t%s", s.Kind, s.Version, s.By) }

// Parse reads a line of the file.
func Parse(line string) (s Sighting, err error) {
	var by [2]string // a name may have a blank
	n, err := fmt.Sscanf(line, "%s\t%d\t%s %s", &s.Kind, &s.Version, &by[0], &by[1])
	if n < 3 {
		return s, fmt.Errorf("read sighting %q: %w", line, err)
	}
	if s.By = By(by[0]); by[1] != "" {
		s.By += By(" " + by[1])
	}
	return s, nil
}

var (
	mu   sync.Mutex // guards file and seen
	file *os.File
	seen = make(map[Sighting]bool)
)

// Saw notes that a message of kind was checked at a version. Call it behind the check. It panics
// when the file cannot be written, because a table with holes would be believed.
func Saw(kind string, version int, by By) {
	path := os.Getenv(File)
	if path == "" {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	s := Sighting{kind, version, by}
	if seen[s] {
		return
	}
	seen[s] = true
	if file == nil {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			panic(fmt.Sprintf("witness: %v", err))
		}
		file = f // until the process ends
	}
	if _, err := fmt.Fprintln(file, s); err != nil {
		panic(fmt.Sprintf("witness: %v", err))
	}
}
