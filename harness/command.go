package harness

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Split cuts a command line into words as a POSIX shell does, and does nothing else that a shell
// does: blanks separate words, single quotes keep everything, double quotes keep all but \" and
// \\, a backslash outside quotes keeps the next character.
func Split(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote, escaped := false, rune(0), false
	for _, c := range line {
		switch {
		case escaped:
			if quote == '"' && c != '"' && c != '\\' {
				word.WriteRune('\\')
			}
			word.WriteRune(c)
			escaped = false
		case c == '\\' && quote != '\'':
			inWord, escaped = true, true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			inWord, quote = true, c
		case unicode.IsSpace(c):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			inWord = true
			word.WriteRune(c)
		}
	}
	switch {
	case quote != 0:
		return nil, fmt.Errorf("split command line: no closing %c", quote)
	case escaped:
		return nil, errors.New("split command line: nothing after the last backslash")
	}
	if inWord {
		words = append(words, word.String())
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
// becomes as many arguments as there are: --once, or --interval and its value, then the
// scenario's own.
var Placeholders = []string{"host", "port", "client_id", "symbols", "interval", "state", "args"}

// substitute fills in a template. An unknown placeholder is an error: passed through, it would
// make a subject fail for a reason that no report shows.
func substitute(template []string, v values) ([]string, error) {
	replace := strings.NewReplacer(
		"{host}", v.Host,
		"{port}", strconv.Itoa(v.Port),
		"{client_id}", strconv.Itoa(v.ClientID),
		"{symbols}", strings.Join(v.Symbols, ","),
		"{interval}", v.Interval.String(),
		"{state}", v.State,
	)
	var out []string
	for _, word := range template {
		if word == "{args}" {
			out = append(out, v.Args...)
			continue
		}
		if err := checkPlaceholders(word); err != nil {
			return nil, err
		}
		out = append(out, replace.Replace(word))
	}
	if len(out) == 0 {
		return nil, errors.New("fill in command: it is empty")
	}
	return out, nil
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
			return fmt.Errorf("fill in command: {%s} in %q; there are {%s}, and {args} stands alone",
				name, word, strings.Join(Placeholders[:len(Placeholders)-1], "}, {"))
		}
		rest = after
	}
}

// arguments are what {args} stands for.
func (s Subject) arguments(interval time.Duration) []string {
	args := []string{"--once"}
	if s.asksForCycles() {
		args = []string{"--interval", interval.String()}
	}
	return append(args, s.Args...)
}
