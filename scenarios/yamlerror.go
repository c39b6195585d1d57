package scenarios

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// duration is a time.Duration that is written "1.5s"; an error says where it stands.
type duration time.Duration

// MarshalText writes "1.5s".
func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalYAML reads what time.ParseDuration accepts.
func (d *duration) UnmarshalYAML(node ast.Node) error {
	t := node.GetToken()
	v, err := time.ParseDuration(t.Value)
	if err != nil {
		return &yaml.SyntaxError{
			Message: fmt.Sprintf("duration %q: want a number with its unit, like 30s", t.Value),
			Token:   t,
		}
	}
	*d = duration(v)
	return nil
}

// located puts a decoder's error into one line that begins with its place in the file.
func located(name string, err error) error {
	var at yaml.Error
	if !errors.As(err, &at) {
		return fmt.Errorf("%s: %w", name, err)
	}
	text := at.GetMessage()
	if after, unknown := strings.CutPrefix(text, "unknown field "); unknown {
		text = fmt.Sprintf("unknown key %s: want %s", after, strings.Join(keysBeside(at), ", "))
	}
	if t := at.GetToken(); t != nil {
		name = fmt.Sprintf("%s:%d:%d", name, t.Position.Line, t.Position.Column)
	}
	return fmt.Errorf("%s: %s", name, text)
}

// keysBeside lists the keys that are allowed where an unknown one stands: those of the struct
// under the nearest key to the left and above.
func keysBeside(at yaml.Error) []string {
	top := reflect.TypeFor[document]()
	byKey := make(map[string]reflect.Type)
	collect(byKey, top)
	t := at.GetToken()
	if t == nil {
		return keysOf(top)
	}
	column := t.Position.Column
	for t = t.Prev; t != nil; t = t.Prev {
		if t.Position.Column >= column || t.Next == nil || t.Next.Value != ":" {
			continue
		}
		if parent, ok := byKey[t.Value]; ok {
			return keysOf(parent)
		}
	}
	return keysOf(top)
}

// collect finds the structs of a document by the key under which each stands.
func collect(byKey map[string]reflect.Type, t reflect.Type) {
	for i := range t.NumField() {
		under := t.Field(i).Type
		for under.Kind() == reflect.Slice || under.Kind() == reflect.Pointer {
			under = under.Elem()
		}
		if under.Kind() == reflect.Struct {
			byKey[keyOf(t.Field(i))] = under
			collect(byKey, under)
		}
	}
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		keys = append(keys, keyOf(t.Field(i)))
	}
	return keys
}

func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}
