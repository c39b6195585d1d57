package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"

	"ibsoak/harness"
	"ibsoak/scenarios"
)

// runFlags are the flags of the commands that run a subject.
type runFlags struct {
	trader    string
	mutant    string
	clientID  int
	seed      uint64
	timeScale float64
	json      bool
	out       string
	verbose   bool
}

func (f *runFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.trader, "trader", "",
		"command line of the trader, with {"+strings.Join(harness.Placeholders, "} {")+
			"} (default: the bundled trader)")
	flags.StringVar(&f.mutant, "mutant", "", "run a broken trader instead; soak mutant lists them")
	cmd.MarkFlagsMutuallyExclusive("trader", "mutant")
	flags.IntVar(&f.clientID, "client-id", 1, "client id for {client_id} and IB_CLIENT_ID")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of the market and of noise on the wire")
	flags.Float64Var(&f.timeScale, "time-scale", 1,
		"how many times faster than real time the Gateway's clock and the interval run")
	flags.BoolVar(&f.json, "json", false, "print the verdict as JSON")
	flags.StringVar(&f.out, "out", "", "directory of the record (default runs/<scenario>/<time>-<seed>)")
	flags.BoolVar(&f.verbose, "verbose", false, "log what is unusual while it happens")
}

func newRun() *cobra.Command {
	var f runFlags
	var name string
	cmd := &cobra.Command{
		Use:   "run --scenario NAME",
		Short: "Run a trader under a scenario and judge it",
		Long: `run runs a trader under a scenario, saves the record and prints the verdict. NAME is one
that soak list shows, or the path of a YAML file.

The report goes to stdout, progress to stderr. The record's directory holds record.jsonl,
transcript.jsonl, schedule.yaml, verdict.json, report.md, junit.xml and the trader's output.
In a GitHub job the report is appended to the job's summary.

    soak run --scenario continuous-1h --time-scale 60 --out /tmp/hour`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := scenario(name)
			if err != nil {
				return err
			}
			return f.run(cmd, s)
		},
	}
	cmd.Flags().StringVar(&name, "scenario", "", "name of a scenario, or path of a YAML file")
	_ = cmd.MarkFlagRequired("scenario") // the flag is there: it was made one line above
	f.add(cmd)
	return cmd
}

// scenario finds a built-in scenario by its name, or reads one from a file.
func scenario(name string) (harness.Scenario, error) {
	if ext := filepath.Ext(name); ext != ".yaml" && ext != ".yml" {
		return scenarios.Named(name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return harness.Scenario{}, fmt.Errorf("read scenario: %w", err)
	}
	return scenarios.Parse(name, data)
}

// run runs the scenario, publishes the verdict and exits with its code.
func (f *runFlags) run(cmd *cobra.Command, s harness.Scenario) error {
	command, err := f.command()
	if err != nil {
		return err
	}
	if f.trader == "" && s.Subject.Exits == nil {
		s.Subject.Exits = bundledExits()
	}
	stdout, stderr := cmd.OutOrStdout(), cmd.ErrOrStderr()
	progress := newProgress(stderr, s)
	record, err := harness.Run(cmd.Context(), s, harness.Options{
		Command: command, ClientID: f.clientID, Seed: f.seed, TimeScale: f.timeScale,
		OutDir: f.out, Log: f.logger(stderr), Progress: progress.update,
	})
	progress.stop()
	if err != nil {
		return harnessError(err)
	}
	verdict := harness.Judge(record)
	if err := publish(record.Dir, verdict); err != nil {
		return harnessError(err)
	}
	return show(stdout, verdict, record.Dir, f.json)
}

// command is the subject's template.
func (f *runFlags) command() ([]string, error) {
	switch {
	case f.mutant != "":
		return mutant(f.mutant)
	case f.trader == "":
		return bundled()
	}
	command, err := harness.Split(f.trader)
	if err != nil {
		return nil, err
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		return nil, fmt.Errorf("find trader: %w", err)
	}
	return command, nil
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

// show prints the verdict and turns it into the exit code.
func show(stdout io.Writer, v harness.Verdict, dir string, asJSON bool) error {
	var err error
	if asJSON {
		err = harness.WriteJSON(stdout, v)
	} else {
		err = harness.WriteText(stdout, v, dir)
	}
	if err != nil {
		return harnessError(err)
	}
	if code := v.ExitCode(); code != 0 {
		return &exitError{code: code}
	}
	return nil
}
