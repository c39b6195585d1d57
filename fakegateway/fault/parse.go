package fault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// MaxFileBytes bounds a schedule's text.
const MaxFileBytes = 1 << 20

// Parse reads a schedule in YAML or JSON (which is YAML too). It is strict: a key that does not
// exist, a parameter that an action does not use and a value out of range are errors, each with
// the line and column in the file called name, and with what is allowed there.
func Parse(name string, data []byte) (Schedule, error) {
	if len(data) > MaxFileBytes {
		return Schedule{}, fmt.Errorf("%s: %d bytes, want at most %d", name, len(data), MaxFileBytes)
	}
	var s Schedule
	decoder := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	if err := decoder.Decode(&s); err != nil && !errors.Is(err, io.EOF) {
		return Schedule{}, located(name, err)
	}
	if err := decoder.Decode(new(Schedule)); !errors.Is(err, io.EOF) {
		return Schedule{}, fmt.Errorf("%s: want one YAML document, found more", name)
	}
	if err := s.Validate(); err != nil {
		return Schedule{}, locatedProblems(name, data, err)
	}
	return s, nil
}

// located puts a decoder's error into one line that begins with its place.
func located(name string, err error) error {
	var at yaml.Error
	if !errors.As(err, &at) {
		return fmt.Errorf("%s: %w", name, err)
	}
	text := at.GetMessage()
	if after, unknown := strings.CutPrefix(text, "unknown field "); unknown {
		text = fmt.Sprintf("unknown key %s: want %s", after, keysBeside(at))
	}
	var wrong *yaml.TypeError
	if errors.As(err, &wrong) && wrong.Token != nil {
		text = fmt.Sprintf("%q: want %s", wrong.Token.Value, kindName(wrong.DstType))
	}
	place := name
	if t := at.GetToken(); t != nil {
		place = fmt.Sprintf("%s:%d:%d", name, t.Position.Line, t.Position.Column)
	}
	return fmt.Errorf("%s: %s", place, text)
}

// locatedProblems gives every problem of a schedule its line and column.
func locatedProblems(name string, data []byte, err error) error {
	file, parseErr := parser.ParseBytes(data, 0)
	joined, ok := err.(interface{ Unwrap() []error })
	if parseErr != nil || !ok {
		return fmt.Errorf("%s: %w", name, err)
	}
	var lines []error
	for _, one := range joined.Unwrap() {
		var p *Problem
		if errors.As(one, &p) {
			one = fmt.Errorf("%s: %w", place(name, file, p), one)
		}
		lines = append(lines, one)
	}
	return errors.Join(lines...)
}

// place finds the value that a problem is about, or the nearest thing around it.
func place(name string, file *ast.File, p *Problem) string {
	path := fmt.Sprintf("$.faults[%d].%s", p.Fault, p.Path)
	for path != "$" {
		if found, err := yaml.PathString(path); err == nil {
			if node, err := found.FilterFile(file); err == nil && node != nil {
				at := node.GetToken().Position
				return fmt.Sprintf("%s:%d:%d", name, at.Line, at.Column)
			}
		}
		path = path[:strings.LastIndexAny(path, ".[")]
	}
	return name
}

// kindName says in plain words what a value must be.
func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.String:
		return "a text"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Pointer:
		return "keys and values"
	default:
		return t.String()
	}
}
