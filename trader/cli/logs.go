package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/DeRuina/timberjack"
	"github.com/lmittmann/tint"

	"ibsoak/trader/config"
	"ibsoak/trader/link"
	"ibsoak/trader/status"
)

// AuditName is the file in the state directory that has every order message and change of state, one JSON
// document a line.
const AuditName = "audit.jsonl"

// rotated is a file that begins anew when it is full, and of which a few old ones are kept.
func rotated(c config.Config, name string) *timberjack.Logger {
	return &timberjack.Logger{Filename: name, MaxSize: c.Log.Size, MaxBackups: c.Log.Files, FileMode: 0o600}
}

// openLog writes to the configured file, else to stderr: coloured on a terminal, plain text else. What it
// writes names no account.
func openLog(c config.Config, stderr *lockedWriter, board *status.Board) (*slog.Logger, io.Closer, error) {
	level, err := c.Level()
	if err != nil {
		return nil, nil, fmt.Errorf("make log: %w", err)
	}
	options := &slog.HandlerOptions{Level: level}
	out, closer := io.Writer(counted{stderr, "log", board}), io.Closer(io.NopCloser(nil))
	if c.Log.File != "" {
		f := rotated(c, c.Log.File)
		if _, err := f.Write(nil); err != nil {
			return nil, nil, fmt.Errorf("open log: %w", err)
		}
		out, closer = counted{redacting{f}, "log", board}, f
	}
	switch {
	case c.Log.Format == config.JSONLog:
		return slog.New(slog.NewJSONHandler(out, options)), closer, nil
	case c.Log.File == "" && isTerminal(stderr.w):
		return slog.New(tint.NewTextHandler(out, &tint.Options{Level: level, TimeFormat: time.TimeOnly})), closer, nil
	}
	return slog.New(slog.NewTextHandler(out, options)), closer, nil
}

// isTerminal says whether w is a character device and colours are wanted (https://no-color.org).
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// redacting masks account ids, whoever wrote them.
type redacting struct{ w io.Writer }

// Write writes p without account ids.
func (r redacting) Write(p []byte) (int, error) {
	if _, err := io.WriteString(r.w, link.Redact(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// counted counts on the board what could not be written.
type counted struct {
	w     io.Writer
	kind  string
	board *status.Board
}

// Write passes p on.
func (c counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	if err != nil {
		c.board.Update(func(s *status.Snapshot) { s.Lose(c.kind) })
	} else if loss, lost := c.board.Load().Lost[c.kind]; lost && !loss.Repaired {
		c.board.Update(func(s *status.Snapshot) { s.Repair(c.kind) })
	}
	return n, err
}

// auditLine is one line of the audit.
type auditLine struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	What any       `json:"what"`
}

// auditState is the kind of the timeline's events.
const auditState = "state"

// auditLog writes the audit. A line that cannot be written is counted and lost: trading does not wait.
type auditLog struct {
	file io.WriteCloser
	out  io.Writer
}

func openAudit(c config.Config, dir string, board *status.Board) *auditLog {
	f := rotated(c, filepath.Join(dir, AuditName))
	return &auditLog{file: f, out: counted{redacting{f}, "audit", board}}
}

func (a *auditLog) write(kind string, what any) { a.writeAt(time.Now(), kind, what) }

func (a *auditLog) writeAt(at time.Time, kind string, what any) {
	data, err := json.Marshal(auditLine{at.UTC(), kind, what})
	if err != nil {
		data = fmt.Appendf(nil, `{"at":%q,"kind":%q,"error":%q}`, at.UTC().Format(time.RFC3339Nano), kind, err)
	}
	_, _ = a.out.Write(append(data, '\n')) // counted
}

// lastDay reads the timeline of the last day back from the audit, as far as its file reaches.
func lastDay(dir string) (events []status.Event, err error) {
	f, err := os.Open(filepath.Join(dir, AuditName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	const most = 8 << 20 // bytes of the end
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(max(0, size-most), io.SeekStart); err != nil {
		return nil, err
	}
	since := time.Now().Add(-24 * time.Hour)
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if !bytes.Contains(lines.Bytes(), []byte(`"kind":"`+auditState+`"`)) {
			continue
		}
		var line struct{ What status.Event }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.What.At.After(since) { // a cut line is not one
			events = append(events, line.What)
		}
	}
	return events[max(0, len(events)-status.MaxTimeline):], lines.Err()
}
