package harness

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// consistent gives a record the numbers that a run would have given it: a generated record names
// lives and connections that it does not have.
func consistent(r *Record) *Record {
	for i := range r.Lives {
		r.Lives[i].Number = i + 1
	}
	life := func(n int) int { return min(max(n, 0), len(r.Lives)) }
	for i := range r.Connections {
		r.Connections[i].ID, r.Connections[i].Life = i+1, life(r.Connections[i].Life)
	}
	connection := func(n int) int { return min(n, len(r.Connections)) }
	r.Looks = nil
	for _, l := range r.Lives {
		r.Looks = append(r.Looks, Look{Life: l.Number, At: l.Exited, Settled: true})
	}
	if len(r.Lives) == 0 {
		r.Samples = nil
	}
	for i := range r.Samples {
		r.Samples[i].Life = life(r.Samples[i].Life)
	}
	for i := range r.Cycles {
		r.Cycles[i].Number, r.Cycles[i].Life = i+1, life(r.Cycles[i].Life)
		r.Cycles[i].Connection = connection(r.Cycles[i].Connection)
	}
	for i := range r.Receipts {
		r.Receipts[i].Connection = connection(r.Receipts[i].Connection)
	}
	return r
}

// written is a record as its lines.
func written(t interface{ Fatal(...any) }, r *Record) []string {
	var saved bytes.Buffer
	if err := r.Write(&saved); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(saved.String(), "\n")
	return lines[:len(lines)-1]
}

// passing are records that pass, with every kind of line that decides something.
func passing() []*Record {
	zombies := []Check{{Name: "no-zombies-at-gateway"}, {Name: "no-zombies-at-trader"}}
	ten := tenLives(append(zombies, Check{Name: "completed-handshakes", Want: 10}, Check{Name: "books-add-up"})...)
	stay(GatewaySide, 300*ms)(ten)
	two := twoSessions(sec, append(zombies, Check{Name: "recovery"}, Check{Name: "faults-delivered"})...)
	long := oneLife(120, append(zombies, Check{Name: "steady-fds"}, Check{Name: "memory"})...)
	return []*Record{ten, two, long}
}

// notPassed fails when the lines are taken for a record that passes.
func notPassed(t interface {
	Fatalf(format string, args ...any)
}, what string, text string,
) error {
	r, err := Read(strings.NewReader(text))
	if err != nil {
		return err
	}
	if v := Judge(r); v.Outcome == Pass {
		t.Fatalf("%s: passed: %s", what, v.Sentence)
	}
	return nil
}

