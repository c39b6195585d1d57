package harness

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestStreamKeepsBothEnds writes random pieces and compares the log with what it was to keep.
func TestStreamKeepsBothEnds(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 10, LogKept, LogKept + 1, 2 * LogKept, 2*LogKept + 1, 5*LogKept + 12345} {
		random := rand.New(rand.NewPCG(1, uint64(size)))
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		path := filepath.Join(t.TempDir(), "log")
		log, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		s := &stream{log: log}
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+random.IntN(2*LogKept))
			s.keep(rest[:n])
			rest = rest[n:]
		}
		s.finish()
		if s.err != nil {
			t.Fatal(s.err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		head, tail := data[:min(size, LogKept)], data[max(min(size, LogKept), size-LogKept):]
		if !bytes.HasPrefix(got, head) || !bytes.HasSuffix(got, tail) {
			t.Errorf("%d bytes: the ends differ", size)
		}
		if left := len(got) - len(head) - len(tail); (left > 0) != (size > 2*LogKept) {
			t.Errorf("%d bytes: %d more than both ends", size, left)
		}
	}
}

func TestMeterFindsTheBusiestWindow(t *testing.T) {
	t.Parallel()
	var m meter
	at := time.Unix(1_800_000_000, 0)
	for second := range 100 { // 10 a second, a burst of 1000 for five seconds, silence, 10 a second
		n := 10
		switch {
		case second >= 40 && second < 45:
			n = 1000
		case second >= 45 && second < 70:
			continue
		}
		m.add(second%2, n, at.Add(time.Duration(second)*time.Second))
	}
	var l Life
	m.fill(&l)
	if want := int64(5*1000 + 11*10); l.BusiestBytes != want {
		t.Errorf("busiest %d, want %d", l.BusiestBytes, want)
	}
	if l.StdoutBytes+l.StderrBytes != 5*1000+70*10 {
		t.Errorf("counted %d and %d", l.StdoutBytes, l.StderrBytes)
	}
}
