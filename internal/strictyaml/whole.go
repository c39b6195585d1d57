package strictyaml

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// wholeNumbers finds values that the decoder would cut to make them the whole numbers that they are to be:
// it takes 1.9 for 1.
type wholeNumbers struct{ anchors map[string]ast.Node }

// Visit notes what aliases stand for.
func (w wholeNumbers) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		w.anchors[a.Name.GetToken().Value] = a.Value
	}
	return w
}

// check looks at n, which is to be a t, under a key. depth bounds aliases of what they are in.
func (w wholeNumbers) check(t reflect.Type, key string, n ast.Node, depth int) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n == nil || decodesItself(t) || depth > 2*maxDepth {
		return nil
	}
	switch v := n.(type) {
	case *ast.AnchorNode:
		return w.check(t, key, v.Value, depth+1)
	case *ast.AliasNode:
		return w.check(t, key, w.anchors[v.Value.GetToken().Value], depth+1)
	case *ast.TagNode:
		return w.check(t, key, v.Value, depth+1)
	case ast.MapNode:
		for it := v.MapRange(); it.Next(); {
			below, name := t, it.Key().GetToken().Value
			if _, merged := it.Key().(*ast.MergeKeyNode); !merged {
				below = typeUnder(t, name)
			}
			if below == nil {
				continue
			}
			if err := w.check(below, name, it.Value(), depth+1); err != nil {
				return err
			}
		}
	case *ast.SequenceNode:
		for _, one := range v.Values {
			if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
				return nil
			}
			if err := w.check(t.Elem(), key, one, depth+1); err != nil {
				return err
			}
		}
	case *ast.FloatNode, *ast.StringNode, *ast.InfinityNode, *ast.NanNode:
		if t.Kind() >= reflect.Int && t.Kind() <= reflect.Uintptr && !whole(v) {
			return &yaml.SyntaxError{
				Message: fmt.Sprintf("%s: %q: want a whole number", key, v.GetToken().Value), Token: v.GetToken(),
			}
		}
	}
	return nil
}

// whole reports a value that no decoding to an integer cuts. What is no number is none.
func whole(n ast.Node) bool {
	f, err := strconv.ParseFloat(n.GetToken().Value, 64)
	if v, ok := n.(*ast.FloatNode); ok {
		f, err = v.Value, nil
	}
	return err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<63
}

// typeUnder is what the value of a key is to be; nil for a key that there is not.
func typeUnder(t reflect.Type, key string) reflect.Type {
	if t.Kind() == reflect.Map {
		return t.Elem()
	}
	if t.Kind() == reflect.Struct {
		for f := range fields(t) {
			if keyOf(f) == key {
				return f.Type
			}
		}
	}
	return nil
}

// decodesItself reports a type whose values the decoder does not read on its own.
func decodesItself(t reflect.Type) bool {
	switch reflect.New(t).Interface().(type) {
	case yaml.NodeUnmarshaler, yaml.NodeUnmarshalerContext, yaml.BytesUnmarshaler, yaml.BytesUnmarshalerContext,
		yaml.InterfaceUnmarshaler, yaml.InterfaceUnmarshalerContext, encoding.TextUnmarshaler, *time.Duration:
		return true
	}
	return false
}
