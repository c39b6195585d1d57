package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ibsoak/harness"
	"ibsoak/scenarios"
)

const defaultInitFile = "soak.yaml"

func newInit() *cobra.Command {
	var f runFlags
	base := "once"
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a scenario for a trader of yours, and run it once",
		Long: `init writes a scenario file for a trader of yours, runs it, and says what it saw. What the flags
leave open it asks for when stdin is a terminal. FILE is ` + defaultInitFile + ` when nothing is said; one that
exists is left alone. What each line of it means is in docs/your-trader.md. A file has no place for
--client-id, --seed, --time-scale and --through-keeper: they stand in the command for the next runs.

    soak init --trader 'python3 trader.py --port {port}' --expect-position AAPL=1`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := defaultInitFile
			if len(args) > 0 {
				file = args[0]
			}
			if ext := filepath.Ext(file); ext != ".yaml" && ext != ".yml" {
				return fmt.Errorf("%s: a scenario's file ends in .yaml", file)
			}
			if _, err := os.Lstat(file); err == nil {
				return fmt.Errorf("%s exists: choose another name, or run it: soak run --scenario %s", file, file)
			}
			if !f.subject.foreign() {
				if !terminal(cmd.InOrStdin()) {
					return errors.New("which trader? for example: soak init --trader 'python3 trader.py --port {port}'")
				}
				if err := f.subject.ask(cmd.InOrStdin(), cmd.ErrOrStderr(), &base); err != nil {
					return err
				}
			}
			if err := errors.Join(f.habits.validate(), f.validateConditions()); err != nil {
				return err
			}
			all, err := f.write(file, base)
			if err != nil {
				return err
			}
			again := append([]string{"soak run --scenario", file}, conditions(cmd)...)
			fmt.Fprintf(cmd.ErrOrStderr(), "soak: %s is written; from now on: %s\n", file, strings.Join(again, " "))
			notGiven := func(string) bool { return false } // the file says it now
			f.subject, f.vary = subjectFlags{given: notGiven}, varyFlags{given: notGiven}
			return f.run(cmd, all)
		},
	}
	cmd.Flags().StringVar(&base, "scenario", base, "`NAME` of the scenario to begin with")
	f.add(cmd, 0, 0)
	return cmd
}

// conditions are the flags that were given and that a scenario's file has no place for.
func conditions(cmd *cobra.Command) (words []string) {
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		switch flag.Name {
		case "client-id", "seed", "time-scale":
			words = append(words, "--"+flag.Name, flag.Value.String())
		case "through-keeper":
			words = append(words, "--"+flag.Name+"="+flag.Value.String())
		}
	})
	return words
}

// ask fills in what most traders need, a line each; an empty one leaves what stands in brackets.
func (f *subjectFlags) ask(in io.Reader, out io.Writer, base *string) error {
	lines := bufio.NewScanner(in)
	for _, q := range []struct {
		text, preset string
		set          func(answer string) error
	}{
		{"Command that starts your trader; {port} stands for the Gateway's port", "", func(answer string) error {
			if answer == "" {
				return errors.New("without a command there is nothing to run")
			}
			f.trader = answer
			return nil
		}},
		{"Words that make it do one cycle and exit, for {args} in the command", "--once", func(answer string) error {
			f.onceArgs = answer
			return nil
		}},
		{"What it should hold at the end, like AAPL=1; nothing: that is not judged", "", func(answer string) error {
			if answer != "" {
				f.positions = strings.Split(answer, ",")
			}
			return nil
		}},
		{"Scenario to begin with; soak list shows all", *base, func(answer string) error {
			*base = answer
			return nil
		}},
	} {
		if q.preset != "" {
			q.text += " [" + q.preset + "]"
		}
		fmt.Fprintf(out, "%s: ", q.text)
		if !lines.Scan() {
			return errors.Join(errors.New("the answers ended too early: nothing is written"), lines.Err())
		}
		answer := strings.TrimSpace(lines.Text())
		if answer == "" {
			answer = q.preset
		}
		if err := q.set(answer); err != nil {
			return err
		}
	}
	asked := f.given
	f.given = func(flag string) bool { return flag == "once-args" || asked(flag) }
	return nil
}

// write makes the scenario's file, and reads it as soak run would.
func (f *runFlags) write(file, base string) ([]harness.Scenario, error) {
	s, err := scenarios.Named(base)
	if err != nil {
		return nil, err
	}
	if s, err = f.vary.vary(s); err != nil {
		return nil, err
	}
	one := []harness.Scenario{s}
	unsaid(one)
	s = one[0]
	subject, err := f.subject.of(s.Subject.Trader)
	if err != nil {
		return nil, err
	}
	s.Subject.Trader = subject.Trader
	s.Name = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	s.Labels = nil
	text, err := scenarios.Marshal(s)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("# Made from the scenario %s. What each line means: docs/your-trader.md.\n", base)
	text = append([]byte(head), text...)
	all, err := scenarios.ParseFile(file, text)
	if err != nil {
		return nil, fmt.Errorf("%w\n(nothing is written)", err)
	}
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	_, err = out.Write(text)
	return all, errors.Join(err, out.Close())
}
