package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// pendingEntries bounds the lines that wait for the header, which waits for the version.
const pendingEntries = 64

// errWriterClosed is a write after Close.
var errWriterClosed = errors.New("the recording is closed")

// Writer writes a recording, a line at a time and without a buffer: a process that is killed loses
// nothing that was written. It is safe for concurrent use.
type Writer struct {
	mu      sync.Mutex
	out     io.Writer
	header  Header
	begun   bool // the header is written
	closed  bool
	pending []Entry
	entries int
	err     error
}

// NewWriter begins a recording. Format and FormatVersion of the header are filled in.
func NewWriter(out io.Writer, header Header) *Writer {
	header.Format, header.FormatVersion = Format, FormatVersion
	if header.Started.IsZero() {
		header.Started = time.Now()
	}
	return &Writer{out: out, header: header}
}

// version tells the header which version was negotiated first.
func (w *Writer) version(v int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.header.ServerVersion == 0 {
		w.header.ServerVersion = v
	}
}

// Write adds an entry. The first error is returned by every later call.
func (w *Writer) Write(e Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return fmt.Errorf("write recording: %w", errWriterClosed)
	}
	if !w.begun {
		w.pending = append(w.pending, e)
		if w.header.ServerVersion == 0 && len(w.pending) < pendingEntries {
			return w.err
		}
		w.begin()
		return w.err
	}
	w.line(e)
	return w.err
}

// begin writes the header and what has waited for it. The caller holds mu.
func (w *Writer) begin() {
	w.begun = true
	w.put(w.header)
	for _, e := range w.pending {
		w.line(e)
	}
	w.pending = nil
}

func (w *Writer) line(e Entry) {
	w.entries++
	w.put(e)
}

func (w *Writer) put(v any) {
	if w.err != nil {
		return
	}
	text, err := json.Marshal(v)
	if err == nil {
		_, err = w.out.Write(append(text, '\n'))
	}
	if err != nil {
		w.err = fmt.Errorf("write recording: %w", err)
	}
}

// Entries is how many were written.
func (w *Writer) Entries() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.entries + len(w.pending)
}

// Close writes what has waited for a version and returns the first error. It does not close the
// file behind it.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begun {
		w.begin()
	}
	w.closed = true
	return w.err
}
