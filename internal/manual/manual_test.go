package manual_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"

	"ibsoak/internal/manual"
)

func program(args ...string) *cobra.Command {
	root := &cobra.Command{Use: "tool", Short: "Does what it is there for", Run: func(*cobra.Command, []string) {}}
	one := &cobra.Command{Use: "one", Short: "Does one thing", Run: func(*cobra.Command, []string) {}}
	one.Flags().String("to", "", "where to")
	root.AddCommand(one, manual.Command())
	root.SetArgs(args)
	root.SilenceErrors, root.SilenceUsage = true, true
	return root
}

// TestEachCommandHasItsPage: the same bytes each time, or packages would differ from day to day.
func TestEachCommandHasItsPage(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1790000000")
	var pages [2][]byte
	for i := range pages {
		dir := filepath.Join(t.TempDir(), "man1")
		if err := program("man", dir).Execute(); err != nil {
			t.Fatal(err)
		}
		page, err := os.ReadFile(filepath.Join(dir, "tool-one.1"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(page, []byte("where to")) {
			t.Errorf("the page does not name the flag:\n%s", page)
		}
		if _, err := os.Stat(filepath.Join(dir, "tool-man.1")); err == nil {
			t.Error("a hidden command has a page")
		}
		pages[i] = page
	}
	if !bytes.Equal(pages[0], pages[1]) {
		t.Error("two runs gave two pages")
	}
}

func TestADirectoryThatCannotBeMadeIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := program("man", filepath.Join(file, "below")).Execute(); err == nil {
		t.Error("no error")
	}
}
