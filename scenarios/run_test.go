package scenarios_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ibsoak/harness"
	"ibsoak/scenarios"
)

// The first arguments by which the test binary is a subject.
const (
	traderWord = "trader"
	mutantWord = "mutant"
)

// self is a command template of the test binary as a subject.
func self(words ...string) []string {
	GinkgoHelper()
	path, err := os.Executable()
	Expect(err).NotTo(HaveOccurred())
	return append([]string{path}, words...)
}

func bundledTrader() []string {
	GinkgoHelper()
	return self(traderWord, "--host", "{host}", "--port", "{port}", "--client-id", "{client_id}",
		"--symbols", "{symbols}", "--state", "{state}", "--max-clock-skew", "1000000h", "{args}")
}

// claim is a scenario with what the suite does to it.
type claim struct {
	harness.Scenario
	scale float64 // the time scale; 0 is 1
	// forTrader makes the trader's run shorter by asking more of it.
	forTrader func(*harness.Scenario)
	// long marks a run that is made only when it is asked for.
	long bool
}

// holds describes a claim: the bundled trader meets it. What fails it is in the kill matrix.
func holds(name string, change func(*claim)) {
	GinkgoHelper()
	s, err := scenarios.Named(name)
	if err != nil {
		Fail(err.Error())
	}
	c := claim{Scenario: s}
	change(&c)
	text := name
	if c.scale > 1 {
		text = fmt.Sprintf("%s at time scale %g", name, c.scale)
	}
	Describe(text, Label(c.Labels...), func() {
		It("is met by the bundled trader", func(ctx SpecContext) {
			if c.long {
				skipUnlessAsked(c)
			}
			s := changed(c.Scenario, c.forTrader)
			Expect(run(ctx, s, c.scale, bundledTrader())).To(Pass())
		}, SpecTimeout(2*c.Limit))
	})
}

// changed is a scenario after a change, if there is one. The original keeps its checks.
func changed(s harness.Scenario, change func(*harness.Scenario)) harness.Scenario {
	s.Checks = slices.Clone(s.Checks)
	if change != nil {
		change(&s)
	}
	return s
}

// run runs one subject under a scenario and judges the record. The report is attached, and on
// failure the place of the record is said.
func run(ctx SpecContext, s harness.Scenario, scale float64, command []string) harness.Verdict {
	GinkgoHelper()
	if s.Subject.Exits == nil {
		s.Subject.Exits = exitTable()
	}
	dir, err := os.MkdirTemp(recordsDir, s.Name+"-")
	Expect(err).NotTo(HaveOccurred())
	record, err := harness.Run(ctx, s, harness.Options{
		Command: command, Bundled: true, Seed: 1, TimeScale: max(scale, 1), OutDir: dir,
	})
	Expect(err).NotTo(HaveOccurred(), "the harness could not run %s; see %s", s.Name, dir)
	verdict := harness.Judge(record)
	AddReportEntry("record", dir, ReportEntryVisibilityFailureOrVerbose)
	AddReportEntry("verdict", summary(verdict), ReportEntryVisibilityFailureOrVerbose)
	return verdict
}

// longRuns is the environment variable that asks for the long runs without a label filter.
const longRuns = "IBSOAK_LONG"

// skipUnlessAsked skips a long run, and says how to ask for it. When it was asked for, it sees to
// it that the suite's own timeout does not end it at the finish line.
func skipUnlessAsked(c claim) {
	GinkgoHelper()
	if os.Getenv(longRuns) == "" && GinkgoLabelFilter() == "" {
		Skip(fmt.Sprintf("takes up to %s; ask for it with --label-filter=long or %s=1, and give "+
			"--timeout", c.Limit, longRuns))
	}
	suite, _ := GinkgoConfiguration()
	Expect(suite.Timeout).To(BeNumerically(">", c.Limit),
		"ginkgo would end the suite during this run: give --timeout %s", 2*c.Limit)
	Expect(ends.IsZero() || time.Until(ends) > c.Limit).To(BeTrue(),
		"go test would end the suite during this run: give -timeout 0")
}

// summary is a verdict in a few lines: the sentence, then each check that did not pass.
func summary(v harness.Verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s in %s\n%s\n", v.Scenario, v.Outcome, time.Duration(v.Took), v.Sentence)
	for _, f := range v.Findings {
		if f.Outcome == harness.Pass || f.Informational {
			continue
		}
		fmt.Fprintf(&b, "  %-26s %-14s %s\n", f.Check, f.Outcome, f.Detail)
		for _, e := range f.Examples {
			fmt.Fprintf(&b, "    life %d, connection %d, at %s: %s\n", e.Life, e.Connection, e.At, e.What)
		}
	}
	for _, h := range v.Harness {
		fmt.Fprintf(&b, "  harness: %s\n", h)
	}
	return b.String()
}
