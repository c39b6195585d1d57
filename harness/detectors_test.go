package harness

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryCheckSaysWhatToDo holds the registrations to what reports print: a sentence about what to
// do, and a page with that heading.
func TestEveryCheckSaysWhatToDo(t *testing.T) {
	for _, d := range Detectors {
		if d.Doc == "" || d.Least == "" || !strings.HasSuffix(d.Do, ".") {
			t.Errorf("%s: doc %q, least %q, do %q: want a text of each", d.Name, d.Doc, d.Least, d.Do)
		}
		page, anchor, _ := strings.Cut(d.Page, "#")
		if !headings(t, page)[anchor] {
			t.Errorf("%s: page %q: no such heading in docs", d.Name, d.Page)
		}
	}
}

// headings are the anchors that GitHub makes of a page's headings.
func headings(t *testing.T, page string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", page))
	if err != nil {
		t.Errorf("docs: %v", err)
		return nil
	}
	anchors := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			anchors[strings.ReplaceAll(strings.ToLower(strings.TrimSpace(title)), " ", "-")] = true
		}
	}
	return anchors
}
