package shard

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

// MergedVersion is the version of the merged verdict's form.
const MergedVersion = 1

// shown bounds what is shown one by one: examples of a check, reasons, missing runs.
const shown = 20

// Result is what a merged verdict needs of one record.
type Result struct {
	Part    harness.Part
	Verdict harness.Verdict
	Phases  []harness.PhaseTimes

	digests map[bool]string // of the scenario, by whether the trader is soak's own
	keeper  bool
	lives   int
}

// ResultOf judges a record, which can be let go of then: of its lives only the numbers are kept.
func ResultOf(r *harness.Record) (Result, error) {
	if r.Header.Part == nil {
		return Result{}, errors.New("it belongs to no plan: soak run --plan makes records that can be merged")
	}
	v := harness.Judge(r)
	sums := map[bool]string{}
	for _, bundled := range []bool{false, true} {
		var err error
		if sums[bundled], err = digest(portable(r.Header.Scenario, bundled)); err != nil {
			return Result{}, err
		}
	}
	lives := len(v.Lives)
	v.Lives = nil
	return Result{
		Part: *r.Header.Part, Verdict: v, Phases: r.PhaseTimes(),
		keeper: r.Header.Keeper != nil, lives: lives, digests: sums,
	}, nil
}

// Merged is one verdict over all runs of a plan.
type Merged struct {
	Version  int             `json:"version"`
	Plan     string          `json:"plan"`
	Program  string          `json:"program,omitempty"` // what made the records
	Outcome  harness.Outcome `json:"outcome"`
	Sentence string          `json:"sentence"`
	Shards   int             `json:"shards"`
	// Runs are those with a whole record, of Planned.
	Runs    int `json:"runs"`
	Planned int `json:"planned"`
	// Missing says which shards and runs there is no whole record of, the first few.
	Missing []string `json:"missing,omitempty"`
	Lives
	Scenarios []MergedScenario `json:"scenarios"`
}

// Lives counts lives.
type Lives struct {
	Lives        int `json:"lives"`
	LivesPlanned int `json:"livesPlanned"`
	Passed       int `json:"passed"`
	// Bound is that on the failure rate of a life, 95 %: over several scenarios on the mean rate of the
	// plan's lives. It is 1 unless every planned life was there and passed.
	Bound float64 `json:"bound"`
}

func (l *Lives) settle() {
	l.Bound = 1
	if l.Passed == l.Lives && l.Lives == l.LivesPlanned {
		l.Bound = harness.FailureRateBound(l.Passed)
	}
}

// MergedScenario is what all runs of one scenario came to.
type MergedScenario struct {
	Scenario string          `json:"scenario"`
	Digest   string          `json:"digest"`
	Summary  string          `json:"summary"`
	Outcome  harness.Outcome `json:"outcome"`
	// Runs counts the runs by outcome.
	Runs    map[harness.Outcome]int `json:"runs"`
	Planned int                     `json:"planned"`
	Lives
	Cycles   int             `json:"cycles"`
	Took     harness.Moment  `json:"took"` // of all runs together
	Findings []MergedFinding `json:"findings"`
	// Reasons are the sentences of runs that did not pass, worst first, the first few.
	Reasons  []string              `json:"reasons,omitempty"`
	Timings  []harness.PhaseTiming `json:"timings"`
	Sockets  []harness.SocketCount `json:"sockets"` // States: the most at once in any one run
	Faults   []MergedFault         `json:"faults,omitempty"`
	Recovery *harness.PhaseTiming  `json:"recovery,omitempty"`
	Oracles  map[string]int        `json:"oracles"`  // which spoke, and in how many runs
	Machines map[string]int        `json:"machines"` // and how many runs each made
}

// MergedFinding is what a check found in all runs: the worst outcome, and how many had which.
type MergedFinding struct {
	Check         string                  `json:"check"`
	Group         harness.Group           `json:"group"`
	Outcome       harness.Outcome         `json:"outcome"`
	Runs          map[harness.Outcome]int `json:"runs"`
	Evidence      int                     `json:"evidence"` // of all runs together
	Unit          string                  `json:"unit"`
	Lives         int                     `json:"lives,omitempty"` // that violate it
	Informational bool                    `json:"informational,omitempty"`
	// Run is the first run with the worst outcome; Detail and Examples are its.
	Run      string            `json:"run"`
	Detail   string            `json:"detail"`
	Examples []harness.Example `json:"examples,omitempty"`
}

