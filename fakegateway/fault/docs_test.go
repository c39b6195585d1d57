package fault

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var pagePath = filepath.Join("..", "..", "docs", "schedules.md")

// page reads the page about schedules.
func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(pagePath)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExamplesOnThePageAreSchedules(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```yaml( generator)?\n(.*?)```").FindAllStringSubmatch(page(t), -1)
	if len(blocks) < 5 {
		t.Fatalf("%d examples found", len(blocks))
	}
	for i, b := range blocks {
		if b[1] != "" {
			if _, err := Generate("example", []byte(b[2]), uint64(i)); err != nil {
				t.Errorf("%v in\n%s", err, b[2])
			}
			continue
		}
		if !agree(t, b[2]) {
			_, err := Parse("example", []byte(b[2]))
			t.Errorf("%v in\n%s", err, b[2])
		}
	}
}

// actionsOnThePage is the table of actions between these two lines of the page.
const (
	tableBegins = "<!-- actions: written by go test ./fakegateway/fault -run Page -update -->\n"
	tableEnds   = "<!-- end of actions -->\n"
)

// groups are the groups of actions in the order of the page.
var groups = []string{
	groupEnd, groupSilence, groupSpoil, groupMessage, groupTelling, groupClientFIN, groupGateway,
}

func actionsTable() string {
	var b strings.Builder
	b.WriteString("| action | parameters | it can | falls at |\n|---|---|---|---|\n")
	for _, group := range groups {
		fmt.Fprintf(&b, "| **%s** | | | |\n", group)
		for _, name := range Actions() {
			a := table[name]
			if a.group != group {
				continue
			}
			params := make([]string, len(a.params))
			for i, p := range a.params {
				params[i] = "`" + p + "`"
				if a.needs(p) {
					params[i] = "**" + params[i] + "**"
				}
			}
			falls := "any moment"
			if a.triggers != nil {
				falls = list(a.triggers)
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, strings.Join(params, ", "), a.doc, falls)
		}
	}
	return b.String()
}

func TestThePageHasTheTableOfActions(t *testing.T) {
	text := page(t)
	before, rest, begins := strings.Cut(text, tableBegins)
	had, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatal("the page has no place for the table of actions")
	}
	want := actionsTable()
	for _, name := range Actions() {
		if !strings.Contains(want, "| `"+string(name)+"` |") {
			t.Errorf("%s is in none of the page's groups", name)
		}
	}
	if had == want {
		return
	}
	if !*update {
		t.Fatal("the table of actions is out of date: run go test ./fakegateway/fault -run Page -update")
	}
	whole := before + tableBegins + want + tableEnds + after
	if err := os.WriteFile(pagePath, []byte(whole), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestThePageIsComplete(t *testing.T) {
	text := page(t)
	var words []string
	for _, a := range Actions() {
		words = append(words, string(a))
	}
	for _, p := range Phases() {
		words = append(words, string(p))
	}
	for _, w := range words {
		if !strings.Contains(text, "`"+w+"`") {
			t.Errorf("docs/schedules.md does not name %s", w)
		}
	}
	_, err := Parse("bad.yaml", []byte("faults:\n- when: {outbond: 1}"))
	if _, want, _ := strings.Cut(err.Error(), "want "); want == "" || !strings.Contains(text, want) {
		t.Errorf("the error on the page is out of date: %s", want)
	}
}
