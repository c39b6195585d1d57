package scenarios_test

import (
	"fmt"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ibsoak/scenarios"
)

// vacuityClaims hold every scenario against subjects that do nothing. A harness that passes them
// would pass a trader that was never started. The runs of one subject go at the same time: they
// time nothing, and have no sockets to mistake for each other's.
func vacuityClaims() {
	const enough = time.Minute
	for _, subject := range [][]string{{"/bin/true"}, {"sleep", "60"}} {
		It(fmt.Sprintf("is inconclusive under %v, whichever it is", subject), Label("vacuity", "short"),
			func(ctx SpecContext) {
				all := scenarios.All()
				results := make([]result, len(all))
				var runs sync.WaitGroup
				for i, s := range all {
					runs.Go(func() { results[i] = run(ctx, s, 1, subject) })
				}
				runs.Wait()
				for i, s := range all {
					Expect(results[i].report()).To(BeInconclusive(), s.Name)
				}
			}, SpecTimeout(enough))
	}
}
