package recording

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxLineBytes bounds a line: a frame in base64, and as much again for its decoded body.
const maxLineBytes = 256 << 20

// Recording is a whole recording.
type Recording struct {
	Header  Header
	Entries []Entry
}

// Load reads a recording from a file.
func Load(name string) (*Recording, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	defer file.Close()
	r, err := Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// Read reads a recording. Its errors name the line.
func Read(in io.Reader) (*Recording, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), maxLineBytes)
	r := &Recording{}
	for n := 1; lines.Scan(); n++ {
		if n == 1 {
			if err := r.Header.parse(lines.Bytes()); err != nil {
				return nil, fmt.Errorf("read recording: line 1: %w", err)
			}
			continue
		}
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("read recording: line %d: %w", n, err)
		}
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("read recording: line %d: %w", n, err)
		}
		r.Entries = append(r.Entries, e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	if r.Header.Format == "" {
		return nil, errors.New("read recording: it is empty: want a header line")
	}
	return r, nil
}

func (h *Header) parse(line []byte) error {
	if err := json.Unmarshal(line, h); err != nil {
		return fmt.Errorf("want a header like {\"format\":%q,…}: %w", Format, err)
	}
	if h.Format != Format {
		return fmt.Errorf("format %q: want %q; fakegateway import reads other transcripts",
			h.Format, Format)
	}
	if h.FormatVersion != FormatVersion {
		return fmt.Errorf("format version %d: this program reads %d", h.FormatVersion, FormatVersion)
	}
	return nil
}

// check refuses entries that no writer writes.
func (e Entry) check() error {
	switch {
	case e.From != FromClient && e.From != FromGateway:
		return fmt.Errorf("from %q: want %q or %q", e.From, FromClient, FromGateway)
	case e.Connection < 1:
		return fmt.Errorf("connection %d: want 1 or more", e.Connection)
	case e.Kind == "":
		return errors.New("an entry without a kind")
	}
	return nil
}