// TestDamagedRecordsNeverPass changes a record that passes in every small way.
func TestDamagedRecordsNeverPass(t *testing.T) {
	for _, r := range passing() {
		lines := written(t, r)
		whole := strings.Join(lines, "")
		if loaded, err := Read(strings.NewReader(whole)); err != nil || Judge(loaded).Outcome != Pass {
			t.Fatalf("the whole record: %v", err)
		}
		rapid.Check(t, func(t *rapid.T) {
			i := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
			j := rapid.IntRange(0, len(lines)-1).Draw(t, "other line")
			at := rapid.IntRange(0, len(whole)-1).Draw(t, "byte")
			flipped := []byte(whole)
			flipped[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			swapped := slices.Clone(lines)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			changed := map[string]string{
				"a line deleted": strings.Join(slices.Delete(slices.Clone(lines), i, i+1), ""),
				"a line twice":   strings.Join(slices.Insert(slices.Clone(lines), i, lines[i]), ""),
				"cut off":        whole[:at],
				"a bit flipped":  string(flipped),
				"more at end":    whole + lines[j],
			}
			if lines[i] != lines[j] {
				changed["two lines swapped"] = strings.Join(swapped, "")
			}
			for what, text := range changed {
				if err := notPassed(t, what, text); err == nil || !strings.Contains(err.Error(), "line ") {
					t.Fatalf("%s was read, or refused without its line: %v", what, err)
				}
			}
		})
	}
}

// sealed gives lines a footer and a checksum that fit them, as somebody would who hides what the
// record says.
func sealed(t *testing.T, lines []string) string {
	t.Helper()
	counts, text := map[string]int{}, ""
	for _, raw := range lines[:len(lines)-1] {
		var l line
		if err := json.Unmarshal([]byte(raw), &l); err != nil {
			t.Fatal(err)
		}
		if l.Type == "footer" {
			var f Footer
			if err := json.Unmarshal(l.Data, &f); err != nil {
				t.Fatal(err)
			}
			f.Lines = maps.Clone(counts)
			l.Data, _ = json.Marshal(f)
			again, _ := json.Marshal(l)
			raw = string(again) + "\n"
		}
		counts[l.Type]++
		text += raw
	}
	sum := sha256.New()
	sum.Write([]byte(text))
	return text + string(sumLine(sum))
}

// TestEvidenceIsNotOptional deletes lines and makes the counts and the checksum anew: what every
// claim needs must still be missed.
func TestEvidenceIsNotOptional(t *testing.T) {
	for n, r := range passing() {
		lines := written(t, r)
		if loaded, err := Read(strings.NewReader(sealed(t, lines))); err != nil || Judge(loaded).Outcome != Pass {
			t.Fatalf("sealed anew: %v", err)
		}
		kinds := []string{"header", "life", "connection", "look", "books", "footer"}
		needed := [][]string{{}, {"receipt", "cycle"}, {"sample"}}[n]
		for _, kind := range slices.Concat(kinds, needed) {
			is := func(raw string) bool { return strings.HasPrefix(raw, fmt.Sprintf(`{"type":%q`, kind)) }
			at := slices.IndexFunc(lines, is)
			if at < 0 {
				continue
			}
			_ = notPassed(t, fmt.Sprintf("record %d without %s lines", n, kind),
				sealed(t, slices.DeleteFunc(slices.Clone(lines), is)))
			if slices.Contains(kinds, kind) {
				_ = notPassed(t, fmt.Sprintf("record %d without its first %s line", n, kind),
					sealed(t, slices.Delete(slices.Clone(lines), at, at+1)))
			}
		}
	}
}

// TestZombiesNeedALook takes the looks from a record in memory, which no reader has refused.
func TestZombiesNeedALook(t *testing.T) {
	for _, name := range []string{"no-zombies-at-gateway", "no-zombies-at-trader"} {
		r := tenLives()
		r.Looks = slices.Delete(r.Looks, 6, 7)
		if f := find(r, Check{Name: name}); f.Outcome != Inconclusive || !strings.Contains(f.Detail, "after life 7") {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Detail)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	lines := written(t, tenLives(Check{Name: "first-bytes"}))
	whole := strings.Join(lines, "")
	first := func(kind string) int {
		return slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, `{"type":"`+kind) })
	}
	without := func(i int) string { return sealed(t, slices.Delete(slices.Clone(lines), i, i+1)) }
	twice := func(i int) string { return sealed(t, slices.Insert(slices.Clone(lines), i, lines[i])) }
	again := "run the scenario again"
	cases := []struct{ name, text, says string }{
		{"nothing", "", "line 1: the file is empty; what is missing"},
		{"no checksum", strings.Join(lines[:len(lines)-1], ""), "no checksum at the end: the file was cut short"},
		{"cut inside a line", whole[:len(whole)/2], "the line is cut off"},
		{"no header", without(0), `"life" in place of the header`},
		{"an earlier version of other fields", strings.Replace(whole, `"version":2`, `"version":1,"gone":7`, 1), "line 1: version 1; this program reads version 2: judge it with the soak that wrote it"},
		{"a later version of other fields", strings.Replace(whole, `"version":2`, `"version":3,"new":{}`, 1), "line 1: version 3; this program reads version 2: judge it with the soak that wrote it"},
		{"an earlier version", strings.Replace(whole, `"version":2`, `"version":1`, 1), "line 1: version 1; this program reads version 2: judge it with the soak that wrote it"},
		{"an unknown line", lines[0] + `{"type":"mystery","data":{}}` + "\n", `line 2: unknown type "mystery"`},
		{"an unknown field", strings.Replace(whole, `"pid":101`, `"pid":101,"mood":"fine"`, 1), "mood"},
		{"no JSON", "hello\n", "line 1"},
		{"a NUL", lines[0] + "\x00\n", "line 2: the line is no text"},
		{"not UTF-8", lines[0] + "\xff\n", "line 2: the line is no text"},
		{"a huge line", lines[0] + strings.Repeat("x", maxLineBytes), "line 2: longer than 16 MiB"},
		{"two headers", twice(0), "line 2: a second header"},
		{"two footers", twice(first("footer")), "a second footer"},
		{"a life twice", twice(first("life")), "line 3: life 1 in the place of life 2"},
		{"a life missing", without(first("life") + 1), "life 3 in the place of life 2"},
		{"a connection twice", twice(first("connection")), "connection 1 a second time"},
		{"a look twice", twice(first("look")), "a second look after life 1"},
		{"a look missing", without(first("look") + 3), "no look at the sockets after life 4"},
		{"no books", without(first("books")), "a footer line, and no books before it"},
		{"out of order", sealed(t, slices.Insert(slices.Clone(lines), first("look"), lines[1])), "a life line after a connection line"},
		{"counts", strings.Replace(whole, `"life":10,"look"`, `"life":9,"look"`, 1), "10 life lines before it, and it names 9"},
		{"trailing text", whole + "\n", "there is more after the checksum"},
		{"two records", whole + whole, "there is more after the checksum"},
		{"another checksum", strings.Replace(whole, `"pid":101`, `"pid":102`, 1), "the checksum is not that of the lines before it"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.text))
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), again) {
				t.Errorf("error %v, want one that says %q and %q", err, c.says, again)
			}
		})
	}
}

