// Package shard lets many machines make the runs of one plan, and merges their records into one verdict.
// It owns who makes which run and what belongs together; what a run shows is the judge's.
package shard

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ibsoak/harness"
)

// PlanVersion is the version of the plan's form. Read refuses any other.
const PlanVersion = 1

// PlanFile is the plan's name beside the records of its runs.
const PlanFile = "plan.json"

// The bounds of a plan.
const (
	maxShards = 10_000
	// maxRuns lives of 50 are five million.
	maxRuns = 100_000
)

// Plan is a list of runs, each to be made once by one of several shards.
type Plan struct {
	Version int    `json:"version"`
	ID      string `json:"id"`      // the SHA-256 of all the rest
	Program string `json:"program"` // what the soak that planned it was built from
	Shards  int    `json:"shards"`
	// ClientID, TimeScale and Keeper are those of every run, as in harness.Options; zero is its default.
	ClientID  int         `json:"clientId,omitempty"`
	TimeScale float64     `json:"timeScale,omitempty"`
	Keeper    bool        `json:"keeper,omitempty"`
	Scenarios []*Scenario `json:"scenarios"`
	Runs      []Run       `json:"runs"`
}

// Scenario is a claim with the trader of which it is made.
type Scenario struct {
	Name string `json:"name"`
	// Digest is the SHA-256 of Scenario's JSON.
	Digest   string           `json:"digest"`
	Scenario harness.Scenario `json:"scenario"`
	// Bundled says that the trader is a command of soak itself, wherever that is: the first word of its
	// command is then ProgramWord.
	Bundled bool `json:"bundled,omitempty"`
	// Files are the SHA-256 of the files that the scenario names, by path.
	Files map[string]string `json:"files,omitempty"`
}

// ProgramWord stands for the path of soak itself in the command of a bundled trader.
const ProgramWord = "soak"

// Run is one run of the plan.
type Run struct {
	ID       string `json:"id"`    // "once-7", also its directory
	Shard    int    `json:"shard"` // from 1
	Scenario string `json:"scenario"`
	Seed     uint64 `json:"seed"`
}

// lives is how many lives each run has.
func (s *Scenario) lives() int { return max(1, s.Scenario.Subject.Runs) }

// portable is a scenario without what differs from one machine to the next.
func portable(s harness.Scenario, bundled bool) harness.Scenario {
	if bundled && len(s.Subject.Command) > 0 {
		s.Subject.Command = slices.Clone(s.Subject.Command)
		s.Subject.Command[0] = ProgramWord
	}
	return s
}

// NewScenario is the scenario as a plan keeps it: with its Gateway's settings in it and its files'
// digests.
func NewScenario(s harness.Scenario, bundled bool) (*Scenario, error) {
	var err error
	if s.Gateway, err = s.Gateway.Resolve(); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	p := &Scenario{Name: s.Name, Scenario: portable(s, bundled), Bundled: bundled}
	if p.Digest, err = digest(p.Scenario); err != nil {
		return nil, err
	}
	for _, name := range p.names() {
		sum, err := fileSum(name)
		if err != nil {
			return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
		}
		if p.Files == nil {
			p.Files = map[string]string{}
		}
		p.Files[name] = sum
	}
	return p, nil
}

