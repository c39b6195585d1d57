// Package strictyaml owns how YAML and JSON files that people write are read: an unknown key or a wrong
// value is an error with its line and column, and with what is allowed there. It must not know what the
// files are about: their keys come from the structs that it decodes into.
package strictyaml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxFileBytes bounds a file's text.
const MaxFileBytes = 1 << 20

// Decode reads one document in YAML, or JSON, which is YAML too, into the struct that into points
// to. name is the file's, for errors. Keys that the document does not have keep the values that into
// has already, also when the document has no keys at all.
func Decode(name string, data []byte, into any) error {
	root, err := Document(name, data)
	if err != nil || root == nil { // the decoder would set the whole struct to zero
		return err
	}
	ctx := context.WithValue(context.Background(), nameKey{}, name)
	if err := NodeToValue(ctx, root, into); err != nil {
		var placed *Placed
		var at yaml.Error
		if errors.As(err, &placed) {
			return placed.Err
		}
		if !errors.As(err, &at) {
			name = placeOfBad(name, reflect.TypeOf(into).Elem(), root)
		}
		return Located(name, err, into)
	}
	return nil
}

// Document is the tree of a text's one document, nil when it has nothing but comments. Errors have their
// place in the file called name. A text that would cost the parser too much is an error.
func Document(name string, data []byte) (root ast.Node, err error) {
	if len(data) > MaxFileBytes {
		return nil, fmt.Errorf("%s: %d bytes, want at most %d", name, len(data), MaxFileBytes)
	}
	var file *ast.File
	tokens := lexer.Tokenize(string(data))
	if err = bearable(tokens); err == nil {
		file, err = parser.Parse(tokens, 0)
	}
	if err != nil {
		return nil, Located(name, err, nil)
	}
	for _, d := range file.Docs {
		switch {
		case d.Body == nil || d.Body.Type() == ast.CommentType:
		case root != nil:
			return nil, fmt.Errorf("%s: want one YAML document, found more", name)
		default:
			root = d.Body
		}
	}
	return root, nil
}

// NodeToValue decodes a part of a document, strictly, into what v points to. No number is cut to be whole.
func NodeToValue(ctx context.Context, n ast.Node, v any) error {
	w := wholeNumbers{make(map[string]ast.Node)}
	ast.Walk(w, n)
	if err := w.check(reflect.TypeOf(v).Elem(), "", n, 0); err != nil {
		return err
	}
	return yaml.NewDecoder(bytes.NewReader(nil), yaml.Strict()).DecodeFromNodeContext(ctx, n, v)
}

// Placed is the error of a type that decodes itself and has put the file's name and its own place
// into the text already.
type Placed struct{ Err error }

// Error is the text, its place first.
func (p *Placed) Error() string { return p.Err.Error() }

// Unwrap gives the error without its wrapping.
func (p *Placed) Unwrap() error { return p.Err }

type nameKey struct{}

// FileName is the name of the file that Decode reads, for types that decode themselves.
func FileName(ctx context.Context) string {
	name, _ := ctx.Value(nameKey{}).(string)
	return name
}

// Place is "name:line:column" of the value at a path like "$.faults[0].what.do", or of the nearest
// thing around it that is there.
func Place(name string, data []byte, path string) string {
	root, err := Document(name, data)
	for err == nil && path != "$" {
		if node := nodeAt(root, path); node != nil {
			at := beginning(node).Position
			return fmt.Sprintf("%s:%d:%d", name, at.Line, at.Column)
		}
		path = path[:strings.LastIndexAny(path, ".[")]
	}
	return name
}

// Has reports that the document has a value, if only null, at a path like "$.subject.command".
func Has(data []byte, path string) bool {
	root, err := Document("", data)
	return err == nil && nodeAt(root, path) != nil
}

// nodeAt is what stands at a path; nil for nothing.
func nodeAt(root ast.Node, path string) ast.Node {
	at, err := yaml.PathString(path)
	if root == nil || err != nil {
		return nil
	}
	node, err := at.FilterNode(root)
	if err != nil {
		return nil
	}
	return node
}

// beginning is the first token of a node: that of a mapping is its first colon.
func beginning(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return n.GetToken()
}

// Located puts a decoder's error into one line that begins with its place in the file called name.
// into is what was decoded, a struct or a pointer to one: the error about an unknown key lists the keys
// that its struct allows there. into can be a part of the document; the keys around it are skipped.
func Located(name string, err error, into any) error {
	var at yaml.Error
	if !errors.As(err, &at) {
		return fmt.Errorf("%s: %w", name, err)
	}
	text := at.GetMessage()
	if key, unknown := strings.CutPrefix(text, "unknown field "); unknown {
		text = fmt.Sprintf("unknown key %s: want %s", key, strings.Join(keysAt(structOf(into), at), ", "))
	}
	var wrong *yaml.TypeError
	if errors.As(err, &wrong) && wrong.Token != nil {
		text = fmt.Sprintf("%q: want %s", wrong.Token.Value, kindName(wrong.DstType))
	}
	if t := at.GetToken(); t != nil {
		name = fmt.Sprintf("%s:%d:%d", name, t.Position.Line, t.Position.Column)
	}
	return fmt.Errorf("%s: %s", name, text)
}

