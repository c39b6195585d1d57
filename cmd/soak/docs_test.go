package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"ibsoak/harness"
	"ibsoak/scenarios"
	"ibsoak/trader/exit"
)

// contract is docs/your-trader.md.
func contract(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/your-trader.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestContractExample reads the page's description of a trader as --subject does.
func TestContractExample(t *testing.T) {
	_, rest, _ := strings.Cut(contract(t), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	trader, err := scenarios.ParseTrader("your-trader.md", []byte(example))
	if !found || err != nil {
		t.Fatalf("%v\n%s", err, example)
	}
	if len(trader.Command) == 0 || len(trader.Exits) == 0 || len(trader.Positions) == 0 || trader.Reference == "" {
		t.Errorf("the example shows too little: %+v", trader)
	}
}

// TestContractNamesEverything holds the page's tables to the program: each placeholder, and each
// class of exits with the bundled trader's code.
func TestContractNamesEverything(t *testing.T) {
	page := contract(t)
	for _, name := range harness.Placeholders {
		if !strings.Contains(page, "| `{"+name+"}` |") {
			t.Errorf("no row for {%s}", name)
		}
	}
	renamed := map[harness.ExitClass]string{harness.ExitNoAccount: "wrong-account"}
	for _, class := range harness.ExitClasses {
		name := string(class)
		if other, ok := renamed[class]; ok {
			name = other
		}
		row, found := "", false
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, "| `"+string(class)+"` |") {
				row, found = strings.TrimSpace(line), true
			}
		}
		for _, known := range exit.Table {
			if known.Name == name && !strings.HasSuffix(row, fmt.Sprintf("| %d |", known.Code)) {
				t.Errorf("%s: row %q (there: %v), want code %d", class, row, found, known.Code)
			}
		}
		if !found {
			t.Errorf("no row for %s", class)
		}
	}
}

// TestContractFlags finds every flag that the page writes in the program.
func TestContractFlags(t *testing.T) {
	flags := newRun().Flags()
	own := map[string]bool{"once": true, "interval": true, "port": true, "every": true, "help": true}
	for _, word := range strings.FieldsFunc(contract(t), func(r rune) bool {
		return r != '-' && (r < 'a' || r > 'z')
	}) {
		name, ok := strings.CutPrefix(word, "--")
		if ok && !strings.HasPrefix(name, "-") && name != "" && !own[name] && flags.Lookup(name) == nil {
			t.Errorf("--%s: the page has it, soak run does not", name)
		}
	}
}
