package harness

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"ibsoak/fakegateway/fault"
)

var update = flag.Bool("update", false, "write the golden reports in place of comparing with them")

// reported are verdicts that show every part of a report.
func reported() map[string]Verdict {
	host := Host{OS: "linux", Arch: "amd64", CPUs: 2, Go: "go1.26"}
	pass := tenLives(Check{Name: "completed-handshakes", Want: 10}, Check{Name: "exit-codes"},
		Check{Name: "no-zombies-at-gateway"}, Check{Name: "no-duplicate-orders"})
	pass.Header.Host = host

	failing := tenLives(Check{Name: "exit-codes"}, Check{Name: "no-zombies-at-gateway"}, Check{Name: "oracles-agree"})
	failing.Header.Host = host
	failing.Header.Command = []string{"python3", "my|trader.py", "{port}"}
	stay(GatewaySide, 1200*ms)(failing)
	failing.Lives[4].ExitCode = 12
	failing.Lives[4].Stderr = []string{"usage: trader [-h] [--port PORT]", "trader: error: \x1b[31munrecognized arguments: --strategy hold"}
	failing.Lives[5].ExitCode, failing.Lives[5].Signal = -1, "SIGSEGV"
	failing.Tables = []Table{{At: sec, Gateway: map[string]int{"ESTABLISHED": 1}, Trader: map[string]int{"ESTABLISHED": 1, "TIME_WAIT": 3}}}

	faults := twoSessions(2*sec, Check{Name: "recovery", Within: 1}, Check{Name: "faults-delivered"}, Check{Name: "cycles", Want: 6})
	faults.Header.Host, faults.Header.TimeScale = host, 60
	faults.Header.Schedule.Faults[0].When.Inbound = "reqHistoricalData"
	faults.Header.Schedule.Faults[0].When.Nth = 4
	faults.Header.Schedule.Faults = append(faults.Header.Schedule.Faults,
		fault.Fault{ID: "late", When: fault.When{Phase: fault.VersionSent}, What: fault.What{Do: fault.FIN}})

	broken := tenLives(Check{Name: "exit-codes"})
	broken.Header.Host = host
	broken.Footer.Errors = []string{"interrupted: context canceled"}
	return map[string]Verdict{
		"pass": Judge(pass), "fail": Judge(failing), "recovery": Judge(faults), "broken": Judge(broken),
	}
}

func TestReports(t *testing.T) {
	forms := map[string]func(io.Writer, Verdict) error{
		"txt": Report{Dir: "runs/x"}.Write,
		"120.txt": func(w io.Writer, v Verdict) error {
			return Report{Dir: "runs/x", Width: 120, AllChecks: true}.Write(w, v)
		},
		"md":  func(w io.Writer, v Verdict) error { return WriteMarkdown(w, v, "runs/x") },
		"xml": WriteJUnit,
	}
	for name, verdict := range reported() {
		for form, write := range forms {
			file := filepath.Join("testdata", name+"."+form)
			t.Run(name+"."+form, func(t *testing.T) {
				var got bytes.Buffer
				if err := write(&got, verdict); err != nil {
					t.Fatal(err)
				}
				if *update {
					if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if got.String() != string(want) {
					t.Errorf("differs from %s (go test ./harness -update writes it)\ngot\n%s\nwant\n%s", file, got.String(), want)
				}
			})
		}
	}
}

// TestReportsFit shows that no line of a report is wider than the terminal.
func TestReportsFit(t *testing.T) {
	for name, v := range reported() {
		for _, width := range []int{80, 100, 120, 200} {
			var text strings.Builder
			if err := (Report{Width: width, AllChecks: width > 100}).Write(&text, v); err != nil {
				t.Fatal(err)
			}
			for _, line := range strings.Split(text.String(), "\n")[1:] { // the first is for scripts
				if n := utf8.RuneCountInString(line); n > width {
					t.Errorf("%s at %d: %d characters: %s", name, width, n, line)
				}
			}
			if strings.ContainsRune(text.String(), '\x1b') {
				t.Errorf("%s: what the subject said is a command to the terminal", name)
			}
		}
	}
}

// TestWrapLosesNothing wraps any text: its words come out again, in order, in lines that fit.
func TestWrapLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, width := rapid.String().Draw(t, "text"), rapid.IntRange(1, 30).Draw(t, "width")
		var all string
		for _, line := range wrap(text, width) {
			if n := utf8.RuneCountInString(line); n > width {
				t.Fatalf("%d characters in %q, want %d", n, line, width)
			}
			all += line
		}
		want := strings.ToValidUTF8(strings.Join(strings.Fields(text), ""), "\uFFFD")
		if strings.ReplaceAll(all, " ", "") != want {
			t.Fatalf("%q, want %q", all, want)
		}
	})
}

// TestMarkdownTables shows that no cell breaks its table: every row has the header's columns.
func TestMarkdownTables(t *testing.T) {
	for name, v := range reported() {
		var text strings.Builder
		if err := WriteMarkdown(&text, v, ""); err != nil {
			t.Fatal(err)
		}
		columns := 0
		for n, line := range strings.Split(text.String(), "\n") {
			if !strings.HasPrefix(line, "|") {
				columns = 0
				continue
			}
			bars := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
			if columns == 0 {
				columns = bars
			}
			if bars != columns {
				t.Errorf("%s line %d has %d bars, the header %d: %s", name, n+1, bars, columns, line)
			}
		}
	}
}

func TestJUnitIsWellFormed(t *testing.T) {
	v := reported()["fail"]
	v.Lives[0].Reasons = []string{"exit-codes: <&\"\x01"}
	var text bytes.Buffer
	if err := WriteJUnit(&text, v); err != nil {
		t.Fatal(err)
	}
	var suites junitSuites
	if err := xml.Unmarshal(text.Bytes(), &suites); err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	s := suites.Suites[0]
	const groups, failed = 3, 2 // work and sockets failed, the harness's passed
	if len(s.Cases) != 1+groups+len(v.Lives) || s.Tests != len(s.Cases) || s.Failures != 1+failed+3 {
		t.Errorf("%d cases, %d tests, %d failures; want 14, 14 and 6 (the verdict, two groups and three lives)",
			len(s.Cases), s.Tests, s.Failures)
	}
}

func TestAppendSummary(t *testing.T) {
	path := filepath.Join(t.TempDir(), "summary.md")
	if err := os.WriteFile(path, []byte("before\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := AppendSummary(path, reported()["pass"], "runs/x"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "before\n# PASS ten\n") {
		t.Errorf("summary begins %.60q", text)
	}
}
