package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"

	"ibsoak/fakegateway/clock"
	"ibsoak/harness"
	"ibsoak/harness/report"
	"ibsoak/scenarios"
)

// runFlags are the flags of the commands that run a subject.
type runFlags struct {
	subject   subjectFlags
	vary      varyFlags
	view      view
	habits    habits
	clientID  int
	seed      uint64
	timeScale float64
	out       string
	verbose   bool
	keeper    bool
}

// add defines the flags; duration and interval are those of a continuous trader when nothing is
// said, 0 for the scenario's own.
func (f *runFlags) add(cmd *cobra.Command, duration, interval time.Duration) {
	flags := cmd.Flags()
	f.subject.add(cmd)
	f.vary.add(cmd, duration, interval)
	f.view.add(cmd)
	f.habits.add(cmd)
	f.addConditions(cmd)
	flags.Uint64Var(&f.seed, "seed", 0,
		"seed of the market and of noise on the wire (default that of the Gateway's settings, else 1)")
	flags.StringVar(&f.out, "out", "",
		"directory of the record, of several scenarios one below it for each (default runs/<scenario>/<time>-<seed>)")
	flags.BoolVar(&f.verbose, "verbose", false, "log what is unusual while it happens")
}

// addConditions defines the flags that a run and a plan of runs have.
func (f *runFlags) addConditions(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.clientID, "client-id", 1, "client id for {client_id} and IB_CLIENT_ID")
	flags.Float64Var(&f.timeScale, "time-scale", 0, "how many times faster than real time the "+
		"Gateway's clock and the interval run (default that of the Gateway's settings, else 1)")
	flags.BoolVar(&f.keeper, "through-keeper", false,
		"put trader keeper between the subject and the Gateway; each check then says which leg it judged")
}

func newRun() *cobra.Command {
	var f runFlags
	var share shardFlags
	var names []string
	var label string
	cmd := &cobra.Command{
		Use:   "run NAME...",
		Short: "Run a trader under scenarios and judge it",
		Long: `run runs a trader under a scenario, saves the record and prints the verdict. NAME is one
that soak list shows, or the path of a YAML or JSON file. Of several scenarios each has its report,
then one table sums them up, and the exit code is the worst: harness error, fail, inconclusive, pass.

The report goes to stdout, progress to stderr. The record's directory holds record.jsonl,
transcript.jsonl, schedule.yaml, verdict.json, report.html, report.md, junit.xml and the trader's
output. Without --out a line is added to runs/history.jsonl, which soak history reads.
On a terminal one view shows how the run stands; an interrupt (Ctrl-C) ends the trader, judges what was
seen as inconclusive unless it had failed already, and says where the record is.
In a GitHub job the report is appended to the job's summary. With --json the verdict is printed, of
several scenarios a list. With --plan the runs are those of one shard of a plan; soak plan makes it.

    soak run --scenario continuous-1h --time-scale 60 --out /tmp/hour
    soak run once half-close
    soak run --label short --trader 'python3 trader.py --port {port} {args}' --exits session-lost=3`,
		ValidArgsFunction: completeScenarios,
		RunE: func(cmd *cobra.Command, args []string) error {
			if share.plan != "" || share.shard != "" {
				return share.run(cmd, &f, args)
			}
			all, err := chosen(slices.Concat(names, args), label, f.subject.foreign())
			if err != nil {
				return err
			}
			return f.run(cmd, all)
		},
	}
	cmd.Flags().StringSliceVar(&names, "scenario", nil, "`NAMES` of scenarios, or paths of YAML files")
	cmd.Flags().StringVar(&label, "label", "", "run all scenarios with this `LABEL`")
	// A flag of that name cannot be missing: cobra completes the values of one that is there.
	if err := cmd.RegisterFlagCompletionFunc("scenario", completeScenarios); err != nil {
		panic(err)
	}
	f.vary.addRuns(cmd)
	f.add(cmd, 0, 0)
	share.add(cmd)
	return cmd
}

// completeScenarios gives the shell the names of the scenarios, with what they claim, and files.
func completeScenarios(_ *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	for _, s := range scenarios.All() {
		if strings.HasPrefix(s.Name, begun) {
			names = append(names, cobra.CompletionWithDesc(s.Name, s.Summary))
		}
	}
	return names, cobra.ShellCompDirectiveDefault
}

