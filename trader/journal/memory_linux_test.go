package journal

import (
	"os"
	"runtime/debug"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/prometheus/procfs"
)

// record writes what a cycle does that decides to do nothing.
func record(t testing.TB, j *Journal, cycles int) {
	t.Helper()
	for range cycles {
		id, err := j.BeginCycle(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		d := Decision{
			Cycle: id, Symbol: "AAPL", Outcome: "hold", Reason: "SMA10 100.2, SMA20 100.1", BarEnd: time.Now(),
			Close: decimal.MustNew(10_000+id%100, 2),
		}
		if err := j.Decide(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Open(t.Context(), "DU1"); err != nil {
			t.Fatal(err)
		}
		if err := j.EndCycle(t.Context(), id, "complete", ""); err != nil {
			t.Fatal(err)
		}
	}
}

// resident is the memory that the process has of its own, in KiB, after a collection.
func resident(t testing.TB) int64 {
	t.Helper()
	debug.FreeOSMemory()
	self, err := procfs.NewProc(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	status, err := self.NewStatus()
	if err != nil {
		t.Fatal(err)
	}
	return int64(status.RssAnon >> 10)
}

// TestMemoryIsFlat: a trader of twenty cycles a second grew by a third of a megabyte a minute, outside of
// Go's heap: the page cache filled, by 3.3 MB from the third to the ninth thousand of cycles.
func TestMemoryIsFlat(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector keeps memory of its own for what the program has touched")
	}
	j, err := OpenScratch(t.Context(), t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	record(t, j, 3000)
	before := resident(t)
	record(t, j, 9000)
	const most = 1024 // KiB
	if grown := resident(t) - before; grown > most {
		t.Errorf("9000 cycles more took %d KiB more, want %d at most", grown, most)
	}
}

// BenchmarkCycle is the record of a cycle that decides to do nothing, beside a plain insert of one row in
// the same file.
func BenchmarkCycle(b *testing.B) {
	j, err := OpenScratch(b.Context(), b.TempDir(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if _, err := j.db.ExecContext(b.Context(), `CREATE TABLE plain (id INTEGER PRIMARY KEY, at TEXT NOT NULL)`); err != nil {
		b.Fatal(err)
	}
	var cycle, insert time.Duration
	for b.Loop() {
		begun := time.Now()
		record(b, j, 1)
		cycle += time.Since(begun)
		begun = time.Now()
		if _, err := j.db.ExecContext(b.Context(), `INSERT INTO plain (at) VALUES (?)`, "now"); err != nil {
			b.Fatal(err)
		}
		insert += time.Since(begun)
	}
	b.ReportMetric(float64(cycle.Microseconds())/float64(b.N), "cycle-µs")
	b.ReportMetric(float64(insert.Microseconds())/float64(b.N), "insert-µs")
	b.ReportMetric(float64(cycle)/float64(insert), "cycle/insert")
}
