package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"
	"github.com/spf13/cobra"

	"ibsoak/harness"
	"ibsoak/scenarios"
)

// subjectFlags say which trader is run and what is known of it. What is given on the line wins over
// the file of --subject, and that over the scenario.
type subjectFlags struct {
	trader, file, mutant string
	connectWithin, grace time.Duration
	onceArgs, contArgs   string
	exits, env           []string
	cycle, reference     string
	positions, exposures []string
	given                func(flag string) bool
}

func (f *subjectFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.given = func(name string) bool { return flags.Changed(name) }
	flags.StringVar(&f.trader, "trader", "",
		"command `LINE` of the trader, with {"+strings.Join(harness.Placeholders, "} {")+
			"} (default: the bundled trader)")
	flags.StringVar(&f.file, "subject", "", "YAML `FILE` that describes the trader; see docs/your-trader.md")
	flags.StringVar(&f.mutant, "mutant", "", "run a broken trader of this `NAME` instead; soak mutant lists them")
	cmd.MarkFlagsMutuallyExclusive("trader", "mutant")
	cmd.MarkFlagsMutuallyExclusive("subject", "mutant")
	flags.DurationVar(&f.connectWithin, "connect-within", 0,
		"`TIME` from the trader's start to its first connection (default "+harness.DialWithin.String()+")")
	flags.DurationVar(&f.grace, "grace", 0,
		"`TIME` from SIGTERM to the trader's end (default "+harness.TermWithin.String()+")")
	flags.StringVar(&f.onceArgs, "once-args", "", "`WORDS` that ask for one cycle, for {args} (default --once)")
	flags.StringVar(&f.contArgs, "continuous-args", "",
		"`WORDS` that ask for cycles until SIGTERM, for {args} (default --interval {interval})")
	flags.StringSliceVar(&f.exits, "exits", nil,
		"what exit codes mean, `CLASS=CODE`,...; classes: "+classes())
	flags.StringVar(&f.cycle, "cycle", "",
		"what a cycle of work is, in `PAIRS` like request=reqHistoricalData,symbol=AAPL or orderRef=mine")
	flags.StringSliceVar(&f.positions, "expect-position", nil, "position at the end, like `AAPL=1`")
	flags.StringSliceVar(&f.exposures, "max-position", nil,
		"most to be held at any time, on the wanted side, like `AAPL=1`; on both, like AAPL=-1..1")
	flags.StringVar(&f.reference, "reference", "", "what its orderRef stands for, a `WORD`: intent, strategy or none")
	flags.StringArrayVar(&f.env, "env", nil, "`NAME=VALUE` for the trader's environment; may be repeated")
}

// foreign reports that another trader than the bundled one, or a mutant of it, is described.
func (f *subjectFlags) foreign() bool { return f.trader != "" || f.file != "" }

func classes() string {
	words := make([]string, len(harness.ExitClasses))
	for i, c := range harness.ExitClasses {
		words[i] = string(c)
	}
	return strings.Join(words, " ")
}

// subject is what a scenario's trader comes to: its command, and whether that takes the flags of
// the bundled trader.
type subject struct {
	harness.Trader
	bundled bool
}

// of is the subject that the flags make of a scenario's.
func (f *subjectFlags) of(scenario harness.Trader) (subject, error) {
	if f.mutant != "" {
		command, err := mutant(f.mutant)
		scenario.Command = command
		return subject{scenario, true}, err
	}
	t, err := f.described(scenario)
	if err != nil {
		return subject{}, err
	}
	if f.trader != "" {
		if t.Command, err = harness.Split(f.trader); err != nil {
			return subject{}, err
		}
	}
	if len(t.Command) == 0 && f.file != "" {
		return subject{}, fmt.Errorf("--subject %s has no command: say there what starts the trader, "+
			"like command: [python3, trader.py], or with --trader", f.file)
	}
	if len(t.Command) == 0 {
		t.Command, err = bundled()
		return subject{t, true}, err
	}
	if program := t.Command[0]; !strings.Contains(program, "{") {
		if _, err := exec.LookPath(program); err != nil {
			return subject{}, fmt.Errorf("find trader: %w", err)
		}
	}
	return subject{t, false}, nil
}

// described is the scenario's description of the trader with the file's and the flags' on top.
func (f *subjectFlags) described(t harness.Trader) (harness.Trader, error) {
	if f.file != "" {
		data, err := os.ReadFile(f.file)
		if err != nil {
			return t, fmt.Errorf("read subject: %w", err)
		}
		over, err := scenarios.ParseTrader(f.file, data)
		if err != nil {
			return t, err
		}
		t = overlay(t, over)
	}
	over, err := f.parsed(t)
	if err != nil {
		return t, err
	}
	t = overlay(t, over)
	return t, t.Validate()
}

// overlay is a description with another one's words in the place of its own.
func overlay(base, over harness.Trader) harness.Trader {
	into, from := reflect.ValueOf(&base).Elem(), reflect.ValueOf(over)
	for i := range from.NumField() {
		if !from.Field(i).IsZero() {
			into.Field(i).Set(from.Field(i))
		}
	}
	return base
}

