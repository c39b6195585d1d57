package scenarios_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ibsoak/scenarios"
)

// vacuityClaims hold every scenario against subjects that do nothing. A harness that passes them
// would pass a trader that was never started.
func vacuityClaims() {
	for _, subject := range [][]string{{"/bin/true"}, {"sleep", "60"}} {
		Describe(fmt.Sprintf("under the subject %v", subject), Label("vacuity"), func() {
			for _, s := range scenarios.All() {
				It(s.Name+" is inconclusive", func(ctx SpecContext) {
					Expect(run(ctx, s, 1, subject)).To(BeInconclusive())
				}, SpecTimeout(briefly))
			}
		})
	}
}
