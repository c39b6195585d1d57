package scenarios_test

import (
	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/gcustom"
	"github.com/onsi/gomega/types"

	"ibsoak/harness"
)

// A verdict in a failure message is its summary, not a dump of its fields.
var _ = format.RegisterCustomFormatter(func(value any) (string, bool) {
	v, ok := value.(harness.Verdict)
	if !ok {
		return "", false
	}
	return summary(v), true
})

// Pass succeeds for a verdict of pass.
func Pass() types.GomegaMatcher { return outcome(harness.Pass) }

// BeInconclusive succeeds for a verdict that knows that it knows nothing.
func BeInconclusive() types.GomegaMatcher { return outcome(harness.Inconclusive) }

func outcome(want harness.Outcome) types.GomegaMatcher {
	return gcustom.MakeMatcher(func(v harness.Verdict) (bool, error) {
		return v.Outcome == want, nil
	}, "have the outcome "+string(want))
}