// TestReadRefusesStrangers refers to what the record does not have.
func TestReadRefusesStrangers(t *testing.T) {
	cases := []struct {
		says   string
		change func(*Record)
	}{
		{"connection 77 is not in the record", func(r *Record) { r.Cycles[2].Connection = 77 }},
		{"connection 77 is not in the record", func(r *Record) { r.Receipts[0].Connection = 77 }},
		{"connection 77 is not in the record", func(r *Record) { r.Messages = []Message{{Connection: 77}} }},
		{"life 9 is not in the record", func(r *Record) { r.Messages = []Message{{Life: 9}} }},
		{"life 9 is not in the record", func(r *Record) { r.Connections[1].Life = 9 }},
		{"life 9 is not in the record", func(r *Record) { r.Samples[1].Life = 9 }},
		{"it names no life", func(r *Record) { r.Looks[0].Life = 0 }},
		{"cycle 9 in the place of cycle 3", func(r *Record) { r.Cycles[2].Number = 9 }},
	}
	for _, c := range cases {
		r := twoSessions(sec)
		c.change(r)
		if _, err := Read(strings.NewReader(strings.Join(written(t, r), ""))); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("error %v, want one that says %q", err, c.says)
		}
	}
}

// TestCutShortRunIsRead shows that the record of a run that was interrupted needs no last look:
// its checks say what is missing.
func TestCutShortRunIsRead(t *testing.T) {
	r := tenLives(Check{Name: "no-zombies-at-gateway"})
	r.Looks, r.Footer.Stop = r.Looks[:9], StopInterrupted
	loaded, err := Read(strings.NewReader(strings.Join(written(t, r), "")))
	if err != nil {
		t.Fatal(err)
	}
	if v := Judge(loaded); v.Outcome != Inconclusive {
		t.Errorf("%s: %s", v.Outcome, v.Sentence)
	}
}
