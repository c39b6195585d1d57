package scenarios_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"ibsoak/harness"
	"ibsoak/scenarios"
	"ibsoak/scenarios/selftest"
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
		"--symbols", "{symbols}", "--state", "{state}", "--max-clock-skew", "1000000h",
		"--quiet-windows", "none", "{args}")
}

// claim is a scenario with what the suite does to it.
type claim struct {
	harness.Scenario
	scale float64 // the time scale; 0 is 1
	// forTrader makes the trader's run shorter by asking more of it.
	forTrader func(*harness.Scenario)
	// long marks a run that is made only when it is asked for.
	long bool
	// alone keeps other runs away: it measures times that a busy machine would bend.
	alone bool

	ran *result // nil until it was run
}

// result is what became of one run.
type result struct {
	dir     string
	verdict harness.Verdict
	err     error
}

// claims are what holds has described, in its order.
var claims []*claim

// holds describes a claim: the bundled trader meets it. What fails it is in the kill matrix.
func holds(name string, change func(*claim)) {
	GinkgoHelper()
	s, err := scenarios.Named(name)
	if err != nil {
		Fail(err.Error())
	}
	c := &claim{Scenario: s}
	change(c)
	claims = append(claims, c)
	text := name
	if c.scale > 1 {
		text = fmt.Sprintf("%s at time scale %g", name, c.scale)
	}
	Describe(text, Label(c.Labels...), func() {
		It("is met by the bundled trader", func(ctx SpecContext) {
			if c.long {
				skipUnlessAsked(c)
			}
			if c.ran == nil {
				c.run(ctx, bundledTrader())
			}
			Expect(c.ran.report()).To(Pass())
		}, SpecTimeout(claimsWithin+2*c.Limit)) // the first one's time is that of runClaims too
	})
}

// run runs the claim. As in the kill matrix a run that could not show it, on a busy machine, is made again;
// a failure stands.
func (c *claim) run(ctx context.Context, trader []string) {
	for range selftest.MaxTries {
		r := run(ctx, changed(c.Scenario, c.forTrader), c.scale, trader)
		c.ran = &r
		if r.err != nil || r.verdict.Outcome != harness.Inconclusive {
			return
		}
	}
}

// runClaims runs the claims of the whole suite: together first those that bear it, for most of their time
// is waiting, then the others one by one. Those that a filter picks are run one by one, by their specs.
func runClaims(ctx SpecContext) {
	suite, _ := GinkgoConfiguration()
	if suite.LabelFilter != "" || len(suite.FocusStrings)+len(suite.SkipStrings)+len(suite.FocusFiles)+len(suite.SkipFiles) > 0 {
		return
	}
	trader := bundledTrader()
	var together errgroup.Group
	together.SetLimit(runsPerCPU * runtime.NumCPU())
	for _, c := range claims {
		if !c.long && !c.alone {
			together.Go(func() error { c.run(ctx, trader); return nil })
		}
	}
	_ = together.Wait() // each claim has its own error
	for _, c := range claims {
		if c.alone && !c.long {
			c.run(ctx, trader)
		}
	}
}

// changed is a scenario after a change, if there is one. The original keeps its checks.
func changed(s harness.Scenario, change func(*harness.Scenario)) harness.Scenario {
	s.Checks = slices.Clone(s.Checks)
	if change != nil {
		change(&s)
	}
	return s
}

// run runs one subject under a scenario and judges the record.
func run(ctx context.Context, s harness.Scenario, scale float64, command []string) result {
	if s.Subject.Exits == nil {
		s.Subject.Exits = exitTable()
	}
	dir, err := os.MkdirTemp(recordsDir, s.Name+"-")
	if err != nil {
		return result{err: err}
	}
	record, err := harness.Run(ctx, s, harness.Options{
		Command: command, Bundled: true, Seed: 1, TimeScale: max(scale, 1), OutDir: dir,
	})
	if err != nil {
		return result{dir: dir, err: fmt.Errorf("the harness could not run %s: %w", s.Name, err)}
	}
	return result{dir: dir, verdict: harness.Judge(record)}
}

// report attaches the verdict to the spec that runs, and gives it. On failure the place of the record is
// said.
func (r result) report() harness.Verdict {
	GinkgoHelper()
	AddReportEntry("record", r.dir, ReportEntryVisibilityFailureOrVerbose)
	Expect(r.err).NotTo(HaveOccurred())
	AddReportEntry("verdict", summary(r.verdict), ReportEntryVisibilityFailureOrVerbose)
	return r.verdict
}

// longRuns is the environment variable that asks for the long runs without a label filter.
const longRuns = "IBSOAK_LONG"

// skipUnlessAsked skips a long run, and says how to ask for it. When it was asked for, it sees to
// it that the suite's own timeout does not end it at the finish line.
func skipUnlessAsked(c *claim) {
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