// placeOfBad finds the innermost value that cannot be decoded, for errors of a value's own text,
// which know no place.
func placeOfBad(name string, t reflect.Type, root ast.Node) string {
	if bad := badValue(t, root); bad != nil {
		at := beginning(bad).Position
		return fmt.Sprintf("%s:%d:%d", name, at.Line, at.Column)
	}
	return name
}

// badValue is the innermost value of n, which is to be a t, that cannot be decoded; nil when all can.
func badValue(t reflect.Type, n ast.Node) ast.Node {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch n := n.(type) {
	case ast.MapNode:
		for it := n.MapRange(); it.Next() && t.Kind() == reflect.Struct; {
			for f := range fields(t) {
				if keyOf(f) != it.Key().GetToken().Value {
					continue
				}
				if bad := badValue(f.Type, it.Value()); bad != nil {
					return bad
				}
			}
		}
	case *ast.SequenceNode:
		for _, v := range n.Values {
			if t.Kind() == reflect.Slice {
				if bad := badValue(t.Elem(), v); bad != nil {
					return bad
				}
			}
		}
	}
	if err := yaml.NodeToValue(n, reflect.New(t).Interface()); err != nil {
		return n
	}
	return nil
}

func structOf(v any) reflect.Type {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// keysAt lists the keys that are allowed where the error is.
func keysAt(root reflect.Type, at yaml.Error) []string {
	here := root
	for _, key := range parents(at.GetToken()) {
		if below, ok := field(here, key); ok {
			here = below
		}
	}
	return keysOf(here)
}

// parents are the keys around the one at t, outermost first.
func parents(t *token.Token) []string {
	if t == nil {
		return nil
	}
	column, open := t.Position.Column, openBrackets(t)
	var keys []string
	closed := 0 // brackets that were closed again before t
	for t = t.Prev; t != nil; t = t.Prev {
		switch {
		case t.Type == token.MappingEndType || t.Type == token.SequenceEndType:
			closed++
		case t.Type != token.MappingStartType && t.Type != token.SequenceStartType:
			if open == 0 && closed == 0 && isKey(t) && t.Position.Column < column {
				column = t.Position.Column
				keys = append(keys, t.Value)
			}
		case closed > 0:
			closed--
		default:
			open--
			if key := keyBefore(t); key != nil {
				column = key.Position.Column
				keys = append(keys, key.Value)
			}
		}
	}
	slices.Reverse(keys)
	return slices.Compact(keys)
}

// openBrackets counts the { and [ around t.
func openBrackets(t *token.Token) int {
	open, closed := 0, 0
	for t = t.Prev; t != nil; t = t.Prev {
		switch t.Type { //nolint:exhaustive // the others are no brackets
		case token.MappingEndType, token.SequenceEndType:
			closed++
		case token.MappingStartType, token.SequenceStartType:
			if closed > 0 {
				closed--
			} else {
				open++
			}
		}
	}
	return open
}

func isKey(t *token.Token) bool { return t.Next != nil && t.Next.Type == token.MappingValueType }

// keyBefore is the key whose value begins at t.
func keyBefore(t *token.Token) *token.Token {
	if t.Prev != nil && t.Prev.Type == token.MappingValueType {
		return t.Prev.Prev
	}
	return nil
}

// field is the struct behind a key of the struct t, through pointers, lists and maps.
func field(t reflect.Type, key string) (reflect.Type, bool) {
	for f := range fields(t) {
		if keyOf(f) != key {
			continue
		}
		below := f.Type
		for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, below.Kind()) {
			below = below.Elem()
		}
		return below, below.Kind() == reflect.Struct
	}
	return nil, false
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for f := range fields(t) {
		keys = append(keys, keyOf(f))
	}
	return keys
}

func keyOf(f reflect.StructField) string {
	tag := f.Tag.Get("yaml")
	if tag == "" {
		tag = f.Tag.Get("json") // as the decoder does
	}
	key, _, _ := strings.Cut(tag, ",")
	return key
}

// fields yields the fields that have keys, those of inlined structs among them.
func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for f := range flat(t) {
			if key := keyOf(f); key != "" && key != "-" && !yield(f) {
				return
			}
		}
	}
}

func flat(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			f := t.Field(i)
			if strings.HasSuffix(f.Tag.Get("yaml"), ",inline") {
				for inner := range flat(f.Type) {
					if !yield(inner) {
						return
					}
				}
			} else if !yield(f) {
				return
			}
		}
	}
}

// kindName says in plain words what a value must be.
func kindName(t reflect.Type) string {
	if t == reflect.TypeFor[time.Duration]() {
		return "a number and a unit, like 1.5s or 2m"
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Pointer, reflect.Map:
		return "keys and values"
	default:
		return t.String()
	}
}
