package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/catalogue"
)

// settings are the flags that change the Gateway itself. A flag that is not given leaves what the
// settings file or the catalogue says.
type settings struct {
	file, entry      string // at most one of them
	profile          string
	schedule, hook   string
	maxServerVersion int
	seed             uint64
	accounts         []string
	clockStart       string
	clockScale       float64
	readOnly         bool
	market           marketFlags
}

func (s *settings) flags(f *pflag.FlagSet) {
	f.StringVar(&s.file, "settings", "", "`FILE` of settings and faults, in YAML or JSON")
	f.StringVar(&s.entry, "catalogue", "", "run an `ENTRY` of fakegateway catalogue, like F07a")
	f.StringVar(&s.profile, "profile", "healthy", "`NAME` of a sickness; see fakegateway profiles")
	f.StringVar(&s.schedule, "schedule", "", "`FILE` of faults, in YAML or JSON")
	f.StringVar(&s.hook, "hook", "", "`FILE` of a Starlark hook, in place of the schedule's")
	f.IntVar(&s.maxServerVersion, "max-server-version", fakegateway.DefaultServerVersion,
		"highest server version `N` to negotiate")
	f.Uint64Var(&s.seed, "seed", 0, "`N` that makes the market and the noise of faults")
	f.StringSliceVar(&s.accounts, "accounts", nil, "`LIST` of the login's accounts, with commas")
	f.StringVar(&s.clockStart, "clock-start", "", "`TIME` on the scenario's clock, in RFC 3339")
	f.Float64Var(&s.clockScale, "clock-scale", 1, "how many `TIMES` as fast the clock runs")
	f.BoolVar(&s.readOnly, "read-only", false, "refuse orders, as a read-only API does (321)")
	s.market.flags(f)
}

// config is the file or the entry, with what the given flags change.
func (s *settings) config(given func(flag string) bool) (fakegateway.Config, error) {
	cfg, err := s.base()
	if err != nil {
		return cfg, err
	}
	schedule, err := readSchedule(s.schedule)
	if err != nil {
		return cfg, err
	}
	if given("schedule") {
		cfg.Schedule = schedule
	}
	if given("hook") {
		cfg.Schedule.Hook = s.hook
	}
	if given("profile") {
		cfg.Profile = s.profile
	}
	if given("max-server-version") {
		cfg.MaxServerVersion = s.maxServerVersion
	}
	if given("seed") {
		cfg.Seed = s.seed
	}
	if given("accounts") {
		cfg.Accounts = s.accounts
	}
	if given("clock-scale") {
		if s.clockScale == 0 { // which would count as not given
			return cfg, usageError{errors.New("clock.scale: 0: want above 0")}
		}
		cfg.Clock.Scale = s.clockScale
	}
	if given("read-only") {
		cfg.ReadOnlyAPI = s.readOnly
	}
	if given("clock-start") {
		if cfg.Clock.Start, err = time.Parse(time.RFC3339, s.clockStart); err != nil {
			return cfg, usageError{fmt.Errorf("--clock-start %q: want a time like "+
				"2026-03-07T23:44:50-05:00", s.clockStart)}
		}
	}
	err = s.market.apply(&cfg)
	return cfg, err
}

// base is what the flags change.
func (s *settings) base() (fakegateway.Config, error) {
	switch {
	case s.file != "" && s.entry != "":
		return fakegateway.Config{}, usageError{errors.New(
			"--settings and --catalogue exclude each other: copy the entry and change the copy")}
	case s.file != "":
		text, err := os.ReadFile(s.file)
		if err != nil {
			return fakegateway.Config{}, usageError{fmt.Errorf("read settings: %w", err)}
		}
		cfg, err := fakegateway.ParseConfig(s.file, text)
		if err != nil {
			return cfg, usageError{err}
		}
		return cfg, nil
	case s.entry != "":
		e, err := catalogue.Named(s.entry)
		if err != nil {
			return fakegateway.Config{}, usageError{fmt.Errorf("--catalogue: %w", err)}
		}
		return e.Config, nil
	}
	return fakegateway.Config{}, nil
}

// catalogueCommand lists the entries, or shows one as the file that it is.
func catalogueCommand() *cobra.Command {
	var markdown bool
	command := &cobra.Command{
		Use:   "catalogue [ENTRY]",
		Short: "List the known ways to lose a Gateway, or show the settings file of one",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("catalogue wants one ENTRY at most, got %d", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				e, err := catalogue.Named(args[0])
				if err != nil {
					return usageError{err}
				}
				fmt.Fprint(c.OutOrStdout(), e.Text)
				return nil
			}
			if markdown {
				fmt.Fprint(c.OutOrStdout(), catalogue.Markdown())
				return nil
			}
			table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for e := range slices.Values(catalogue.All()) {
				fmt.Fprintf(table, "%s\t%s\t%s\n", e.ID, e.Name, e.Config.About.Summary)
			}
			if err := table.Flush(); err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), "\nRun one with fakegateway --catalogue ENTRY; "+
				"fakegateway catalogue ENTRY shows its file, to be copied for --settings.")
			return nil
		},
	}
	command.Flags().BoolVar(&markdown, "markdown", false, "list them as docs/catalogue.md does")
	return command
}
