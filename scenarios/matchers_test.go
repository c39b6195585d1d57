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

// FailBy succeeds for a verdict of fail to which the named check contributed. A run that fails by
// another check only has not shown that this one works.
func FailBy(check string) types.GomegaMatcher {
	return gcustom.MakeMatcher(func(v harness.Verdict) (bool, error) {
		if _, err := harness.DetectorNamed(check); err != nil {
			return false, err
		}
		return v.Outcome == harness.Fail && failed(v, check), nil
	}, "fail by "+check)
}

// failed reports whether a check of the verdict failed.
func failed(v harness.Verdict, check string) bool {
	for _, f := range v.Findings {
		if f.Check == check {
			return f.Outcome == harness.Fail && !f.Informational
		}
	}
	return false
}
