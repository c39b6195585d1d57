package traders_test

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"ibsoak/harness"
	"ibsoak/scenarios"
	"ibsoak/scenarios/mutants"
	"ibsoak/scenarios/selftest"
)

var campaign = flag.Int("campaign", 0, "run good subjects over the short scenarios about so many times, half of "+
	"them on a busy machine; see make campaign")

// busyLoops is how many processes compute without end in the second half of the campaign.
const busyLoops = 8

// The words by which the test binary is a subject, or one of the loops.
const (
	bundledWord = "bundled"
	mutantWord  = "mutant"
	loopWord    = "loop"
)

// loop computes until its input ends, which it does with the campaign.
func loop() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for n := uint64(0); ; {
		n++
	}
}

// contender is a subject that nothing should fail, with the scenarios that say so.
type contender struct {
	name    string
	bundled bool // it takes the flags of the bundled trader
	command func(*testing.T) []string
	runs    []campaignRun
}

type campaignRun struct {
	harness.Scenario
	scale float64
}

func contenders(t *testing.T) []contender {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	is := func(command ...string) func(*testing.T) []string {
		return func(*testing.T) []string { return append([]string{self}, command...) }
	}
	ours := contender{name: "bundled trader", bundled: true, command: is(bundledWord, "--host", "{host}",
		"--port", "{port}", "--client-id", "{client_id}", "--symbols", "{symbols}", "--state", "{state}",
		"--quiet-windows", "none", "{args}")}
	out := []contender{{name: "control", bundled: true, command: is(mutantWord, mutants.Control, "{args}")}}
	for _, row := range selftest.Rows() {
		s, err := row.Planned()
		if err != nil {
			t.Fatal(err)
		}
		if row.Subject == mutants.Control && len(row.Killers) == 0 && row.Sabotage == "" && !row.Through && short(s) {
			out[0].runs = append(out[0].runs, campaignRun{s, row.TimeScale()})
		}
	}
	said := read(t)
	for _, tr := range traders {
		out = append(out, contender{name: tr.name, command: tr.command})
	}
	for _, s := range scenarios.All() {
		if !short(s) {
			continue
		}
		for i, tr := range traders {
			if c := &out[i+1]; outcome(said[tr.name][s.Name]) != string(harness.Fail) {
				c.runs = append(c.runs, campaignRun{described(s), scaleOf(s)})
			}
		}
		s.Subject.Exits = map[harness.ExitClass][]int{}
		for class, codes := range mutants.Exits() {
			s.Subject.Exits[harness.ExitClass(class)] = codes
		}
		ours.runs = append(ours.runs, campaignRun{s, scaleOf(s)})
	}
	return append(out, ours)
}

func short(s harness.Scenario) bool { return slices.Contains(s.Labels, "short") }

// tally counts verdicts by the lines of the campaign's table.
type tally struct {
	sync.Mutex
	of map[string]map[harness.Outcome]int
}

// TestCampaign runs subjects that are fine, again and again: none may be failed, and the harness must
// not fail either. What is inconclusive by rights stays so.
func TestCampaign(t *testing.T) {
	if *campaign == 0 {
		t.Skip("make campaign runs it")
	}
	subjects := contenders(t)
	each := max(1, *campaign/2/len(subjects))
	told := tally{of: map[string]map[harness.Outcome]int{}}
	for _, load := range []struct {
		name  string
		loops int
	}{{"quiet", 0}, {"busy", busyLoops}} {
		t.Run(load.name, func(t *testing.T) { // ends when its group has
			keepBusy(t, load.loops)
			t.Run("with", func(t *testing.T) {
				for _, c := range subjects {
					t.Run(c.name, func(t *testing.T) {
						t.Parallel()
						command := c.command(t)
						for n := range each {
							run := c.runs[n%len(c.runs)]
							told.note(c.name+"\t"+run.Name+"\t"+load.name, c.verdict(t, run, command, uint64(n+1)))
						}
					})
				}
			})
		})
	}
	t.Logf("\n%s", told.table(t))
}

// verdict runs a subject once. The record of a run that should not be stays.
func (c contender) verdict(t *testing.T, run campaignRun, command []string, seed uint64) harness.Outcome {
	t.Helper()
	dir, err := os.MkdirTemp("", "ibsoak-campaign-") //nolint:usetesting // what failed is to be looked at
	if err != nil {
		t.Fatal(err)
	}
	record, err := harness.Run(t.Context(), run.Scenario, harness.Options{
		Command: command, Bundled: c.bundled, Seed: seed, TimeScale: run.scale, OutDir: filepath.Join(dir, "run"),
	})
	if err != nil {
		t.Fatal(err)
	}
	v := harness.Judge(record)
	if v.Outcome == harness.Fail || v.Outcome == harness.HarnessError {
		t.Errorf("%s, seed %d: %s: %s (%s)", run.Name, seed, v.Outcome, v.Sentence, dir)
		return v.Outcome
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
	return v.Outcome
}

// keepBusy has n processes compute until the test is over.
func keepBusy(t *testing.T, n int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		cmd := exec.CommandContext(t.Context(), self, loopWord)
		if _, err := cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has ended it
	}
}

func (told *tally) note(row string, o harness.Outcome) {
	told.Lock()
	defer told.Unlock()
	if told.of[row] == nil {
		told.of[row] = map[harness.Outcome]int{}
	}
	told.of[row][o]++
}

func (told *tally) table(t *testing.T) string {
	t.Helper()
	outcomes := []harness.Outcome{harness.Pass, harness.Inconclusive, harness.Fail, harness.HarnessError}
	sums := map[harness.Outcome]int{}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(row string, of map[harness.Outcome]int) {
		fmt.Fprint(w, row)
		for _, o := range outcomes {
			fmt.Fprintf(w, "\t%d", of[o])
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "subject\tscenario\tmachine\t%s\t%s\t%s\t%s\n", outcomes[0], outcomes[1], outcomes[2], outcomes[3])
	for _, row := range slices.Sorted(maps.Keys(told.of)) {
		line(row, told.of[row])
		for _, o := range outcomes {
			sums[o] += told.of[row][o]
		}
	}
	line("all\t\t", sums)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
