package observe

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Files in the directory of a record.
const (
	TranscriptFile  = "transcript.jsonl" // one Frame a line
	ConnectionsFile = "connections.json" // the ledger, an array of Connection
)

// recordQueue bounds what waits to be written to the transcript's file.
const recordQueue = 1 << 16

// recorder streams frames to a file from a goroutine of its own, so that a slow disk holds nobody up.
type recorder struct {
	frames  chan RawFrame
	done    chan struct{}
	file    *os.File
	dropped int // guarded by the board's mu
	err     error
}

// newRecorder begins a transcript in dir; nil for no dir.
func newRecorder(dir string) (*recorder, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("record transcript: %w", err)
	}
	file, err := os.Create(filepath.Join(dir, TranscriptFile))
	if err != nil {
		return nil, fmt.Errorf("record transcript: %w", err)
	}
	r := &recorder{frames: make(chan RawFrame, recordQueue), done: make(chan struct{}), file: file}
	go r.run()
	return r, nil
}

// frame queues one frame. The caller holds the board's mu.
func (r *recorder) frame(f RawFrame) {
	select {
	case r.frames <- f:
	default:
		r.dropped++
	}
}

func (r *recorder) run() {
	defer close(r.done)
	out := bufio.NewWriter(r.file)
	lines := json.NewEncoder(out)
	for f := range r.frames {
		if r.err == nil {
			r.err = lines.Encode(f.decoded())
		}
		if r.err == nil && len(r.frames) == 0 {
			r.err = out.Flush() // what is on disk is never far behind
		}
	}
	r.err = errors.Join(r.err, out.Flush(), r.file.Close())
}

// Finish ends the recording and writes the ledger. What is filed later is not recorded.
func (b *Board) Finish(dir string) error {
	b.mu.Lock()
	r := b.record
	b.record = nil
	b.mu.Unlock()
	if r == nil {
		return nil
	}
	close(r.frames)
	<-r.done
	if r.err != nil {
		return fmt.Errorf("record transcript: %w", r.err)
	}
	if r.dropped > 0 {
		return fmt.Errorf("record transcript: %d frames are missing: the disk was too slow",
			r.dropped)
	}
	text, err := json.MarshalIndent(b.Connections(), "", "\t")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, ConnectionsFile), append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("record connections: %w", err)
	}
	return nil
}
