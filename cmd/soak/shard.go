package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
	"ibsoak/harness/history"
	"ibsoak/harness/shard"
	"ibsoak/internal/version"
)

func newPlan() *cobra.Command {
	var f runFlags
	var names []string
	var label, seeds, out string
	shards := 1
	cmd := &cobra.Command{
		Use:   "plan NAME...",
		Short: "Write a list of runs for several machines",
		Long: `plan writes a list of runs: every scenario once with every seed, dealt to the shards in turn.
The list says all about them, the scenarios and the trader too; a scenario's files and a trader's own program
must be at the same paths on every machine. soak run --plan makes the runs of one shard, and soak merge gives one
verdict over all records. docs/scale.md says what many lives cost.

    soak plan consecutive-300 --runs 50 --seeds 1..6 --shards 6 --out plan.json
    soak run --plan plan.json --shard 1/6 --out records
    soak merge records`,
		ValidArgsFunction: completeScenarios,
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := chosen(slices.Concat(names, args), label, f.subject.foreign())
			if err != nil {
				return err
			}
			p, err := f.plan(all, shards, seeds)
			if err != nil {
				return fmt.Errorf("plan: %w", err)
			}
			return writePlan(cmd, p, out)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&names, "scenario", nil, "`NAMES` of scenarios, or paths of YAML files")
	flags.StringVar(&label, "label", "", "plan all scenarios with this `LABEL`")
	flags.IntVar(&shards, "shards", 1, "how many `SHARDS` make the runs")
	flags.StringVar(&seeds, "seeds", "1", "a seed for each run of a scenario, `FIRST..LAST`")
	flags.StringVar(&out, "out", "", "`FILE` of the plan (default stdout)")
	f.subject.add(cmd)
	f.vary.add(cmd, 0, 0)
	f.vary.addRuns(cmd)
	f.addConditions(cmd)
	return cmd
}

// plan is the plan that the flags make of scenarios.
func (f *runFlags) plan(all []harness.Scenario, shards int, seeds string) (shard.Plan, error) {
	p := shard.Plan{
		Program: version.String(), Shards: shards, ClientID: f.clientID, TimeScale: f.timeScale, Keeper: f.keeper,
	}
	some, err := shard.ParseSeeds(seeds)
	if err != nil {
		return p, fmt.Errorf("--seeds %w", err)
	}
	for _, s := range all {
		j, err := f.job(s, false, io.Discard)
		if err != nil {
			return p, err
		}
		planned, err := shard.NewScenario(j.scenario, j.options.Bundled)
		if err != nil {
			return p, err
		}
		p.Scenarios = append(p.Scenarios, planned)
	}
	return shard.New(p, some)
}

func writePlan(cmd *cobra.Command, p shard.Plan, out string) error {
	text, err := p.Text()
	if err != nil {
		return harnessError(err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "soak: plan %.12s: %d runs in %d shards\n", p.ID, len(p.Runs), p.Shards)
	if out == "" {
		_, err = cmd.OutOrStdout().Write(text)
	} else {
		err = os.WriteFile(out, text, 0o644)
	}
	if err != nil {
		return harnessError(err)
	}
	return nil
}

// shardFlags say which runs of a plan are made.
type shardFlags struct{ plan, shard string }

func (s *shardFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.plan, "plan", "", "`FILE` of soak plan: make the runs of one shard of it")
	cmd.Flags().StringVar(&s.shard, "shard", "",
		"`I/N`, the shard from 1 (default: one more than "+indexVariable+", which Kubernetes sets)")
}

// indexVariable is set by Kubernetes in the pods of an Indexed Job; it counts from 0.
const indexVariable = "JOB_COMPLETION_INDEX"

// besidePlan are the flags that --plan leaves to be said; all else is the plan's.
var besidePlan = []string{
	"plan", "shard", "out", "status", "open", "history", "json", "all-checks", "verbose",
}

