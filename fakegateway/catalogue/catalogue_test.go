package catalogue_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ibsoak/fakegateway/catalogue"
)

func TestEveryFailureModeHasAnEntry(t *testing.T) {
	var modes []string
	for _, e := range catalogue.All() {
		if !slices.Contains(modes, e.Mode()) {
			modes = append(modes, e.Mode())
		}
		if e.Name == "" || e.Config.About.Summary == "" || e.Config.About.Wire == "" {
			t.Errorf("%s: name %q, about %+v", e.ID, e.Name, e.Config.About)
		}
	}
	want := strings.Fields("F01 F02 F03 F04 F05 F06 F07 F08 F09 F10 F11 F12 F13 F14 F15 F16 F17 " +
		"F18 F19 F20 F34 F38 F49 F51")
	if !slices.Equal(modes, want) {
		t.Errorf("failure modes %s, want %s", modes, want)
	}
}

func TestNamed(t *testing.T) {
	for name, want := range map[string]string{
		"F51a": "F51a", "f51A": "F51a", "F51": "F51a", "F18": "F18", "black-hole": "F19b", "TLS": "F18",
	} {
		if e, err := catalogue.Named(name); err != nil || e.ID != want {
			t.Errorf("%s: %s, %v, want %s", name, e.ID, err, want)
		}
	}
	if _, err := catalogue.Named("F99"); err == nil || !strings.Contains(err.Error(), "F01a, F01b") {
		t.Errorf("an entry that is not there: %v", err)
	}
}

func TestPageIsTheCatalogue(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "catalogue.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != catalogue.Markdown() {
		t.Error("docs/catalogue.md is old: go run ./cmd/fakegateway catalogue --markdown > docs/catalogue.md")
	}
}