// chosen are the scenarios of the names, then those with the label. What a built-in one says is to be
// held is what the bundled trader holds under the scenario's args: nobody has said it of a foreign one.
func chosen(names []string, label string, foreign bool) ([]harness.Scenario, error) {
	var all []harness.Scenario
	for _, name := range names {
		some, builtIn, err := scenario(name)
		if err != nil {
			return nil, err
		}
		if builtIn && foreign {
			unsaid(some)
		}
		all = append(all, some...)
	}
	if label != "" {
		some := labelled(label)
		if len(some) == 0 {
			return nil, fmt.Errorf("--label %q: no scenario has it; soak list shows labels", label)
		}
		if foreign {
			unsaid(some)
		}
		all = append(all, some...)
	}
	if len(all) == 0 {
		return nil, errors.New("which scenario? for example: soak run --scenario once; soak list shows the names")
	}
	return all, nil
}

// unsaid takes out of scenarios what they say of the bundled trader.
func unsaid(all []harness.Scenario) {
	for i := range all {
		s := &all[i].Subject
		s.Positions, s.OrderLimit, s.KeepsHistoryLimits, s.KeepsStops = nil, 0, false, false
	}
}

// scenario finds a built-in scenario by its name, or reads what a file holds.
func scenario(name string) (all []harness.Scenario, builtIn bool, err error) {
	if !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) {
		s, err := scenarios.Named(name)
		return []harness.Scenario{s}, true, err
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, false, fmt.Errorf("read scenario: %w: give a file, or a name that soak list shows", err)
	}
	all, err = scenarios.ParseFile(name, data)
	return all, false, err
}

// job is one run that is ready to be made.
type job struct {
	scenario harness.Scenario
	options  harness.Options
}

// run makes the runs, publishes the verdicts and exits with the worst one's code. What is wrong with
// the command line shows before anything is run.
func (f *runFlags) run(cmd *cobra.Command, all []harness.Scenario) error {
	if err := f.habits.validate(); err != nil {
		return err
	}
	jobs := make([]job, len(all))
	for i, s := range all {
		var err error
		if jobs[i], err = f.job(s, len(all) > 1, cmd.ErrOrStderr()); err != nil {
			return err
		}
	}
	return f.runJobs(cmd, jobs)
}

func (f *runFlags) runJobs(cmd *cobra.Command, jobs []job) error {
	stdout, stderr := cmd.OutOrStdout(), cmd.ErrOrStderr()
	m := &monitor{}
	m.now.Runs = len(jobs) * f.habits.rounds()
	stop, err := f.habits.watch(m, stderr)
	if err != nil {
		return err
	}
	defer stop()
	if m.now.Runs == 1 {
		verdict, dir, err := f.make(cmd.Context(), jobs[0], m, stderr)
		if err != nil {
			return harnessError(err)
		}
		defer f.habits.show(cmd.Context(), stderr, dir)
		return f.view.show(stdout, verdict, dir)
	}
	return f.runEach(cmd.Context(), jobs, m, stdout, stderr)
}

// runEach makes several runs one after the other; an interrupt ends the row, and so does a failure when
// that is what is looked for.
func (f *runFlags) runEach(ctx context.Context, jobs []job, m *monitor, stdout, stderr io.Writer) error {
	var verdicts []harness.Verdict
	var last string
	codes := []int{0}
	made := 0
	for j := range f.habits.all(jobs) {
		if ctx.Err() != nil {
			if m.now.Runs > 0 {
				fmt.Fprintf(stderr, "soak: interrupted: %d of %d runs were not made\n", m.now.Runs-made, m.now.Runs)
			}
			codes = append(codes, exitInconclusive)
			break
		}
		verdict, dir, err := f.make(ctx, j, m, stderr)
		made++
		if err != nil {
			fmt.Fprintf(stderr, "soak: %v\n", err)
			codes = append(codes, exitHarness)
			if f.habits.untilFail {
				break
			}
			continue
		}
		verdicts, codes, last = append(verdicts, verdict), append(codes, verdict.ExitCode()), dir
		if err := f.printed(stdout, verdict, dir); err != nil {
			return err
		}
		if f.habits.ends(verdict) {
			break
		}
	}
	defer f.habits.show(ctx, stderr, last)
	var err error
	if f.view.json {
		err = writeJSON(stdout, verdicts)
	} else {
		err = harness.WriteSummary(stdout, width(stdout), verdicts)
	}
	if err != nil {
		return harnessError(err)
	}
	return exitOf(worst(codes))
}

