package selftest

import (
	"slices"
	"testing"

	"ibsoak/harness"
	"ibsoak/scenarios"
	"ibsoak/scenarios/mutants"
)

// leastSeeded is how many broken subjects the matrix promises.
const leastSeeded = 45

func TestRowsNameWhatIsThere(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range Rows() {
		if seen[r.Name()] {
			t.Errorf("row %s is there twice", r.Name())
		}
		seen[r.Name()] = true
		m, err := mutants.Named(r.Subject)
		if err != nil {
			t.Errorf("row %s: %v", r.Name(), err)
		}
		if m.Good && len(r.Killers) > 0 && r.Subject != mutants.Control {
			t.Errorf("row %s kills a good subject", r.Name())
		}
		// What a subject does to its own sockets costs the Gateway nothing through a keeper.
		if !m.Good && len(r.Killers) == 0 && !r.Through {
			t.Errorf("row %s lets a broken subject pass", r.Name())
		}
		s, err := r.Planned()
		if err != nil {
			t.Error(err)
			continue
		}
		for _, check := range r.Killers {
			asked := slices.ContainsFunc(s.Checks, func(c harness.Check) bool { return c.Name == check })
			if !asked {
				t.Errorf("row %s: scenario %s does not ask for %s", r.Name(), r.Scenario, check)
			}
		}
		if err := scenarios.Validate(s); err != nil {
			t.Errorf("row %s: %v", r.Name(), err)
		}
	}
}

func TestEverySubjectAndSabotageHasARow(t *testing.T) {
	seeded := 0
	for _, m := range mutants.All() {
		rows := func(r Row) bool { return r.Subject == m.Name && r.Sabotage == "" && !r.Through }
		if !slices.ContainsFunc(Rows(), rows) {
			t.Errorf("no row for %s", m.Name)
		}
		if !m.Good {
			seeded++
		}
	}
	if seeded < leastSeeded {
		t.Errorf("%d broken subjects, want at least %d", seeded, leastSeeded)
	}
	for _, s := range harness.Sabotages {
		if !slices.ContainsFunc(Rows(), func(r Row) bool { return r.Sabotage == s }) {
			t.Errorf("no row for sabotage %s", s)
		}
	}
}

// unkilled are the checks that no subject can fail, each with its reason.
var unkilled = map[string]string{
	"oracles-agree": "fails only when the harness does: its two oracles are put at odds in " +
		"package harness's tests",
	"books-add-up": "fails only when the fake exchange does: package harness's tests hand it " +
		"books that do not add up",
	"faults-delivered": "never fails a subject: a fault that did not go out leaves a run " +
		"inconclusive, as the vacuity specs show",
}

func TestEveryCheckKills(t *testing.T) {
	killers := make(map[string]bool)
	for _, r := range Rows() {
		for _, check := range r.Killers {
			killers[check] = true
		}
	}
	used := make(map[string]bool)
	for _, s := range scenarios.All() {
		for _, c := range s.Checks {
			used[c.Name] = true
			if _, excused := unkilled[c.Name]; !excused && !killers[c.Name] {
				t.Errorf("%s asks for %s, which kills no subject", s.Name, c.Name)
			}
		}
	}
	for check := range unkilled {
		if killers[check] || !used[check] {
			t.Errorf("%s is excused: it kills a subject, or no scenario asks for it", check)
		}
	}
}

func TestWrongSaysWhatSurvived(t *testing.T) {
	verdict := func(o harness.Outcome, failed ...string) harness.Verdict {
		v := harness.Verdict{Outcome: o}
		for _, check := range failed {
			v.Findings = append(v.Findings, harness.Finding{Check: check, Outcome: harness.Fail})
		}
		return v
	}
	killed := Row{Killers: by("cycles", "sigterm")}
	open := Row{Open: true}
	sabotaged := Row{Sabotage: harness.LoseEvents}
	for name, c := range map[string]struct {
		row  Row
		v    harness.Verdict
		want string
	}{
		"killed by both":         {killed, verdict(harness.Fail, "sigterm", "cycles", "recovery"), ""},
		"killed by one":          {killed, verdict(harness.Fail, "cycles"), "survived sigterm"},
		"passed":                 {killed, verdict(harness.Pass), "survived: pass"},
		"nothing learnt":         {killed, verdict(harness.HarnessError, "cycles", "sigterm"), "survived: harness-error"},
		"good":                   {Row{}, verdict(harness.Pass), ""},
		"good and inconclusive":  {Row{}, verdict(harness.Inconclusive), "inconclusive by a good subject"},
		"open and inconclusive":  {open, verdict(harness.Inconclusive), ""},
		"open and failed":        {open, verdict(harness.Fail, "cycles"), "fail by a good subject"},
		"sabotage noticed":       {sabotaged, verdict(harness.HarnessError), ""},
		"sabotage not noticed":   {sabotaged, verdict(harness.Pass), "pass, and the harness noticed nothing"},
		"sabotage blames trader": {sabotaged, verdict(harness.Fail, "cycles"), "fail, and the harness noticed nothing"},
	} {
		if got := c.row.Wrong(c.v); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
