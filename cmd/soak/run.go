package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"

	"ibsoak/harness"
	"ibsoak/scenarios"
)

// runFlags are the flags of the commands that run a subject.
type runFlags struct {
	subject   subjectFlags
	vary      varyFlags
	view      view
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
	flags.IntVar(&f.clientID, "client-id", 1, "client id for {client_id} and IB_CLIENT_ID")
	flags.Uint64Var(&f.seed, "seed", 0,
		"seed of the market and of noise on the wire (default that of the Gateway's settings, else 1)")
	flags.Float64Var(&f.timeScale, "time-scale", 0, "how many times faster than real time the "+
		"Gateway's clock and the interval run (default that of the Gateway's settings, else 1)")
	flags.StringVar(&f.out, "out", "",
		"directory of the record, of several scenarios one below it for each (default runs/<scenario>/<time>-<seed>)")
	flags.BoolVar(&f.keeper, "through-keeper", false,
		"put trader keeper between the subject and the Gateway; each check then says which leg it judged")
	flags.BoolVar(&f.verbose, "verbose", false, "log what is unusual while it happens")
}

func newRun() *cobra.Command {
	var f runFlags
	var names []string
	var label string
	cmd := &cobra.Command{
		Use:   "run --scenario NAME,...",
		Short: "Run a trader under scenarios and judge it",
		Long: `run runs a trader under a scenario, saves the record and prints the verdict. NAME is one
that soak list shows, or the path of a YAML or JSON file. Of several scenarios each has its report,
then one table sums them up, and the exit code is the worst: harness error, fail, inconclusive, pass.

The report goes to stdout, progress to stderr. The record's directory holds record.jsonl,
transcript.jsonl, schedule.yaml, verdict.json, report.md, junit.xml and the trader's output.
In a GitHub job the report is appended to the job's summary. With --json the verdict is printed, of
several scenarios a list.

    soak run --scenario continuous-1h --time-scale 60 --out /tmp/hour
    soak run --label short --trader 'python3 trader.py --port {port} {args}' --exits session-lost=3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := chosen(names, label, f.subject.foreign())
			if err != nil {
				return err
			}
			return f.run(cmd, all)
		},
	}
	cmd.Flags().StringSliceVar(&names, "scenario", nil, "`NAMES` of scenarios, or paths of YAML files")
	cmd.Flags().StringVar(&label, "label", "", "run all scenarios with this `LABEL`")
	cmd.MarkFlagsOneRequired("scenario", "label")
	f.vary.addRuns(cmd)
	f.add(cmd, 0, 0)
	return cmd
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
		return nil, errors.New("--scenario is empty: soak list shows the names")
	}
	return all, nil
}

// unsaid takes what is to be held out of scenarios.
func unsaid(all []harness.Scenario) {
	for i := range all {
		all[i].Subject.Positions = nil
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
		return nil, false, fmt.Errorf("read scenario: %w", err)
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
	jobs := make([]job, len(all))
	for i, s := range all {
		var err error
		if jobs[i], err = f.job(s, len(all) > 1, cmd.ErrOrStderr()); err != nil {
			return err
		}
	}
	stdout, stderr := cmd.OutOrStdout(), cmd.ErrOrStderr()
	if len(jobs) == 1 {
		verdict, dir, err := jobs[0].run(cmd.Context(), stderr)
		if err != nil {
			return harnessError(err)
		}
		return f.view.show(stdout, verdict, dir)
	}
	return f.runEach(cmd.Context(), jobs, stdout, stderr)
}

// runEach makes several runs one after the other; an interrupt ends the row.
func (f *runFlags) runEach(ctx context.Context, jobs []job, stdout, stderr io.Writer) error {
	var verdicts []harness.Verdict
	codes := []int{0}
	for i, j := range jobs {
		if ctx.Err() != nil {
			fmt.Fprintf(stderr, "soak: interrupted: %d of %d scenarios were not run\n", len(jobs)-i, len(jobs))
			codes = append(codes, exitInconclusive)
			break
		}
		verdict, dir, err := j.run(ctx, stderr)
		if err != nil {
			fmt.Fprintf(stderr, "soak: %v\n", err)
			codes = append(codes, exitHarness)
			continue
		}
		verdicts, codes = append(verdicts, verdict), append(codes, verdict.ExitCode())
		if f.view.json {
			continue
		}
		if err := f.view.print(stdout, verdict, dir); err != nil {
			return err
		}
		fmt.Fprintln(stdout)
	}
	var err error
	if f.view.json {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(verdicts)
	} else {
		err = harness.WriteSummary(stdout, width(stdout), verdicts)
	}
	if err != nil {
		return harnessError(err)
	}
	return exitOf(worst(codes))
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
	if f.timeScale < 0 {
		return job{}, fmt.Errorf("--time-scale %v: want above 0", f.timeScale)
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

// run makes the run and publishes its verdict.
func (j job) run(ctx context.Context, stderr io.Writer) (harness.Verdict, string, error) {
	progress := newProgress(stderr, j.scenario)
	j.options.Progress = progress.update
	record, err := harness.Run(ctx, j.scenario, j.options)
	progress.stop()
	if err != nil {
		return harness.Verdict{}, "", err
	}
	verdict := harness.Judge(record)
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
