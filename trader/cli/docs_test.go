package cli

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"ibsoak/trader/alert"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/metrics"
	"ibsoak/trader/status"
)

var update = flag.Bool("update", false, "write the generated parts of docs/operating.md")

const operating = "../../docs/operating.md"

// generated are the parts of docs/operating.md that are made from the code, by name.
var generated = map[string]func() string{
	"exit codes": func() string {
		var b strings.Builder
		b.WriteString("| code | name | what happened | what to do |\n|---|---|---|---|\n")
		for _, r := range exit.Table {
			fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", r.Code, r.Name, r.Meaning, r.Do)
		}
		return b.String()
	},
	"alerts": func() string {
		var b strings.Builder
		b.WriteString("| alert | when | what to do |\n|---|---|---|\n")
		for _, r := range alert.Table {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Name, r.Meaning, r.Do)
		}
		return b.String()
	},
	"metrics": func() string {
		var b strings.Builder
		b.WriteString("| metric | label | what it says |\n|---|---|---|\n")
		for _, r := range metrics.Metrics() {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r[0], r[1], r[2])
		}
		return b.String()
	},
}

// TestTheOperatingPageIsMadeFromTheCode: go test ./trader/cli -run Operating -update writes it.
func TestTheOperatingPageIsMadeFromTheCode(t *testing.T) {
	data, err := os.ReadFile(operating)
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	for name, make := range generated {
		begin, end := "<!-- generated: "+name+" -->\n", "<!-- end -->"
		head, rest, ok := strings.Cut(page, begin)
		_, tail, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Errorf("the page has no place for %s", name)
			continue
		}
		page = head + begin + make() + end + tail
	}
	if *update {
		if err := os.WriteFile(operating, []byte(page), 0o644); err != nil { //nolint:gosec // documentation
			t.Fatal(err)
		}
		return
	}
	if page != string(data) {
		t.Error("docs/operating.md is old: go test ./trader/cli -run Operating -update")
	}
	for _, state := range status.SessionStates {
		if !strings.Contains(page, "| `"+state+"` |") {
			t.Errorf("the page does not explain the session state %s", state)
		}
	}
	for _, state := range []journal.State{
		journal.Prepared, journal.Sent, journal.Working, journal.Unknown, journal.Ended, journal.Filled, journal.Cancelled,
		journal.Rejected, journal.NotSent, journal.Absent,
	} {
		if !strings.Contains(page, "| `"+string(state)+"` |") {
			t.Errorf("the page does not explain the order state %s", state)
		}
	}
}
