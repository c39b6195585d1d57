package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every command in the page on recordings exists, with the flags that it is shown with.
func TestDocumentedCommands(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "recording.md"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "fakegateway" {
			continue
		}
		n++
		c, rest, err := rootCommand().Find(words[1:])
		if err != nil || c.Name() != words[1] {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if err := c.ParseFlags(rest); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if err := c.ValidateArgs(c.Flags().Args()); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if n < 5 {
		t.Errorf("only %d commands were found: the page has another form now", n)
	}
}