func (s *shardFlags) run(cmd *cobra.Command, f *runFlags, args []string) error {
	if s.plan == "" {
		return errors.New("--shard: of which plan? --plan FILE says so, and soak plan makes one")
	}
	var said []string
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if !slices.Contains(besidePlan, flag.Name) {
			said = append(said, "--"+flag.Name)
		}
	})
	if said = append(said, args...); len(said) > 0 {
		return fmt.Errorf("--plan: %s: the plan says that; leave it out, or plan again", strings.Join(said, " "))
	}
	if err := f.habits.validate(); err != nil {
		return err
	}
	p, err := shard.Read(s.plan)
	if err != nil {
		return err
	}
	n, by, err := s.which(p)
	if err != nil {
		return err
	}
	if f.out == "" {
		f.out = filepath.Join("runs", fmt.Sprintf("plan-%.12s", p.ID))
	}
	jobs, err := f.planned(p, n, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	if err := p.Begin(f.out, n); err != nil {
		return harnessError(err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "soak: shard %d of %d (by %s), %d runs into %s\n",
		n, p.Shards, by, len(jobs), p.ShardDir(f.out, n))
	return f.runJobs(cmd, jobs)
}

// which is the shard to be made, and by what that is known.
func (s *shardFlags) which(p shard.Plan) (n int, by string, err error) {
	if s.shard != "" {
		if n, err = p.ParseShard(s.shard); err != nil {
			err = fmt.Errorf("--shard %w", err)
		}
		return n, "--shard", err
	}
	index, set := os.LookupEnv(indexVariable)
	switch {
	case set:
		if n, err = p.ParseIndex(index); err != nil {
			err = fmt.Errorf("%s %w", indexVariable, err)
		}
		return n, fmt.Sprintf("%s=%s", indexVariable, index), err
	case p.Shards == 1:
		return 1, "the plan", nil
	}
	return 0, "", fmt.Errorf("which of %d shards? --shard 1/%d says so, or %s=0", p.Shards, p.Shards, indexVariable)
}

// planned are the jobs of a shard, as this machine has to make them.
func (f *runFlags) planned(p shard.Plan, n int, stderr io.Writer) ([]job, error) {
	runs, of := p.Of(n)
	var keeper []string
	if p.Keeper {
		var err error
		if keeper, err = bundledKeeper(); err != nil {
			return nil, err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, harnessError(err)
	}
	var jobs []job
	for i, r := range runs {
		s := of[i].Scenario
		if of[i].Bundled {
			s.Subject.Command = append([]string{self}, s.Subject.Command[1:]...)
		}
		if err := errors.Join(of[i].CheckFiles(), s.Validate()); err != nil {
			return nil, err
		}
		jobs = append(jobs, job{s, harness.Options{
			Keeper: keeper, Command: s.Subject.Command, Bundled: of[i].Bundled, ClientID: p.ClientID, Seed: r.Seed,
			TimeScale: p.TimeScale, OutDir: p.Dir(f.out, r), Log: f.logger(stderr), Part: p.Part(r, version.String()),
		}})
	}
	return jobs, nil
}

func newMerge() *cobra.Command {
	var v view
	cmd := &cobra.Command{
		Use:   "merge DIR...",
		Short: "Give one verdict over the records of a plan",
		Long: `merge judges every record below the directories and gives one verdict over the plan: each check's
worst outcome, lives and what was looked at summed, the phases of the handshake over all connections. It refuses
records of another plan, scenario or soak and a run that is there twice; a run that is missing or incomplete
leaves the verdict inconclusive, by name. The order of the directories changes nothing.
Exit codes as soak run: 0 pass, 1 fail, 2 inconclusive, 3 harness error, or nothing that can be merged.
In a GitHub job the verdict is appended to the job's summary.

    soak merge records/*`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := shard.Collect(args)
			for _, note := range found.Notes {
				fmt.Fprintln(cmd.ErrOrStderr(), "soak: "+oneLine(note, longLine))
			}
			if err != nil {
				return harnessError(err)
			}
			m, err := shard.Merge(found)
			if err != nil {
				return harnessError(err)
			}
			if err := errors.Join(v.showMerged(cmd.OutOrStdout(), m), summarize(m)); err != nil {
				return harnessError(err)
			}
			return exitOf(m.ExitCode())
		},
	}
	v.add(cmd)
	return cmd
}

func (v *view) showMerged(w io.Writer, m shard.Merged) error {
	if !v.json {
		return writeMerged(w, m, v.allChecks, false)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(m)
}

// summarize appends the verdict to a job's summary when there is one.
func summarize(m shard.Merged) (err error) {
	path := os.Getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("append job summary: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return writeMerged(file, m, true, true)
}

// writeMerged prints the verdict: a row for each scenario, then what did not pass, then its phases.
func writeMerged(w io.Writer, m shard.Merged, allChecks, markdown bool) error {
	line := func(text string) {
		if markdown {
			text = harness.PlainMarkdown(text) + "\n"
		}
		fmt.Fprintln(w, text)
	}
	line(oneLine(strings.ToUpper(string(m.Outcome))+": "+m.Sentence, longLine))
	line(fmt.Sprintf("Plan %.12s, made by soak %s.", m.Plan, m.Program))
	var rows [][]string
	for _, s := range m.Scenarios {
		bound := "-"
		if s.Bound < 1 {
			bound = fmt.Sprintf("%.2g %%", 100*s.Bound)
		}
		rows = append(rows, []string{
			s.Scenario, string(s.Outcome), fmt.Sprintf("%d/%d", s.Passed, s.LivesPlanned), bound,
			fmt.Sprintf("%d of %d", total(s.Runs), s.Planned), fmt.Sprint(s.Cycles), took(time.Duration(s.Took)),
		})
	}
	header := []string{"scenario", "outcome", "lives passed", "failure rate <=", "runs", "cycles", "took together"}
	if err := writeTable(w, header, rows, markdown); err != nil {
		return err
	}
	for _, s := range m.Scenarios {
		fmt.Fprintln(w)
		for _, reason := range s.Reasons {
			line(oneLine(reason, longLine))
		}
		if err := writeChecks(w, s, allChecks, markdown); err != nil {
			return err
		}
		fmt.Fprintln(w)
		if err := writePhases(w, s, markdown); err != nil {
			return err
		}
	}
	return nil
}

func total(runs map[harness.Outcome]int) (n int) {
	for _, some := range runs {
		n += some
	}
	return n
}

// writeChecks gives a row to each check that decides and did not pass in every run, or to all.
func writeChecks(w io.Writer, s shard.MergedScenario, all, markdown bool) error {
	var rows [][]string
	passed := 0
	for _, f := range s.Findings {
		if f.Outcome == harness.Pass {
			passed++
		}
		if !all && (f.Outcome == harness.Pass || f.Informational) {
			continue
		}
		in := fmt.Sprintf("%d of %d", f.Runs[harness.Pass], total(f.Runs))
		seen := fmt.Sprintf("%d %s", f.Evidence, f.Unit)
		rows = append(rows, []string{f.Check, string(f.Outcome), in, seen, f.Run, f.Detail})
	}
	fmt.Fprintf(w, "%s: %d of %d checks passed in every run.\n", s.Scenario, passed, len(s.Findings))
	if len(rows) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	header := []string{"check", "worst", "runs passed", "seen in all", "worst in", "detail there"}
	return writeTable(w, header, rows, markdown)
}

func writePhases(w io.Writer, s shard.MergedScenario, markdown bool) error {
	timings := s.Timings
	if s.Recovery != nil {
		timings = append(slices.Clone(timings), *s.Recovery)
	}
	var rows [][]string
	for _, t := range timings {
		row := []string{t.Phase, fmt.Sprint(t.N)}
		for _, d := range []fault.Duration{t.P50, t.P90, t.P99, t.Max} {
			row = append(row, history.Round(time.Duration(d)).String())
		}
		if t.N < harness.PercentileFloor {
			row[4] = "-"
		}
		rows = append(rows, row)
	}
	return writeTable(w, []string{"phase", "n", "p50", "p90", "p99", "max"}, rows, markdown)
}
