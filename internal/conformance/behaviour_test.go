package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThePageOfBehaviourNamesTestsThatExist holds docs/behaviour.md against the sources.
func TestThePageOfBehaviourNamesTestsThatExist(t *testing.T) {
	page, err := os.ReadFile(filepath.FromSlash("../../docs/behaviour.md"))
	if err != nil {
		t.Fatal(err)
	}
	declared, function := map[string]bool{}, regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err = filepath.WalkDir(filepath.FromSlash("../../fakegateway"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(source, -1) {
			declared[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllSubmatch(page, -1)
	for _, m := range named {
		if !declared[string(m[1])] {
			t.Errorf("docs/behaviour.md names %s, which is no test of the Gateway", m[1])
		}
	}
	for _, row := range strings.Split(string(page), "\n") {
		if strings.HasPrefix(row, "| ") && !strings.HasPrefix(row, "| what") && !strings.Contains(row, "`Test") {
			t.Errorf("this row has no test: %s", row)
		}
	}
	if len(named) < 40 {
		t.Errorf("the page names %d tests only", len(named))
	}
}
