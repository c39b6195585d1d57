package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// output is what a life's processes write to stdout and stderr. Each stream has a goroutine that
// takes everything at once, however much it is, so that the harness never holds up a subject; it
// ends when the last process has closed its end, or by close.
type output struct {
	streams [2]*stream // stdout, stderr
	meter   meter
}

// stream is one of the two. Its goroutine owns the fields below done until that is closed.
type stream struct {
	theirs *os.File // the subject's end; ours only until the start
	pipe   *os.File
	done   chan struct{}

	log  *os.File
	kept int    // bytes in the log
	tail []byte // the last LogKept bytes beyond those, as a ring once it is full
	next int    // where the ring goes on
	lost int64  // bytes that the ring has given up
	err  error
}

// newOutput makes the pipes and the logs.
func newOutput(stdout, stderr string) (*output, error) {
	o := &output{}
	for i, path := range []string{stdout, stderr} {
		s, err := newStream(path)
		if err != nil {
			if i > 0 {
				err = errors.Join(err, o.streams[0].abandon())
			}
			return nil, fmt.Errorf("take the subject's output: %w", err)
		}
		o.streams[i] = s
	}
	return o, nil
}

func newStream(path string) (*stream, error) {
	log, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	pipe, theirs, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return &stream{theirs: theirs, pipe: pipe, log: log, done: make(chan struct{})}, nil
}

// abandon closes what no process was started with.
func (s *stream) abandon() error {
	return errors.Join(s.theirs.Close(), s.pipe.Close(), s.log.Close())
}

func (o *output) abandon() {
	for _, s := range o.streams {
		_ = s.abandon() // nothing was written
	}
}

// begin takes what the started process writes.
func (o *output) begin() {
	for i, s := range o.streams {
		_ = s.theirs.Close() // the process has its own
		go s.copy(func(n int) { o.meter.add(i, n, time.Now()) })
	}
}

// copy takes the stream to its end.
func (s *stream) copy(count func(n int)) {
	defer close(s.done)
	buffer := make([]byte, 64<<10)
	for {
		n, err := s.pipe.Read(buffer)
		count(n)
		s.keep(buffer[:n])
		if err != nil { // the end, or close
			s.finish()
			return
		}
	}
}

// keep writes the first LogKept bytes to the log at once, and keeps the last ones.
func (s *stream) keep(data []byte) {
	head := data[:min(len(data), LogKept-s.kept)]
	if len(head) > 0 {
		_, err := s.log.Write(head)
		s.err = errors.Join(s.err, err)
		s.kept += len(head)
	}
	for rest := data[len(head):]; len(rest) > 0; {
		if len(s.tail) < LogKept {
			n := min(len(rest), LogKept-len(s.tail))
			s.tail, rest = append(s.tail, rest[:n]...), rest[n:]
			continue
		}
		n := copy(s.tail[s.next:], rest)
		s.next, s.lost, rest = (s.next+n)%LogKept, s.lost+int64(n), rest[n:]
	}
}

// finish writes the last bytes to the log, after a line that says how many are missing before them.
func (s *stream) finish() {
	if s.lost > 0 {
		_, err := fmt.Fprintf(s.log, "\n[%d bytes left out here: a log keeps the first and the last %d]\n",
			s.lost, LogKept)
		s.err = errors.Join(s.err, err)
	}
	for _, part := range [][]byte{s.tail[s.next:], s.tail[:s.next]} {
		_, err := s.log.Write(part)
		s.err = errors.Join(s.err, err)
	}
	s.err = errors.Join(s.err, s.log.Close())
}

// close waits for the ends of both streams, for outputWithin at most, and takes no more then. held
// tells that a process still had a stream open.
func (o *output) close() (held bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), outputWithin)
	defer cancel()
	for _, s := range o.streams {
		select {
		case <-s.done:
		case <-ctx.Done():
			held = true
		}
		_ = s.pipe.Close() // a reading end: nothing can be lost
		select {
		case <-s.done:
			err = errors.Join(err, s.err)
		case <-time.After(outputWithin): // Windows cannot interrupt a reading
			held = true
		}
	}
	return held, err
}

// meter counts what is written, by stream and in all within the busiest LogWindow.
type meter struct {
	sync.Mutex
	bytes   [2]int64
	seconds [LogWindow / time.Second]int64 // the last ones, as a ring
	second  int64                          // the newest of them
	busiest int64
}

// add counts n bytes of a stream.
func (m *meter) add(stream, n int, now time.Time) {
	m.Lock()
	defer m.Unlock()
	second, slots := now.Unix(), int64(len(m.seconds))
	for s := max(m.second, second-slots) + 1; s <= second; s++ {
		m.seconds[s%slots] = 0
	}
	m.second = max(m.second, second)
	m.bytes[stream] += int64(n)
	m.seconds[m.second%slots] += int64(n)
	var sum int64
	for _, b := range m.seconds {
		sum += b
	}
	m.busiest = max(m.busiest, sum)
}

// fill notes the counts in the life.
func (m *meter) fill(l *Life) {
	m.Lock()
	defer m.Unlock()
	l.StdoutBytes, l.StderrBytes, l.BusiestBytes = m.bytes[0], m.bytes[1], m.busiest
}