// MergedFault is a planned fault, and what became of it in all runs.
type MergedFault struct {
	ID         string       `json:"id"`
	Planned    fault.Action `json:"planned"`
	Times      int          `json:"times"`
	Unmet      int          `json:"unmet,omitempty"`      // runs in which it had no occasion
	Mismatches int          `json:"mismatches,omitempty"` // runs in which the wire had something else
}

// ExitCode is that of soak run for the outcome.
func (m Merged) ExitCode() int { return harness.Verdict{Outcome: m.Outcome}.ExitCode() }

// worse orders outcomes as soak run does: nothing is learnt, a failure, nothing is shown, a pass.
func worse(a, b harness.Outcome) harness.Outcome {
	order := []harness.Outcome{harness.HarnessError, harness.Fail, harness.Inconclusive, harness.Pass}
	return order[min(max(slices.Index(order, a), 0), max(slices.Index(order, b), 0))]
}

// Merge gives the verdict over what was found, in whatever order it is. It refuses what does not belong to the
// plan or is there twice. What is missing leaves the verdict inconclusive, and so does what cannot be read, even
// beside a whole record: it may have been made again until it passed.
func Merge(f Found) (Merged, error) {
	p, results := f.Plan, f.Results
	byRun := map[string]Result{}
	m := Merged{Version: MergedVersion, Plan: p.ID, Shards: p.Shards, Planned: len(p.Runs), Outcome: harness.Pass}
	planned := map[string]Run{}
	for _, run := range p.Runs {
		planned[run.ID] = run
	}
	for _, r := range results {
		if err := p.belongs(r, planned); err != nil {
			return m, err
		}
		if _, twice := byRun[r.Part.Run]; twice {
			return m, fmt.Errorf("run %s of shard %d is there twice: one must go, and nobody may choose which; "+
				"run the plan again into a new directory", r.Part.Run, r.Part.Shard)
		}
		byRun[r.Part.Run] = r
	}
	programs := map[string]bool{}
	for _, r := range byRun {
		programs[r.Part.Program] = true
	}
	if len(programs) > 1 {
		return m, fmt.Errorf("the records were made by several soaks, %s: run the plan with one of them",
			strings.Join(slices.Sorted(maps.Keys(programs)), " and "))
	}
	for program := range programs {
		m.Program = program
	}
	m.Runs, m.Missing = len(byRun), p.missing(byRun)
	if n := len(f.Damaged); n > 0 {
		m.Outcome = harness.Inconclusive
		m.Missing = append(m.Missing, "the record cannot be read of "+strings.Join(f.Damaged[:min(n, shown)], ", "))
	}
	for _, s := range p.Scenarios {
		merged := p.mergeScenario(s, byRun)
		m.Outcome = worse(m.Outcome, merged.Outcome)
		m.Lives.Lives += merged.Lives.Lives
		m.LivesPlanned += merged.LivesPlanned
		m.Passed += merged.Passed
		m.Scenarios = append(m.Scenarios, merged)
	}
	if m.settle(); len(f.Damaged) > 0 {
		m.Bound = 1
	}
	m.Sentence = m.sentence()
	return m, nil
}

// belongs refuses a record of another plan, or of something else than its plan says.
func (p Plan) belongs(r Result, planned map[string]Run) error {
	if r.Part.Plan != p.ID {
		return fmt.Errorf("run %s is of another plan, %.12s and not %.12s: merge the records of one",
			r.Part.Run, r.Part.Plan, p.ID)
	}
	run, known := planned[r.Part.Run]
	if !known {
		return fmt.Errorf("run %s is not in the plan", r.Part.Run)
	}
	s := p.scenario(run.Scenario)
	v := r.Verdict
	for _, c := range []struct {
		what      string
		has, want any
	}{
		{"shard", r.Part.Shard, run.Shard},
		{"seed", v.Seed, run.Seed},
		{"scenario", v.Scenario, run.Scenario},
		{"digest of the scenario", r.digests[s.Bundled], s.Digest},
		{"keeper", r.keeper, p.Keeper},
		{"sabotage", v.Sabotage, harness.Sabotage("")},
		{"time scale", v.TimeScale, cmp.Or(p.TimeScale, v.TimeScale)},
	} {
		if c.has != c.want {
			return fmt.Errorf("run %s is not what the plan says: its %s is %v, planned was %v",
				run.ID, c.what, c.has, c.want)
		}
	}
	return nil
}

