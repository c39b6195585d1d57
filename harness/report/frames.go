package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/harness"
)

// How many frames stand beside a violation, and how much of each is shown.
const (
	framesBefore = 8
	framesAfter  = 4
	bodyShown    = 240 // characters
	maxLineBytes = 16 << 20
)

// Frames are those of the transcript around the violations.
type Frames struct {
	Missing string          // why there are none; "" when there could be
	of      map[int][]frame // by the number of the violation
}

// frame is one frame on the run's clock.
type frame struct {
	Seq        int
	At         harness.Moment
	When       string
	Connection int
	FromClient bool
	Kind, Body string
	Note       string
}

// excerpt are the frames around a violation, or around several that have the same ones.
type excerpt struct {
	*violation
	Also []*violation
	Rows []frame
}

// LoadFrames picks the frames around the violations of the verdict out of the transcript in dir. A
// transcript that is missing, or of a run that is cut off in the middle of a line, is no error.
func LoadFrames(dir string, r *harness.Record, v harness.Verdict) (Frames, error) {
	file, err := os.Open(filepath.Join(dir, harness.TranscriptFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Frames{Missing: harness.TranscriptFile + " was not beside the record."}, nil
	}
	if err != nil {
		return Frames{}, fmt.Errorf("read transcript: %w", err)
	}
	defer file.Close()
	found := violations(v)
	if first(found) == nil {
		return Frames{}, nil // a transcript of an hour takes long to read
	}
	return pickFrames(file, r, found)
}

// pickFrames reads frames in their order. Before a violation it keeps the last ones of its connection,
// or of its life's when it names only that, and after it the first ones.
func pickFrames(in io.Reader, r *harness.Record, found []*violation) (Frames, error) {
	out := Frames{of: map[int][]frame{}}
	lives := map[int]int{}
	for _, c := range r.Connections {
		lives[c.ID] = c.Life
	}
	after := map[int]int{}
	scan := bufio.NewScanner(in)
	scan.Buffer(nil, maxLineBytes)
	for n := 1; scan.Scan(); n++ {
		var f fakegateway.Frame
		if err := json.Unmarshal(scan.Bytes(), &f); err != nil {
			out.Missing = fmt.Sprintf("Line %d of %s does not read: frames behind it are left out.",
				n, harness.TranscriptFile)
			break
		}
		row := frameOf(f, r.Header.Started)
		for _, v := range found {
			switch {
			case v.At == 0, v.Connection != 0 && v.Connection != f.Connection,
				v.Connection == 0 && v.Life != 0 && v.Life != lives[f.Connection]:
			case row.At <= v.At:
				kept := append(out.of[v.Number], row)
				out.of[v.Number] = kept[max(len(kept)-framesBefore, 0):]
			case after[v.Number] < framesAfter:
				after[v.Number]++
				out.of[v.Number] = append(out.of[v.Number], row)
			}
		}
	}
	if err := scan.Err(); err != nil {
		return Frames{}, fmt.Errorf("read transcript: %w", err)
	}
	return out, nil
}

func frameOf(f fakegateway.Frame, began time.Time) frame {
	at := harness.Moment(max(f.At.Sub(began), 1))
	body := string(f.Body)
	if len(f.Body) == 0 && len(f.Raw) > 0 {
		body = fmt.Sprintf("%q", f.Raw[:min(len(f.Raw), bodyShown)])
	}
	return frame{
		Seq: f.Seq, At: at, When: moment(at), Connection: f.Connection, FromClient: f.Direction == "client",
		Kind: f.Kind, Body: clipTo(body, bodyShown), Note: f.Note,
	}
}

// excerpts are the violations that have frames.
func excerpts(found []*violation, frames Frames) []excerpt {
	var out []excerpt
	for _, v := range found {
		rows := slices.Clone(frames.of[v.Number])
		if len(rows) == 0 {
			continue
		}
		i := slices.IndexFunc(out, func(e excerpt) bool { return slices.Equal(e.Rows, rows) })
		if i >= 0 {
			out[i].Also = append(out[i].Also, v)
			v.Framed = true
			continue
		}
		if len(out) == excerptsShown {
			continue
		}
		v.Framed = true
		out = append(out, excerpt{violation: v, Rows: rows})
	}
	return out
}
