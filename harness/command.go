package harness

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kballard/go-shellquote"
)

// Split splits a command line into words as a POSIX shell does, and does nothing else that a shell
// does: it expands no variables, patterns or braces. It returns an error for a quote without its end,
// and for a line without words.
func Split(line string) ([]string, error) {
	words, err := shellquote.Split(line)
	if err != nil {
		return nil, fmt.Errorf("split command line: %w", err)
	}
	if len(words) == 0 {
		return nil, errors.New("split command line: it is empty")
	}
	return words, nil
}

// values are what a command template's placeholders stand for.
type values struct {
	Host     string
	Port     int
	ClientID int
	Symbols  []string
	Interval time.Duration
	State    string
	Args     []string
}

// Placeholders are the words in braces that a command template may hold. {args} stands alone and
// becomes as many arguments as there are: the subject's OnceArgs or ContinuousArgs.
var Placeholders = []string{"host", "port", "client_id", "symbols", "interval", "state", "args"}

// substitute fills in a template. An unknown placeholder is an error: passed through, it would
// make a subject fail for a reason that no report shows.
func substitute(template []string, v values) ([]string, error) {
	var out []string
	for _, word := range template {
		words := []string{word}
		if word == "{args}" {
			words = v.Args
		}
		for _, word := range words {
			filled, err := v.fill(word)
			if err != nil {
				return nil, err
			}
			out = append(out, filled)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("fill in command: it is empty")
	}
	return out, nil
}

// fill replaces the placeholders in one word.
func (v values) fill(word string) (string, error) {
	if err := checkPlaceholders(word); err != nil {
		return "", err
	}
	return strings.NewReplacer(
		"{host}", v.Host,
		"{port}", strconv.Itoa(v.Port),
		"{client_id}", strconv.Itoa(v.ClientID),
		"{symbols}", strings.Join(v.Symbols, ","),
		"{interval}", v.Interval.String(),
		"{state}", v.State,
	).Replace(word), nil
}

// environment is what the subject finds beside the harness's own: IB_HOST, IB_PORT and
// IB_CLIENT_ID, then what its description adds.
func (v values) environment(add map[string]string) ([]string, error) {
	env := []string{
		"IB_HOST=" + v.Host, "IB_PORT=" + strconv.Itoa(v.Port),
		"IB_CLIENT_ID=" + strconv.Itoa(v.ClientID),
	}
	for _, name := range sortedKeys(add) {
		value, err := v.fill(add[name])
		if err != nil {
			return nil, err
		}
		env = append(env, name+"="+value)
	}
	return env, nil
}

// checkPlaceholders refuses {name} for lower-case names that are none of Placeholders. Other
// braces, as in JSON or a shell's ${HOME}, are left alone.
func checkPlaceholders(word string) error {
	for rest := word; ; {
		_, after, found := strings.Cut(rest, "{")
		if !found {
			return nil
		}
		name, _, closed := strings.Cut(after, "}")
		plain := closed && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") == ""
		if plain && (name == "args" || !slices.Contains(Placeholders, name)) {
			return fmt.Errorf("{%s} in %q cannot be filled in: there are {%s}, and in a command {args} as its own word",
				name, word, strings.Join(Placeholders[:len(Placeholders)-1], "}, {"))
		}
		rest = after
	}
}

// arguments are what {args} stands for: what asks the program for one cycle or for cycles until
// SIGTERM, and for the bundled trader the scenario's own flags.
func (s Subject) arguments(bundled bool) []string {
	args := []string{"--once"}
	if s.OnceArgs != nil {
		args = s.OnceArgs
	}
	if s.asksForCycles() {
		args = []string{"--interval", "{interval}"}
		if s.ContinuousArgs != nil {
			args = s.ContinuousArgs
		}
	}
	if bundled {
		args = append(slices.Clone(args), s.Args...)
	}
	return args
}
