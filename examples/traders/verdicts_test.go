package traders_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ibsoak/harness"
	"ibsoak/scenarios"
	"ibsoak/scenarios/mutants"
	"ibsoak/trader/cli"
)

// TestMain lets the test binary be the Gateway of its own runs, and what the campaign runs.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch word, args := os.Args[1], os.Args[2:]; word {
		case harness.GatewayWord:
			os.Exit(harness.GatewayMain(os.Stdin, os.Stdout, os.Stderr))
		case bundledWord:
			os.Exit(cli.Main(context.Background(), args, os.Stdout, os.Stderr)) //nolint:forbidigo // a process
		case mutantWord:
			os.Exit(mutants.Main(context.Background(), args, os.Stderr)) //nolint:forbidigo // a process
		case loopWord:
			loop()
		}
	}
	os.Exit(m.Run())
}

var (
	all    = flag.Bool("traders.all", false, "run every short scenario: some minutes for each trader")
	update = flag.Bool("traders.update", false, "run every short scenario and write "+page)
)

const (
	page = "../../docs/clients/traders.md"

	installWithin = 3 * time.Minute

	// timeScale makes the cycles of continuous scenarios half a second apart.
	timeScale = 60
)

// quick are the scenarios that an ordinary test run takes: one of each mode.
var quick = []string{"once", "rst-mid-session"}

// trader is a program as its author describes it.
type trader struct {
	name    string
	command func(*testing.T) []string // skips where its runtime is missing
}

var traders = []trader{
	{"Go, ibapi", goTrader},
	{"TypeScript, @stoqey/ib", typeScriptTrader},
	{"Python, raw", pythonTrader},
}

var flags = []string{"--host", "{host}", "--port", "{port}", "--client-id", "{client_id}", "{args}"}

func goTrader(t *testing.T) []string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "goibapi")
	// Without the race detector, whatever GOFLAGS says: Disconnect of the stock client races.
	build := exec.CommandContext(t.Context(), "go", "build", "-race=false", "-o", program, "./goibapi")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return append([]string{program}, flags...)
}

