package scenarios_test

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/olekukonko/tablewriter"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ibsoak/harness"
	"ibsoak/scenarios"
	"ibsoak/scenarios/mutants"
)

// zoo collects which check was planned to kill which mutant, and which checks really failed it.
var zoo = &killBook{planned: make(map[string]map[string]bool), seen: make(map[string]map[string]bool)}

type killBook struct {
	mu            sync.Mutex
	planned, seen map[string]map[string]bool // by mutant, then by check
}

func (k *killBook) plan(mutant, check string) { k.note(k.planned, mutant, check) }

// saw notes the checks that failed a mutant's run.
func (k *killBook) saw(mutant string, v harness.Verdict) {
	k.note(k.seen, mutant, "")
	for _, f := range v.Findings {
		if failed(v, f.Check) {
			k.note(k.seen, mutant, f.Check)
		}
	}
}

func (k *killBook) note(in map[string]map[string]bool, mutant, check string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if in[mutant] == nil {
		in[mutant] = make(map[string]bool)
	}
	in[mutant][check] = true
}

// unkilled are the checks that no mutant is planned to fail, each with its reason.
var unkilled = map[string]string{
	"oracles-agree": "fails only when the harness does: its two oracles are put at odds in " +
		"package harness's tests",
	"books-add-up": "fails only when the fake exchange does: package harness's tests hand it " +
		"books that do not add up",
	"gateway-unharmed": "no broken trader signals its Gateway: package harness's tests have subjects " +
		"that do",
	"faults-delivered": "never fails a subject: a fault that did not go out leaves a run " +
		"inconclusive, as the vacuity specs show",
}

func killMatrix() {
	Describe("the kill matrix", Label("matrix"), func() {
		It("has a mutant for every check that a scenario asks for", func() {
			for _, check := range checksInUse() {
				if reason, ok := unkilled[check]; ok {
					Expect(reason).NotTo(BeEmpty())
					continue
				}
				Expect(killers(zoo.planned, check)).NotTo(BeEmpty(), "no mutant is killed by %s", check)
			}
		})
		It("excuses no check that a mutant is killed by, and none that is not used", func() {
			for check := range unkilled {
				Expect(checksInUse()).To(ContainElement(check))
				Expect(killers(zoo.planned, check)).To(BeEmpty())
			}
		})
		It("plans a death for every mutant", func() {
			for _, name := range mutants.Names() {
				Expect(zoo.planned).To(HaveKey(name), "no scenario is there for %s", name)
			}
		})
		It("is as planned", func() {
			AddReportEntry("kill matrix", "\n"+zoo.table())
			for mutant, checks := range zoo.planned {
				if zoo.seen[mutant] == nil {
					continue // filtered out of this run
				}
				for check := range checks {
					Expect(zoo.seen[mutant]).To(HaveKey(check), "%s survived %s", mutant, check)
				}
			}
		})
	})
}

func checksInUse() []string {
	used := make(map[string]bool)
	for _, s := range scenarios.All() {
		for _, c := range s.Checks {
			used[c.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(used))
}

func killers(in map[string]map[string]bool, check string) []string {
	var names []string
	for _, name := range mutants.Names() {
		if in[name][check] {
			names = append(names, name)
		}
	}
	return names
}

// table shows mutants down and checks across: K where the planned check killed it, + where
// another did as well, ! where a planned one did not, ? where it was not run.
func (k *killBook) table() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	checks := checksInUse()
	var out strings.Builder
	table := tablewriter.NewWriter(&out)
	header := append([]string{"mutant"}, numbered(checks)...)
	table.Header(header)
	for _, name := range mutants.Names() {
		row := []string{name}
		for _, check := range checks {
			row = append(row, k.cell(name, check))
		}
		Expect(table.Append(row)).To(Succeed())
	}
	Expect(table.Render()).To(Succeed())
	for i, check := range checks {
		out.WriteString(numbered(checks)[i] + " " + check + "  " + unkilled[check] + "\n")
	}
	out.WriteString("K killed as planned, + killed by this as well, ! survived it, ? not run\n")
	return out.String()
}

func (k *killBook) cell(name, check string) string {
	planned, ran, killed := k.planned[name][check], k.seen[name] != nil, k.seen[name][check]
	switch {
	case planned && !ran:
		return "?"
	case planned && killed:
		return "K"
	case planned:
		return "!"
	case killed:
		return "+"
	default:
		return ""
	}
}

// numbered gives checks short column heads: twenty names across do not fit a terminal.
func numbered(checks []string) []string {
	var heads []string
	for i := range checks {
		heads = append(heads, string(rune('a'+i)))
	}
	return heads
}