// parsed is what the flags say, with what they leave of the lists in t.
func (f *subjectFlags) parsed(t harness.Trader) (harness.Trader, error) {
	over := harness.Trader{
		ConnectWithin: f.connectWithin, Grace: f.grace, Reference: harness.Reference(f.reference),
	}
	var errs []error
	note := func(flag string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", flag, err))
		}
	}
	above := func(flag string, d time.Duration) {
		if f.given(flag) && d <= 0 {
			note(flag, fmt.Errorf("%s: want above 0; leave it out for the default", d))
		}
	}
	above("connect-within", f.connectWithin)
	above("grace", f.grace)
	var err error
	over.OnceArgs, err = f.words("once-args", f.onceArgs)
	note("once-args", err)
	over.ContinuousArgs, err = f.words("continuous-args", f.contArgs)
	note("continuous-args", err)
	over.Env, err = parseEnv(t.Env, f.env)
	note("env", err)
	over.Exits, err = parseExits(t.Exits, f.exits)
	note("exits", err)
	over.Cycle, err = parseCycle(f.cycle)
	note("cycle", err)
	over.Positions = slices.Clone(t.Positions)
	note("expect-position", parsePositions(&over.Positions, f.positions, expected))
	note("max-position", parsePositions(&over.Positions, f.exposures, atMost))
	return over, errors.Join(errs...)
}

// words are a flag's: nil when it was not given, none when it is empty.
func (f *subjectFlags) words(flag, line string) ([]string, error) {
	if !f.given(flag) {
		return nil, nil
	}
	if strings.TrimSpace(line) == "" {
		return []string{}, nil
	}
	return harness.Split(line)
}

func parseEnv(base map[string]string, pairs []string) (map[string]string, error) {
	env := maps.Clone(base)
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q: want NAME=VALUE", pair)
		}
		if env == nil {
			env = map[string]string{}
		}
		env[name] = value
	}
	return env, nil
}

// parseExits reads class=code; a code alone belongs to the class before it. A class that is named
// loses the codes that it had.
func parseExits(base map[harness.ExitClass][]int, words []string) (map[harness.ExitClass][]int, error) {
	if len(words) == 0 {
		return nil, nil
	}
	exits := maps.Clone(base)
	if exits == nil {
		exits = map[harness.ExitClass][]int{}
	}
	var class harness.ExitClass
	for _, word := range words {
		code := word
		if name, after, ok := strings.Cut(word, "="); ok {
			if harness.ExitClass(name) != class {
				exits[harness.ExitClass(name)] = nil
			}
			class, code = harness.ExitClass(name), after
		}
		n, err := strconv.Atoi(code)
		if err != nil || class == "" {
			return nil, fmt.Errorf("%q: want CLASS=CODE, like session-lost=19", word)
		}
		exits[class] = append(exits[class], n)
	}
	return exits, nil
}

func parseCycle(text string) (harness.CycleRule, error) {
	var rule harness.CycleRule
	if text == "" {
		return rule, nil
	}
	for _, pair := range strings.Split(text, ",") {
		key, value, _ := strings.Cut(pair, "=")
		into, ok := map[string]*string{
			"request": &rule.Request, "symbol": &rule.Symbol, "orderRef": &rule.Ref,
		}[key]
		if !ok || value == "" {
			return rule, fmt.Errorf("%q: want request=, symbol= or orderRef=", pair)
		}
		*into = value
	}
	return rule, nil
}

// parsePositions reads SYMBOL=SHARES into the position of that symbol.
func parsePositions(
	into *[]harness.WantedPosition, pairs []string, set func(*harness.WantedPosition, string) error,
) error {
	for _, pair := range pairs {
		symbol, text, _ := strings.Cut(pair, "=")
		at := slices.IndexFunc(*into, func(p harness.WantedPosition) bool { return p.Symbol == symbol })
		if at < 0 {
			at = len(*into)
			*into = append(*into, harness.WantedPosition{Symbol: symbol})
		}
		if err := set(&(*into)[at], text); err != nil || symbol == "" {
			return fmt.Errorf("%q: want SYMBOL=SHARES, like AAPL=1", pair)
		}
	}
	return nil
}

// expected sets what is wanted at the end. Bounds of the file's stay where they are, whichever side is
// wanted now, and go when they do not allow it.
func expected(p *harness.WantedPosition, text string) error {
	if least, most, said := p.Bounds(); said {
		p.Min, p.Max = &least, &most
	}
	shares, err := decimal.Parse(text)
	if p.Want = &shares; p.Contradicts() {
		p.Min, p.Max = nil, nil
	}
	return err
}

// atMost sets the bounds.
func atMost(p *harness.WantedPosition, text string) error {
	low, high, both := strings.Cut(text, "..")
	if !both {
		low, high = "0", text
	}
	least, err := decimal.Parse(low)
	most, err2 := decimal.Parse(high)
	p.Min, p.Max = nil, &most
	if both {
		p.Min = &least
	}
	return errors.Join(err, err2)
}
