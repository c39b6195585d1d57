package hook

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// fieldsOf is a body as Starlark sees it: the fields that are there, in the order of their numbers,
// so that a program that walks them does the same in every run.
func fieldsOf(m proto.Message) *starlark.Dict {
	d := starlark.NewDict(0)
	if m == nil || !m.ProtoReflect().IsValid() {
		return d
	}
	body := m.ProtoReflect()
	fields := body.Descriptor().Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); body.Has(f) {
			// A new dict that nobody iterates takes every key.
			_ = d.SetKey(starlark.String(f.Name()), fieldOf(f, body.Get(f)))
		}
	}
	return d
}

func fieldOf(f protoreflect.FieldDescriptor, v protoreflect.Value) starlark.Value {
	switch {
	case f.IsList():
		list := make([]starlark.Value, v.List().Len())
		for i := range list {
			list[i] = scalarOf(f, v.List().Get(i))
		}
		return starlark.NewList(list)
	case f.IsMap():
		d := starlark.NewDict(v.Map().Len())
		for _, key := range sortedKeys(v.Map()) {
			_ = d.SetKey(starlark.String(key.String()), scalarOf(f.MapValue(), v.Map().Get(key)))
		}
		return d
	default:
		return scalarOf(f, v)
	}
}

func scalarOf(f protoreflect.FieldDescriptor, v protoreflect.Value) starlark.Value {
	switch x := v.Interface().(type) {
	case bool:
		return starlark.Bool(x)
	case int32:
		return starlark.MakeInt(int(x))
	case int64:
		return starlark.MakeInt64(x)
	case float64:
		return starlark.Float(x)
	case string:
		return starlark.String(x)
	case protoreflect.Message:
		return fieldsOf(x.Interface())
	default:
		return starlark.String(fmt.Sprint(f.Kind(), " ", x))
	}
}

// plainOf makes of a Starlark value what JSON knows.
func plainOf(v starlark.Value) (any, error) {
	switch v := v.(type) {
	case starlark.NoneType:
		return nil, nil
	case starlark.Bool:
		return bool(v), nil
	case starlark.String:
		return string(v), nil
	case starlark.Float:
		return float64(v), nil
	case starlark.Int:
		if n, ok := v.Int64(); ok {
			return n, nil
		}
		return nil, fmt.Errorf("%s is out of range", v)
	case *starlark.Dict:
		plain := make(map[string]any, v.Len())
		for _, pair := range v.Items() {
			key, ok := starlark.AsString(pair[0])
			if !ok {
				return nil, fmt.Errorf("key %s: want a string", pair[0])
			}
			value, err := plainOf(pair[1])
			if err != nil {
				return nil, err
			}
			plain[key] = value
		}
		return plain, nil
	default:
		return nil, fmt.Errorf("a %s cannot be part of an action", v.Type())
	}
}

// sortedKeys makes the order of a map the same in every run.
func sortedKeys(m protoreflect.Map) []protoreflect.MapKey {
	var keys []protoreflect.MapKey
	m.Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, key)
		return true
	})
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int {
		return strings.Compare(a.String(), b.String())
	})
	return keys
}