// names are the files without which the scenario is another one.
func (s *Scenario) names() []string {
	names := []string{s.Scenario.Gateway.Market}
	if settings := s.Scenario.Gateway.Settings; settings != nil {
		names = append(names, settings.Schedule.Hook)
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// CheckFiles wants the files that the scenario names to be what they were when it was planned.
func (s *Scenario) CheckFiles() error {
	for _, name := range s.names() {
		sum, err := fileSum(name)
		if err != nil {
			return fmt.Errorf("scenario %s: %w", s.Name, err)
		}
		if sum != s.Files[name] {
			return fmt.Errorf("scenario %s: %s is not the file that was planned with: plan again", s.Name, name)
		}
	}
	return nil
}

func fileSum(name string) (string, error) {
	data, err := os.ReadFile(name)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), err
}

func digest(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// New completes a plan: each scenario is run once with each seed, and the runs are dealt to the shards
// in turn.
func New(p Plan, seeds []uint64) (Plan, error) {
	p.Version = PlanVersion
	for _, s := range p.Scenarios {
		for _, seed := range seeds {
			p.Runs = append(p.Runs, Run{
				ID: fmt.Sprintf("%s-%d", s.Name, seed), Shard: len(p.Runs)%max(1, p.Shards) + 1,
				Scenario: s.Name, Seed: seed,
			})
		}
	}
	var err error
	if p.ID, err = p.identity(); err != nil {
		return p, err
	}
	return p, p.validate()
}

func (p Plan) identity() (string, error) {
	p.ID = ""
	return digest(p)
}

func (p Plan) validate() error {
	switch {
	case p.Shards < 1 || p.Shards > maxShards:
		return fmt.Errorf("%d shards: want 1..%d", p.Shards, maxShards)
	case len(p.Runs) > maxRuns:
		return fmt.Errorf("%d runs: want %d at the most; give each more lives", len(p.Runs), maxRuns)
	case len(p.Runs) < p.Shards:
		return fmt.Errorf("%d runs for %d shards: some would have nothing to do; give more seeds or fewer shards",
			len(p.Runs), p.Shards)
	}
	known := map[string]bool{}
	for _, s := range p.Scenarios {
		sum, err := digest(s.Scenario)
		switch {
		case err != nil:
			return err
		case known[s.Name]:
			return fmt.Errorf("scenario %s is there twice: name it once, with more seeds", s.Name)
		case sum != s.Digest || s.Name != s.Scenario.Name:
			return fmt.Errorf("scenario %s is not the one that was planned: its digest differs", s.Name)
		}
		known[s.Name] = true
	}
	ids, busy := map[string]bool{}, map[int]bool{}
	for _, r := range p.Runs {
		if ids[r.ID] || !known[r.Scenario] || r.Shard < 1 || r.Shard > p.Shards || r.Seed == 0 {
			return fmt.Errorf("run %q is there twice, or its scenario, shard or seed is wrong", r.ID)
		}
		if r.ID != fmt.Sprintf("%s-%d", r.Scenario, r.Seed) {
			return fmt.Errorf("run %q: want its scenario and seed for a name", r.ID)
		}
		ids[r.ID], busy[r.Shard] = true, true
	}
	if len(busy) < p.Shards {
		return errors.New("a shard has nothing to do")
	}
	return nil
}

// scenario is one of the plan's, which validate has seen.
func (p Plan) scenario(name string) *Scenario {
	return p.Scenarios[slices.IndexFunc(p.Scenarios, func(s *Scenario) bool { return s.Name == name })]
}

// Of are the runs of one shard, each with its scenario.
func (p Plan) Of(shard int) (runs []Run, of []*Scenario) {
	for _, r := range p.Runs {
		if r.Shard == shard {
			runs, of = append(runs, r), append(of, p.scenario(r.Scenario))
		}
	}
	return runs, of
}

// Part is what the record of a run says of its place in the plan.
func (p Plan) Part(r Run, program string) *harness.Part {
	return &harness.Part{Plan: p.ID, Run: r.ID, Shard: r.Shard, Program: program}
}

// Dir is where a run's record goes below out.
func (p Plan) Dir(out string, r Run) string { return filepath.Join(p.ShardDir(out, r.Shard), r.ID) }

// ShardDir is where all that a shard makes goes below out.
func (p Plan) ShardDir(out string, shard int) string {
	return filepath.Join(out, fmt.Sprintf("shard-%0*d", len(strconv.Itoa(p.Shards)), shard))
}

// Text is the plan as a file holds it.
func (p Plan) Text() ([]byte, error) {
	data, err := json.MarshalIndent(p, "", " ")
	return append(data, '\n'), err
}

// Read reads a plan and refuses one that was changed since it was made.
func Read(path string) (Plan, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Plan{}, fmt.Errorf("read plan: %w", err)
	}
	var p Plan
	refuse := func(format string, args ...any) (Plan, error) {
		return Plan{}, fmt.Errorf("read plan %s: "+format, append([]any{path}, args...)...)
	}
	if err := json.Unmarshal(data, &struct{ Version *int }{&p.Version}); err != nil {
		return refuse("%w: soak plan makes one", err)
	}
	if p.Version != PlanVersion {
		return refuse("version %d; this program reads version %d: plan again", p.Version, PlanVersion)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return refuse("%w: soak plan makes one", err)
	}
	id, err := p.identity()
	if err != nil {
		return refuse("%w", err)
	}
	if id != p.ID {
		return refuse("it was changed after soak plan had made it: plan again with other flags")
	}
	if err := p.validate(); err != nil {
		return refuse("%w", err)
	}
	return p, nil
}

// Begin makes the directory of a shard, with the plan in it. A shard is made once: whoever could make it
// again could do so until it passes.
func (p Plan) Begin(out string, shard int) error {
	dir := p.ShardDir(out, shard)
	text, err := p.Text()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: a shard is made once; choose another --out for a new try of the "+
			"whole plan", dir)
	} else if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, PlanFile), text, 0o644)
}

// ParseShard reads "2/6", a shard from 1 of all.
func (p Plan) ParseShard(text string) (int, error) {
	left, right, ok := strings.Cut(text, "/")
	shard, err := strconv.Atoi(left)
	of, err2 := strconv.Atoi(right)
	switch {
	case !ok || cmp.Or(err, err2) != nil:
		return 0, fmt.Errorf("%q: want SHARD/SHARDS, like 1/%d", text, p.Shards)
	case of != p.Shards:
		return 0, fmt.Errorf("%q: the plan is for %d shards, not %d", text, p.Shards, of)
	case shard < 1 || shard > of:
		return 0, fmt.Errorf("%q: want 1/%d to %d/%d", text, of, of, of)
	}
	return shard, nil
}

// ParseIndex reads the index of a Kubernetes Indexed Job, which counts from 0.
func (p Plan) ParseIndex(text string) (int, error) {
	index, err := strconv.Atoi(text)
	if err != nil || index < 0 || index >= p.Shards {
		return 0, fmt.Errorf("%q: want 0..%d, one less than the shard, of a plan for %d shards",
			text, p.Shards-1, p.Shards)
	}
	return index + 1, nil
}

// ParseSeeds reads "1..6" or "7": seeds from 1.
func ParseSeeds(text string) ([]uint64, error) {
	left, right, more := strings.Cut(text, "..")
	if !more {
		right = left
	}
	first, err := strconv.ParseUint(left, 10, 64)
	last, err2 := strconv.ParseUint(right, 10, 64)
	if cmp.Or(err, err2) != nil || first < 1 || last < first || last-first >= maxRuns {
		return nil, fmt.Errorf("%q: want FIRST..LAST, like 1..6, from 1, at most %d of them", text, maxRuns)
	}
	var seeds []uint64
	for seed := first; ; seed++ {
		if seeds = append(seeds, seed); seed == last {
			return seeds, nil
		}
	}
}
