// Package scenarios is what this project claims about a trader, as data: one harness.Scenario
// literal for each claim, a YAML form for claims of your own, and in its test files the Ginkgo
// suite that holds the bundled trader to them and proves that broken traders fail them.
package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"ibsoak/harness"
)

// All is every built-in scenario, in the order in which they are worth running: a trader that
// fails an early one has no use for the later ones. Each call makes fresh values.
func All() []harness.Scenario {
	all := []harness.Scenario{
		once(),
		consecutive10(),
		consecutive10Leaky(),
		zombiesPresent(),
		stallHandshake(),
		handshakeFaults(),
		kill9MidSession(),
		rstMidSession(),
		halfClose(),
		halfCloseLeaky(),
		stallMidSession(),
		restartRecovery(),
		orderFaults(),
		orderHeld(),
		fillsToldBadly(),
		noPositions(),
		positionProtected(),
		marketHalt(),
		lateAnswers(),
		outage(),
		idsRollBack(),
		limitOverRestarts(),
		manySymbols(),
		consecutive300(),
		continuous1h(),
	}
	for i := range all {
		all[i] = forStreams(all[i])
	}
	return all
}

// Named is the built-in scenario of that name. The error for an unknown one lists the nearest.
func Named(name string) (harness.Scenario, error) {
	all := All()
	for _, s := range all {
		if s.Name == name {
			return s, nil
		}
	}
	return harness.Scenario{}, fmt.Errorf("find scenario %q: no such name; nearest: %s",
		name, strings.Join(nearest(name, all), ", "))
}

// nearest gives the names that a misspelling most likely meant, best first.
func nearest(name string, all []harness.Scenario) []string {
	const shown = 3
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.Name
	}
	meant := strings.ToLower(strings.NewReplacer("_", "-", " ", "-").Replace(name))
	distance := func(candidate string) int {
		d := levenshtein.ComputeDistance(meant, candidate)
		if meant != "" && strings.Contains(candidate, meant) {
			return min(d, 1) // "zombies" means zombies-present, however much is missing
		}
		return d
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
	return names[:min(shown, len(names))]
}
