package fault

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ibsoak/internal/strictyaml"
)

// page reads the page about schedules.
func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "schedules.md"))
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
	if want := "want " + strings.Join(strictyaml.Keys(When{}), ", "); !strings.Contains(text, want) {
		t.Errorf("the error on the page is out of date: %s", want)
	}
}