// printed prints the report of one of several runs. A repeated run that passes has one line.
func (f *runFlags) printed(stdout io.Writer, v harness.Verdict, dir string) error {
	switch {
	case f.view.json:
		return nil
	case f.habits.rounds() != 1 && v.Outcome == harness.Pass:
		fmt.Fprintf(stdout, "PASS %s: %s %s\n", v.Scenario, v.Sentence, dir)
		return nil
	}
	if err := f.view.print(stdout, v, dir); err != nil {
		return err
	}
	fmt.Fprintln(stdout)
	return nil
}

// worst is the code that says most: a harness error, then a failure, then inconclusive, then a pass.
func worst(codes []int) int {
	order := []int{exitHarness, exitFail, exitInconclusive, 0}
	return order[slices.IndexFunc(order, func(code int) bool { return slices.Contains(codes, code) })]
}

// job is a scenario as the flags change it, with how it is to be run.
func (f *runFlags) job(s harness.Scenario, several bool, stderr io.Writer) (job, error) {
	s, err := f.vary.vary(s)
	if err != nil {
		return job{}, err
	}
	subject, err := f.subject.of(s.Subject.Trader)
	if err != nil {
		return job{}, err
	}
	s.Subject.Trader = subject.Trader
	if subject.bundled && s.Subject.Exits == nil {
		s.Subject.Exits = bundledExits()
	}
	if err := s.Validate(); err != nil {
		return job{}, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	if err := f.validateConditions(); err != nil {
		return job{}, err
	}
	out := f.out
	if out != "" && several {
		out = filepath.Join(out, s.Name)
	}
	var keeper []string
	if f.keeper {
		if keeper, err = bundledKeeper(); err != nil {
			return job{}, err
		}
	}
	return job{s, harness.Options{
		Keeper:  keeper,
		Command: subject.Command, Bundled: subject.bundled, ClientID: f.clientID, Seed: f.seed,
		TimeScale: f.timeScale, OutDir: out, Log: f.logger(stderr),
	}}, nil
}

// validateConditions checks what addConditions has defined.
func (f *runFlags) validateConditions() error {
	if f.clientID < 1 || f.clientID > math.MaxInt32 {
		return fmt.Errorf("--client-id %d: want 1..%d", f.clientID, math.MaxInt32)
	}
	if f.vary.given("time-scale") && !(f.timeScale > 0 && f.timeScale <= clock.MaxScale) {
		return fmt.Errorf("--time-scale %v: want above 0, and %v at the most", f.timeScale, clock.MaxScale)
	}
	return nil
}

// make makes a run, publishes its verdict and keeps it.
func (f *runFlags) make(ctx context.Context, j job, m *monitor, stderr io.Writer) (harness.Verdict, string, error) {
	j.options.Live = &harness.Live{}
	unwatch := m.begin(ctx, j.options.Live, f.habits.status != "" || terminal(stderr))
	progress := newProgress(stderr, j.scenario, m)
	j.options.Progress = progress.update
	record, err := harness.Run(ctx, j.scenario, j.options)
	progress.stop()
	unwatch()
	if err != nil {
		m.over(harness.Verdict{Outcome: harness.HarnessError, Sentence: err.Error()})
		return harness.Verdict{}, "", err
	}
	verdict := harness.Judge(record)
	m.over(verdict)
	// That a page or a line of history could not be written takes no verdict away.
	if err := f.habits.keep(record, verdict, f.out); err != nil {
		fmt.Fprintf(stderr, "soak: %v\n", err)
	} else {
		fmt.Fprintf(stderr, "soak: %s: the page is %s\n", j.scenario.Name, filepath.Join(record.Dir, report.File))
	}
	return verdict, record.Dir, publish(record.Dir, verdict)
}

func (f *runFlags) logger(stderr io.Writer) *slog.Logger {
	if !f.verbose {
		return nil
	}
	options := &tint.Options{Level: slog.LevelDebug, NoColor: !terminal(stderr)}
	return slog.New(tint.NewTextHandler(stderr, options))
}

// publish writes the reports beside the record, and to the job's summary when there is one.
func publish(dir string, v harness.Verdict) error {
	if err := harness.Publish(dir, v); err != nil {
		return err
	}
	if summary := os.Getenv("GITHUB_STEP_SUMMARY"); summary != "" {
		return harness.AppendSummary(summary, v, dir)
	}
	return nil
}