// missing names the shards without any record, and the runs that others have left out.
func (p Plan) missing(byRun map[string]Result) []string {
	planned, absent := map[int]int{}, map[int][]string{}
	for _, r := range p.Runs {
		planned[r.Shard]++
		if _, there := byRun[r.ID]; !there {
			absent[r.Shard] = append(absent[r.Shard], r.ID)
		}
	}
	var out []string
	for _, shard := range slices.Sorted(maps.Keys(absent)) {
		ids := absent[shard]
		some := strings.Join(ids[:min(len(ids), shown)], ", ")
		text := fmt.Sprintf("shard %d/%d has no whole record of %s", shard, p.Shards, some)
		if len(ids) == planned[shard] {
			text = fmt.Sprintf("shard %d/%d is missing, with %d runs", shard, p.Shards, len(ids))
		}
		out = append(out, text)
	}
	if more := len(out) - shown; more > 0 {
		out = append(out[:shown], fmt.Sprintf("and %d more shards", more))
	}
	return out
}

func (p Plan) mergeScenario(s *Scenario, byRun map[string]Result) MergedScenario {
	m := MergedScenario{
		Scenario: s.Name, Digest: s.Digest, Summary: s.Scenario.Summary, Outcome: harness.Pass,
		Runs: map[harness.Outcome]int{}, Oracles: map[string]int{}, Machines: map[string]int{},
	}
	var results []Result
	for _, run := range p.Runs {
		if run.Scenario != s.Name {
			continue
		}
		m.Planned++
		m.LivesPlanned += s.lives()
		r, there := byRun[run.ID]
		if !there {
			m.Outcome = worse(m.Outcome, harness.Inconclusive)
			continue
		}
		results = append(results, r)
		m.add(r)
		if r.lives < s.lives() { // a scenario whose checks do not count lives
			m.Outcome = worse(m.Outcome, harness.Inconclusive)
		}
	}
	m.settle()
	m.Timings, m.Recovery = timings(results), recovery(results)
	m.Reasons = reasons(results)
	return m
}

// add adds a run's verdict.
func (m *MergedScenario) add(r Result) {
	v := r.Verdict
	m.Outcome = worse(m.Outcome, v.Outcome)
	m.Runs[v.Outcome]++
	m.Lives.Lives += r.lives
	m.Passed += v.Passed
	m.Cycles += v.Cycles
	m.Took += v.Took
	m.Oracles[v.Oracles]++
	m.Machines[fmt.Sprintf("%s/%s, %d CPUs, %s", v.Host.OS, v.Host.Arch, v.Host.CPUs, v.Host.Go)]++
	for _, f := range v.Findings {
		m.addFinding(r.Part.Run, f)
	}
	m.addSockets(v.Sockets)
	for _, f := range v.Faults {
		m.addFault(f)
	}
}

func (m *MergedScenario) addFinding(run string, f harness.Finding) {
	outcome := f.Outcome
	if f.Harness != "" {
		outcome = harness.HarnessError
	}
	i := slices.IndexFunc(m.Findings, func(x MergedFinding) bool { return x.Check == f.Check })
	if i < 0 {
		i = len(m.Findings)
		m.Findings = append(m.Findings, MergedFinding{
			Check: f.Check, Group: f.Group, Unit: f.Unit, Runs: map[harness.Outcome]int{}, Informational: true,
		})
	}
	x := &m.Findings[i]
	x.Runs[outcome]++
	x.Evidence += f.Evidence
	x.Lives += len(f.Lives)
	x.Informational = x.Informational && f.Informational
	if x.Outcome == "" || worse(x.Outcome, outcome) != x.Outcome {
		x.Outcome, x.Run, x.Detail, x.Examples = outcome, run, f.Detail, f.Examples
	}
}

