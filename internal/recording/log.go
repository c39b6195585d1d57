package recording

import (
	"fmt"
	"io"
	"time"

	"ibsoak/internal/wire"
)

// Log is a scrubbed recording that whoever handles the frames writes by himself, frame by frame. It
// is safe for concurrent use.
type Log struct{ entries entryWriter }

// NewLog begins a recording.
func NewLog(out io.Writer) (*Log, error) {
	scrub, err := NewScrubber(ScaleAmounts)
	if err != nil {
		return nil, err
	}
	return &Log{entryWriter{
		file: newWriter(out, Header{Scrubbed: true, Source: "tap"}), scrub: scrub, now: time.Now,
	}}, nil
}

// Begin writes how a connection began: its preamble and the version reply.
func (l *Log) Begin(connection int, p wire.Preamble, h wire.Hello) error {
	if err := l.entries.event(connection, wire.FromClient, KindConnected, ""); err != nil {
		return err
	}
	if err := l.entries.preamble(connection, wire.AppendPreamble(nil, p)); err != nil {
		return err
	}
	return l.entries.hello(connection, h)
}

// Frame writes a frame, given without its length prefix.
func (l *Log) Frame(connection int, d wire.Direction, payload []byte, v wire.Version) error {
	if len(payload) == 0 || len(payload) > wire.MaxFrameBytes {
		return fmt.Errorf("record a frame of %d bytes", len(payload))
	}
	return l.entries.frame(connection, d, wire.AppendFrame(nil, payload), v)
}

// End writes that one side ended its half of the connection.
func (l *Log) End(connection int, d wire.Direction, note string) error {
	return l.entries.event(connection, d, KindFIN, note)
}

// Close ends the recording; it does not close the underlying file.
func (l *Log) Close() error { return l.entries.file.close() }
