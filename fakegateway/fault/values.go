package fault

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/govalues/decimal"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Values are fields of a message by their dotted path, in IBKR's names ("execution.execId"): what
// they must be, or what they are set to. A value is a text, a number, true or false; nil is a field
// that is not there. Where fields are set, it may also be an edit of what the field has:
//
//	{"add": -100}      a number, or a text that is one, changed by so much
//	{"revision": 2}    the last dotted part of an id: IBKR writes .01, and .02 in a correction
type Values map[string]any

// The edits.
const (
	editAdd      = "add"
	editRevision = "revision"
	maxRevision  = 99
	maxExact     = 1 << 53 // whole numbers up to here are exact in JSON
)

// matches reports whether every field of m is what it must be.
func (vs Values) matches(m proto.Message) bool {
	if len(vs) == 0 {
		return true
	}
	if m == nil {
		return false
	}
	for path, want := range vs {
		f, err := fieldAt(m.ProtoReflect().Descriptor(), path)
		if err != nil {
			return false
		}
		got, present := f.read(m.ProtoReflect())
		if present != (want != nil) || present && !equal(f.leaf(), got, want) {
			return false
		}
	}
	return true
}

// applied is a copy of m with the fields set.
func (vs Values) applied(m proto.Message) (proto.Message, error) {
	m = proto.Clone(m)
	for _, path := range vs.paths() {
		f, err := fieldAt(m.ProtoReflect().Descriptor(), path)
		if err == nil {
			err = f.write(m.ProtoReflect(), vs[path])
		}
		if err != nil {
			return nil, fmt.Errorf("set %s: %w", path, err)
		}
	}
	return m, nil
}

func (vs Values) paths() []string { return slices.Sorted(maps.Keys(vs)) }

// phrase says the values in a sentence: "orderId 7 and status Filled".
func (vs Values) phrase() string {
	var parts []string
	for _, path := range vs.paths() {
		parts = append(parts, path+" "+valueText(vs[path]))
	}
	return strings.Join(parts, " and ")
}

func valueText(v any) string {
	if v == nil {
		return "not there"
	}
	if e, ok := asEdit(v); ok {
		for name, by := range e {
			if name == editAdd {
				return fmt.Sprintf("changed by %s", scalarText(by))
			}
			return fmt.Sprintf("of revision %s", scalarText(by))
		}
	}
	if s := scalarText(v); s != "" {
		return s
	}
	return `""`
}

// field is the way from a message to one of its scalar fields.
type field []protoreflect.FieldDescriptor

func (f field) leaf() protoreflect.FieldDescriptor { return f[len(f)-1] }

// fieldAt finds a scalar field by its dotted path. The error lists what is allowed.
func fieldAt(d protoreflect.MessageDescriptor, path string) (field, error) {
	var f field
	for _, name := range strings.Split(path, ".") {
		var next protoreflect.FieldDescriptor
		if d != nil {
			next = d.Fields().ByName(protoreflect.Name(name))
		}
		if next == nil || next.IsList() || next.IsMap() {
			return nil, fmt.Errorf("it has no single value %q", path)
		}
		f = append(f, next)
		d = next.Message()
	}
	if d != nil {
		return nil, fmt.Errorf("%q is a group of fields", path)
	}
	return f, nil
}

// fieldPaths lists the scalar fields of a message, by their dotted paths.
func fieldPaths(d protoreflect.MessageDescriptor) []string {
	var paths []string
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		switch {
		case f.IsList() || f.IsMap():
		case f.Message() == nil:
			paths = append(paths, string(f.Name()))
		default:
			for _, below := range fieldPaths(f.Message()) {
				paths = append(paths, string(f.Name())+"."+below)
			}
		}
	}
	return paths
}

func (f field) read(m protoreflect.Message) (v protoreflect.Value, present bool) {
	for i, step := range f {
		if !m.Has(step) {
			return v, false
		}
		if v = m.Get(step); i < len(f)-1 {
			m = v.Message()
		}
	}
	return v, true
}

func (f field) write(m protoreflect.Message, to any) error {
	old, present := f.read(m)
	if to == nil && !present {
		return nil
	}
	for _, step := range f[:len(f)-1] {
		m = m.Mutable(step).Message()
	}
	if to == nil {
		m.Clear(f.leaf())
		return nil
	}
	if e, ok := asEdit(to); ok {
		if !present {
			return fmt.Errorf("the message has none")
		}
		edited, err := e.applied(f.leaf(), old)
		if err != nil {
			return err
		}
		to = edited
	}
	v, err := valueOf(f.leaf(), to)
	if err != nil {
		return err
	}
	m.Set(f.leaf(), v)
	return nil
}

// equal compares a field with a value of a schedule. A number meets a text that is that number.
func equal(f protoreflect.FieldDescriptor, got protoreflect.Value, want any) bool {
	if text, ok := want.(string); ok {
		return f.Kind() == protoreflect.StringKind && got.String() == text
	}
	if f.Kind() == protoreflect.StringKind {
		a, errA := decimal.Parse(got.String())
		b, errB := decimal.Parse(scalarText(want))
		return errA == nil && errB == nil && a.Cmp(b) == 0
	}
	v, err := valueOf(f, want)
	return err == nil && got.Equal(v)
}

