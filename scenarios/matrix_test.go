package scenarios_test

import (
	"fmt"
	"runtime"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ibsoak/scenarios/mutants"
	"ibsoak/scenarios/selftest"
)

const (
	// matrixWithin bounds the whole matrix.
	matrixWithin = 15 * time.Minute
	// claimsWithin bounds all claims.
	claimsWithin = 10 * time.Minute
	// runsPerCPU is how many runs share a processor, of those that bear it.
	runsPerCPU = 3
)

// killMatrix holds the rows of soak selftest, which are run together: most of their time is
// waiting, so they share it. soak selftest --only runs one of them.
func killMatrix() {
	Describe("the kill matrix", Label("matrix"), func() {
		rows := selftest.Rows()
		var results []selftest.Result
		BeforeAll(func(ctx SpecContext) {
			command := func(subject string) ([]string, error) {
				return self(mutantWord, subject, "{args}"), nil
			}
			results = selftest.Run(ctx, rows, selftest.Options{
				Keeper: self(traderWord, "keeper"), Command: command, OutDir: recordsDir, Parallel: runsPerCPU * runtime.NumCPU(),
			})
		}, NodeTimeout(matrixWithin))
		for i, r := range rows {
			It(rowText(r), Label("mutant"), func() {
				got := results[i]
				AddReportEntry("record", got.Dir, ReportEntryVisibilityFailureOrVerbose)
				if got.Tries > 1 {
					AddReportEntry("tries before this one were inconclusive", got.Tries-1)
				}
				AddReportEntry("verdict", summary(got.Verdict), ReportEntryVisibilityFailureOrVerbose)
				Expect(got.Wrong).To(BeEmpty(), "%s under %s", r.Subject, r.Scenario)
			})
		}
	})
}

// rowText is the row as a sentence.
func rowText(r selftest.Row) string {
	GinkgoHelper()
	m, err := mutants.Named(r.Subject)
	if err != nil {
		Fail(err.Error())
	}
	if r.Through {
		return fmt.Sprintf("lets %s under %s, through a keeper, %s: it %s", r.Subject, r.Scenario, r.Want(), m.Defect)
	}
	if r.Sabotage != "" {
		return fmt.Sprintf("notices that it is sabotaged: %s (%s)", r.Sabotage, r.Scenario)
	}
	return fmt.Sprintf("lets %s under %s %s: it %s", r.Subject, r.Scenario, r.Want(), m.Defect)
}