func typeScriptTrader(t *testing.T) []string {
	t.Helper()
	node, npm := runtime(t, "node"), runtime(t, "npm")
	command := []string{"ci"}
	if _, err := os.Stat(filepath.Join("typescript", "node_modules", ".bin", "tsc")); err == nil {
		command = []string{"run", "build"}
	}
	ctx, cancel := context.WithTimeout(t.Context(), installWithin)
	defer cancel()
	install := exec.CommandContext(ctx, npm, command...)
	install.Dir = "typescript"
	if out, err := install.CombinedOutput(); err != nil {
		for _, code := range []string{"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "ETIMEDOUT"} {
			if strings.Contains(string(out), code) {
				t.Skipf("npm %s: no registry can be reached\n%s", command[0], out)
			}
		}
		t.Fatalf("npm %s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return append([]string{node, absolute(t, "typescript/dist/trader.js")}, flags...)
}

func pythonTrader(t *testing.T) []string {
	t.Helper()
	return append([]string{runtime(t, "python3"), "-B", absolute(t, "python/trader.py")}, flags...)
}

func runtime(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed: %v", name, err)
	}
	return path
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestVerdicts holds the page to what the traders do. With -traders.update it writes the page, for
// which every runtime must be there.
func TestVerdicts(t *testing.T) {
	short := slices.DeleteFunc(scenarios.All(), func(s harness.Scenario) bool {
		wanted := *all || *update || slices.Contains(quick, s.Name)
		return !wanted || !slices.Contains(s.Labels, "short")
	})
	got := make(map[string]map[string]string) // by trader, then by scenario
	for _, tr := range traders {
		got[tr.name] = make(map[string]string)
	}
	t.Run("of", func(t *testing.T) { // the group ends when all of them have
		for _, tr := range traders {
			t.Run(tr.name, func(t *testing.T) {
				t.Parallel()
				command, verdicts := tr.command(t), got[tr.name]
				for _, s := range short {
					verdicts[s.Name] = verdict(t, s, command)
				}
			})
		}
	})
	if *update {
		write(t, short, got)
		return
	}
	said := read(t)
	for name, verdicts := range got {
		for scenario, v := range verdicts {
			if want := said[name][scenario]; outcome(v) != outcome(want) {
				t.Errorf("%s under %s: %s; %s says %q: see -traders.update", name, scenario, v, page, want)
			}
		}
	}
}

// described is a scenario for one of the three traders. The arguments that it has for the bundled
// trader are not for them.
func described(s harness.Scenario) harness.Scenario {
	s.Subject.Args = nil
	s.Subject.Trader = harness.Trader{
		OnceArgs: []string{"--once"}, ContinuousArgs: []string{"--interval", "{interval}"},
		Exits:     map[harness.ExitClass][]int{harness.ExitOK: {0}},
		Reference: harness.RefIntent,
	}
	return s
}

func scaleOf(s harness.Scenario) float64 {
	if s.Subject.Mode == harness.Continuous {
		return timeScale
	}
	return 1
}

// verdict runs a trader under a scenario.
func verdict(t *testing.T, s harness.Scenario, command []string) string {
	t.Helper()
	record, err := harness.Run(t.Context(), described(s), harness.Options{
		Command: command, Seed: 1, TimeScale: scaleOf(s), OutDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	v := harness.Judge(record)
	t.Logf("%s: %s: %s", s.Name, v.Outcome, v.Sentence)
	var checks []string
	for _, f := range v.Findings {
		if v.Outcome != harness.Pass && f.Outcome == v.Outcome && !f.Informational {
			checks = append(checks, f.Check)
		}
	}
	if len(checks) == 0 {
		return string(v.Outcome)
	}
	return fmt.Sprintf("%s: %s", v.Outcome, strings.Join(checks, ", "))
}

// outcome is the first word of a cell.
func outcome(cell string) string {
	word, _, _ := strings.Cut(cell, ":")
	return word
}

const intro = `# Three ordinary traders

What ` + "`soak`" + ` says of three traders that were not written for it: [Go on plain
ibapi](../../examples/traders/goibapi/main.go), [TypeScript on
@stoqey/ib](../../examples/traders/typescript/src/trader.ts) and [Python on the raw
protocol](../../examples/traders/python/trader.py). Each asks for a day of bars, buys at most one share a
run, reconnects after a pause and ends on SIGTERM: what one writes first. They say of themselves how they
are asked for one cycle and for many, that exit 0 is a cycle done, and that an orderRef is one intent.

The verdicts are made by ` + "`go test ./examples/traders -traders.update`" + `; the same test holds a part of
them against the page in every run, and all of them with ` + "`-traders.all`" + `.

`

func write(t *testing.T, short []harness.Scenario, got map[string]map[string]string) {
	t.Helper()
	var b strings.Builder
	b.WriteString(intro + "| scenario |")
	for _, tr := range traders {
		fmt.Fprintf(&b, " %s |", tr.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(traders)) + "\n")
	for _, s := range short {
		fmt.Fprintf(&b, "| %s |", s.Name)
		for _, tr := range traders {
			if got[tr.name][s.Name] == "" {
				t.Fatalf("%s was not run: the page needs every runtime", tr.name)
			}
			fmt.Fprintf(&b, " %s |", got[tr.name][s.Name])
		}
		b.WriteString("\n")
	}
	if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// read gives the page's table, by trader and then by scenario.
func read(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	said := make(map[string]map[string]string)
	for _, tr := range traders {
		said[tr.name] = make(map[string]string)
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != len(traders)+3 {
			continue
		}
		for i, tr := range traders {
			said[tr.name][strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[i+2])
		}
	}
	return said
}
