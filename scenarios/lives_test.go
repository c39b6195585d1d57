package scenarios_test

import (
	"maps"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ibsoak/harness"
	"ibsoak/scenarios"
	"ibsoak/trader/exit"
)

func livesClaims() {
	holds("once", func(*claim) {})
	holds("consecutive-10", func(*claim) {})
	holds("consecutive-300", func(c *claim) {
		c.long = true
	})
}

// exitTable is what exit codes mean in the bundled trader, which the mutants share.
func exitTable() map[harness.ExitClass][]int {
	table := map[harness.ExitClass][]int{harness.ExitNoAccount: {int(exit.WrongAccount)}}
	for _, row := range exit.Table {
		if class := harness.ExitClass(row.Name); slices.Contains(harness.ExitClasses, class) {
			table[class] = []int{int(row.Code)}
		}
	}
	return table
}

var _ = Describe("the exits that scenarios allow", func() {
	It("all have a code in the bundled trader", func() {
		table := exitTable()
		for _, s := range scenarios.All() {
			for _, check := range s.Checks {
				Expect(check.Exits).To(Or(BeEmpty(), HaveEach(0)), "%s, %s", s.Name, check.Name)
				for _, classes := range append(slices.Collect(maps.Values(check.ByFault)), check.Classes) {
					for _, class := range classes {
						Expect(table).To(HaveKey(class), "%s, %s", s.Name, check.Name)
					}
				}
			}
		}
	})
})
