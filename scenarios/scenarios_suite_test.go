package scenarios_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ibsoak/harness"
	"ibsoak/scenarios/mutants"
	"ibsoak/trader/cli"
)

// TestMain lets the test binary be its own subjects, and the Gateway of its runs: run with the word "trader" it is the bundled
// trader, with "mutant" a broken one. So the suite builds nothing and tests what it was built of.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch word, args := os.Args[1], os.Args[2:]; word {
		case harness.GatewayWord:
			os.Exit(harness.GatewayMain(os.Stdin, os.Stdout, os.Stderr))
		case traderWord:
			os.Exit(cli.Main(context.Background(), args, os.Stdout, os.Stderr)) //nolint:forbidigo // a process
		case mutantWord:
			os.Exit(mutants.Main(context.Background(), args, os.Stderr)) //nolint:forbidigo // a process
		}
	}
	os.Exit(m.Run())
}

// ends is when go test will end this process; zero is never, as under ginkgo.
var ends time.Time

func TestScenarios(t *testing.T) {
	ends, _ = t.Deadline()
	RegisterFailHandler(Fail)
	RunSpecs(t, "scenarios")
}

// recordsDir holds a directory for each run. It goes when every spec has passed.
var recordsDir string

var _ = BeforeSuite(func() {
	var err error
	recordsDir, err = os.MkdirTemp("", "ibsoak-scenarios-")
	Expect(err).NotTo(HaveOccurred())
})

var _ = ReportAfterSuite("records", func(report Report) {
	if report.SuiteSucceeded {
		Expect(os.RemoveAll(recordsDir)).To(Succeed())
		return
	}
	fmt.Fprintf(GinkgoWriter, "the runs' records are in %s\n", recordsDir)
})

var _ = ReportAfterSuite("no retries", func(report Report) {
	for _, spec := range report.SpecReports {
		Expect(spec.NumAttempts).To(BeNumerically("<=", 1),
			"%s was retried: a trader that fails one run in three is not made well by a second try",
			spec.FullText())
	}
})

// The specs look, in the order of scenarios.All, at runs that were made together: most of a run's time is
// waiting. A failed one does not hide the rest. The kill matrix comes last and shows what the specs before it
// have seen.
var _ = Describe("scenario", Serial, Ordered, ContinueOnFailure, func() {
	BeforeAll(runClaims, NodeTimeout(claimsWithin))
	livesClaims()
	zombieClaims()
	handshakeClaims()
	recoveryClaims()
	continuousClaims()
	toldClaims()
	vacuityClaims()
	killMatrix()
})