func (m *MergedScenario) addSockets(all []harness.SocketCount) {
	for _, n := range all {
		i := slices.IndexFunc(m.Sockets, func(x harness.SocketCount) bool { return x.Side == n.Side })
		if i < 0 {
			i = len(m.Sockets)
			m.Sockets = append(m.Sockets, harness.SocketCount{Side: n.Side, States: map[string]int{}})
		}
		x := &m.Sockets[i]
		x.Passed += n.Passed
		x.Seen += n.Seen
		x.Zombies += n.Zombies
		x.Planted += n.Planted
		x.Longest, x.SeenLongest = max(x.Longest, n.Longest), max(x.SeenLongest, n.SeenLongest)
		for state, count := range n.States {
			x.States[state] = max(x.States[state], count)
		}
	}
}

func (m *MergedScenario) addFault(f harness.FaultDelivery) {
	i := slices.IndexFunc(m.Faults, func(x MergedFault) bool { return x.ID == f.ID })
	if i < 0 {
		i = len(m.Faults)
		m.Faults = append(m.Faults, MergedFault{ID: f.ID, Planned: f.Planned})
	}
	x := &m.Faults[i]
	x.Times += f.Times
	if f.Times == 0 {
		x.Unmet++
	}
	if f.Mismatch != "" {
		x.Mismatches++
	}
}

// timings are the phases over the durations of all runs.
func timings(results []Result) []harness.PhaseTiming {
	var all []harness.PhaseTimes
	for _, r := range results {
		for i, p := range r.Phases {
			if i == len(all) {
				all = append(all, harness.PhaseTimes{Phase: p.Phase, From: p.From, To: p.To})
			}
			all[i].Took = append(all[i].Took, p.Took...)
		}
	}
	var out []harness.PhaseTiming
	for _, p := range all {
		slices.Sort(p.Took)
		out = append(out, p.Timing())
	}
	return out
}

// recovery is the distribution of all recoveries; nil where there were none.
func recovery(results []Result) *harness.PhaseTiming {
	all := harness.PhaseTimes{Phase: "recovery", From: "served again", To: "first cycle"}
	for _, r := range results {
		for _, one := range r.Verdict.Recovery {
			all.Took = append(all.Took, time.Duration(one.Took))
		}
	}
	if len(all.Took) == 0 {
		return nil
	}
	slices.Sort(all.Took)
	t := all.Timing()
	return &t
}

// reasons are what the runs say that did not pass, worst first.
func reasons(results []Result) []string {
	var out []string
	for _, o := range []harness.Outcome{harness.HarnessError, harness.Fail, harness.Inconclusive} {
		for _, r := range results {
			if r.Verdict.Outcome == o && len(out) < shown {
				out = append(out, fmt.Sprintf("%s, shard %d: %s: %s", r.Part.Run, r.Part.Shard, o, reason(r.Verdict)))
			}
		}
	}
	return out
}

// reason is why a run did not pass. The sentence of a failure has a rate as well, which is not the plan's.
func reason(v harness.Verdict) string {
	for _, f := range v.Findings {
		if v.Outcome != harness.Fail || f.Outcome != harness.Fail || f.Informational {
			continue
		}
		what := f.Detail
		if len(f.Examples) > 0 {
			what = f.Examples[0].What
		}
		return f.Check + ": " + what
	}
	return v.Sentence
}

// sentence says what the outcome rests on: the first reason, what is missing, how many lives passed.
func (m Merged) sentence() string {
	tally := fmt.Sprintf("%d/%d lives passed in %d of %d runs", m.Passed, m.LivesPlanned, m.Runs, m.Planned)
	if m.Outcome == harness.Pass {
		return fmt.Sprintf("%s; failure rate <= %.2g %% at 95 %%.", tally, 100*m.Bound)
	}
	var said []string
	for _, s := range m.Scenarios {
		if s.Outcome == m.Outcome && len(s.Reasons) > 0 {
			said = append(said, strings.TrimSuffix(s.Reasons[0], "."))
			break
		}
	}
	said = append(said, m.Missing...)
	if m.Outcome == harness.Inconclusive && len(said) == 0 {
		said = []string{"a run had fewer lives than planned, and the claim is not shown"}
	}
	return strings.Join(append(said, tally), "; ") + "."
}
