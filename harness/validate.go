package harness

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// scenarioName is what a scenario may be called: its name becomes a directory.
var scenarioName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// Problem is one thing that is wrong with a scenario, with the path of its value in a scenario file.
type Problem struct {
	Path string // "subject.mode", "checks[2].name"
	Text string
}

// Error is what is wrong.
func (p *Problem) Error() string { return p.Text }

// problems collects what is wrong.
type problems []error

func (p *problems) add(path, format string, args ...any) {
	*p = append(*p, &Problem{path, fmt.Sprintf(format, args...)})
}

// placeholders notes the words that cannot be filled in.
func (p *problems) placeholders(key string, words []string) {
	for _, word := range words {
		if err := checkPlaceholders(word); err != nil {
			p.add("subject."+key, "subject: %s: %v", key, err)
		}
	}
}

// Validate reports everything about the scenario that cannot be run or judged, each as a Problem.
func (s Scenario) Validate() error {
	var errs problems
	bad := errs.add
	if !scenarioName.MatchString(s.Name) {
		bad("name", "name %q: want lower-case letters, digits and dashes, at most 64", s.Name)
	}
	if len(s.Checks) == 0 {
		bad("checks", "no checks: nothing would be judged")
	}
	for i, c := range s.Checks {
		path := fmt.Sprintf("checks[%d]", i)
		if _, err := DetectorNamed(c.Name); err != nil {
			bad(path+".name", "%v", err)
		}
		errs = append(errs, c.validateClasses()...)
		if c.Want < 0 || c.Within < 0 || c.Evidence < 0 {
			bad(path, "check %s: want, within and evidence are 0 or more", c.Name)
		}
	}
	if s.Gateway.PlantedZombies < 0 || s.Gateway.PlantedZombies > maxPlanted {
		bad("gateway.plantedZombies", "planted zombies %d: want 0..%d", s.Gateway.PlantedZombies, maxPlanted)
	}
	if n := s.Gateway.PlantedLives; n < 0 || n > 0 && s.Gateway.PlantedZombies == 0 {
		bad("gateway.plantedLives", "planted lives %d: want 0 or more, and planted zombies", n)
	}
	if _, err := s.Gateway.Config(); err != nil {
		bad("gateway", "%v", err)
	}
	if s.Limit < 0 {
		bad("limit", "limit %s: want 0 (none) or more", s.Limit)
	}
	return errors.Join(append(errs, s.Subject.validate())...)
}

// maxPlanted bounds Gateway.PlantedZombies: each is two descriptors of the harness.
const maxPlanted = 256

// maxRuns bounds Subject.Runs: at three lives a second it is an hour.
const maxRuns = 10_000

func (s Subject) validate() error {
	var errs problems
	bad := func(key, format string, args ...any) {
		errs.add("subject."+key, "subject: "+format, args...)
	}
	switch s.Mode {
	case Once:
		if s.Runs < 1 || s.Runs > maxRuns {
			bad("runs", "runs %d: want 1..%d", s.Runs, maxRuns)
		}
	case Continuous:
		if s.Interval <= 0 {
			bad("interval", "interval %s: want above 0", s.Interval)
		}
		if s.Cycles <= 0 && s.For <= 0 {
			bad("mode", "neither cycles nor for: the run would not end")
		}
	default:
		bad("mode", "mode %q: want %q or %q", s.Mode, Once, Continuous)
	}
	if s.KillAt != nil && len(s.KillPoints) > 0 {
		bad("killAt", "killAt and killPoints: want one of them")
	}
	for n := 1; n <= max(1, len(s.KillPoints)); n++ {
		if point, kills := s.killPoint(n); kills {
			if err := killable(point); err != nil {
				bad("killAt", "%v", err)
			}
		}
	}
	if len(s.KillPoints) > 0 && (s.Mode != Once || s.Interval <= 0) {
		bad("killPoints", "killPoints: want mode %q and an interval, which the killed lives are given", Once)
	}
	errs.placeholders("args", s.Args)
	if err := s.Cycle.validate(); err != nil {
		bad("cycle", "%v", err)
	}
	if s.Cycles < 0 || s.For < 0 || s.LifeLimit < 0 {
		bad("mode", "cycles, for and life limit are 0 or more")
	}
	return errors.Join(append(errs, s.Validate())...)
}

// Validate reports what of the description of a trader says nothing or cannot be.
func (t Trader) Validate() error {
	var errs problems
	bad := func(key, format string, args ...any) {
		errs.add("subject."+key, "subject: "+format, args...)
	}
	if t.ConnectWithin < 0 || t.Grace < 0 {
		bad("connectWithin", "connectWithin and grace are 0 or more")
	}
	alone := func(word string) bool { return word == "{args}" }
	errs.placeholders("command", slices.DeleteFunc(slices.Clone(t.Command), alone))
	errs.placeholders("onceArgs", t.OnceArgs)
	errs.placeholders("continuousArgs", t.ContinuousArgs)
	errs.placeholders("env", slices.Sorted(maps.Values(t.Env)))
	meaning := make(map[int]ExitClass)
	for _, class := range slices.Sorted(maps.Keys(t.Exits)) {
		if !slices.Contains(ExitClasses, class) {
			bad("exits", "exits: class %q: want one of %s", class, choices(ExitClasses))
		}
		for _, code := range t.Exits[class] {
			if other, twice := meaning[code]; twice {
				bad("exits", "exits: code %d means both %s and %s", code, other, class)
			}
			if meaning[code] = class; code < 0 || code > 255 {
				bad("exits", "exits: %s: code %d: want 0..255", class, code)
			}
		}
	}
	references := []Reference{RefUnknown, RefIntent, RefStrategy, RefNone}
	if !slices.Contains(references, t.Reference) {
		bad("reference", "reference %q: want one of %s", t.Reference, choices(references[1:]))
	}
	for i, p := range t.Positions {
		if p.Symbol == "" || p.Want == nil && p.Max == nil {
			bad(fmt.Sprintf("positions[%d]", i), "positions: %d: want a symbol, and want or max", i+1)
		}
		switch key := fmt.Sprintf("positions[%d]", i); {
		case p.Max != nil && p.Max.IsNeg():
			bad(key+".max", "positions: %s: max %s: want 0 or more", p.Symbol, p.Max)
		case p.Min != nil && (p.Min.IsPos() || p.Max == nil):
			bad(key+".min", "positions: %s: min %s: want 0 or less, and max beside it", p.Symbol, p.Min)
		case p.Contradicts():
			bad(key+".want", "positions: %s: want %s lies beyond what may be held at any time", p.Symbol, p.Want)
		}
	}
	return errors.Join(errs...)
}

// choices lists words for a sentence.
func choices[S ~string](words []S) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}