// valueOf makes a field's value of a schedule's, or says what is wanted.
func valueOf(f protoreflect.FieldDescriptor, v any) (protoreflect.Value, error) {
	n, isNumber := asFloat(v)
	switch f.Kind() {
	case protoreflect.StringKind:
		if _, isBool := v.(bool); !isBool && scalarText(v) != "" || v == "" {
			return protoreflect.ValueOfString(scalarText(v)), nil
		}
		return protoreflect.Value{}, fmt.Errorf("%v: want a text or a number", v)
	case protoreflect.BoolKind:
		if b, ok := v.(bool); ok {
			return protoreflect.ValueOfBool(b), nil
		}
		return protoreflect.Value{}, fmt.Errorf("%v: want true or false", v)
	case protoreflect.Int32Kind, protoreflect.Sint32Kind:
		if isNumber && n == math.Trunc(n) && n >= math.MinInt32 && n <= math.MaxInt32 {
			return protoreflect.ValueOfInt32(int32(n)), nil
		}
		return protoreflect.Value{}, fmt.Errorf("%v: want a whole number of 32 bits", v)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind:
		if i, err := strconv.ParseInt(scalarText(v), 10, 64); isNumber && err == nil {
			return protoreflect.ValueOfInt64(i), nil
		}
		return protoreflect.Value{}, fmt.Errorf("%v: want a whole number of 64 bits", v)
	case protoreflect.DoubleKind:
		if isNumber {
			return protoreflect.ValueOfFloat64(n), nil
		}
		return protoreflect.Value{}, fmt.Errorf("%v: want a number", v)
	default:
		return protoreflect.Value{}, fmt.Errorf("a field of type %s cannot be said here", f.Kind())
	}
}

// asFloat reads what YAML, JSON and Go make of a number.
func asFloat(v any) (float64, bool) {
	switch n := v.(type) {
	case int:
		return float64(n), true
	case int32:
		return float64(n), true
	case int64:
		return float64(n), true
	case uint64:
		return float64(n), true
	case float64:
		return n, !math.IsNaN(n) && !math.IsInf(n, 0)
	default:
		return 0, false
	}
}

// scalarText writes a scalar as people do: 1000000, not 1e+06. It is "" for anything else.
func scalarText(v any) string {
	switch s := v.(type) {
	case string:
		return s
	case bool:
		return strconv.FormatBool(s)
	case float64:
		return strconv.FormatFloat(s, 'f', -1, 64)
	case int, int32, int64, uint64:
		return fmt.Sprint(s)
	default:
		return ""
	}
}

// edit changes a field by what it has: one of add and revision.
type edit map[string]any

func asEdit(v any) (edit, bool) {
	switch m := v.(type) {
	case map[string]any:
		return m, true
	case Values:
		return edit(m), true
	default:
		return nil, false
	}
}

// wrong says what is wrong with an edit of f, "" for nothing.
func (e edit) wrong(f protoreflect.FieldDescriptor) string {
	by, adds := e[editAdd]
	revision, revises := e[editRevision]
	n, isNumber := asFloat(by)
	r, isRevision := asFloat(revision)
	switch {
	case len(e) != 1 || !adds && !revises:
		return "want exactly one of add and revision"
	case adds && f.Kind() == protoreflect.BoolKind:
		return "add is for numbers"
	case adds && !isNumber:
		return "add: want a number"
	case adds && math.Abs(n) > maxExact:
		return "add: want at most 2^53"
	case adds && n != math.Trunc(n) && f.Kind() != protoreflect.DoubleKind &&
		f.Kind() != protoreflect.StringKind:
		return "add: want a whole number"
	case revises && f.Kind() != protoreflect.StringKind:
		return "revision is for texts"
	case revises && (!isRevision || r != math.Trunc(r) || r < 1 || r > maxRevision):
		return fmt.Sprintf("revision: want 1..%d", maxRevision)
	}
	return ""
}

func (e edit) applied(f protoreflect.FieldDescriptor, old protoreflect.Value) (any, error) {
	if revision, ok := e[editRevision]; ok {
		stem, _, _ := cutLast(old.String(), ".")
		n, _ := asFloat(revision)
		return fmt.Sprintf("%s.%02d", stem, int(n)), nil
	}
	by, _ := asFloat(e[editAdd])
	switch f.Kind() {
	case protoreflect.DoubleKind:
		return old.Float() + by, nil
	case protoreflect.StringKind:
		a, err := decimal.Parse(old.String())
		if err != nil {
			return nil, fmt.Errorf("%q is no number to add to", old.String())
		}
		b, err := decimal.Parse(scalarText(by))
		if err != nil {
			return nil, err
		}
		sum, err := a.Add(b)
		return sum.String(), err
	default:
		return old.Int() + int64(by), nil
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
