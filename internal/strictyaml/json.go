package strictyaml

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml"
)

// JSON writes a YAML document as JSON on one line, with its keys in the same order. The decoder's
// own conversion gets escaped control characters wrong.
func JSON(text []byte) ([]byte, error) {
	var v any
	if err := yaml.UnmarshalWithOptions(text, &v, yaml.UseOrderedMap()); err != nil {
		return nil, err
	}
	return json.Marshal(ordered{v})
}

// ordered writes maps in the order of the document.
type ordered struct{ value any }

// MarshalJSON writes the value and what is in it.
func (o ordered) MarshalJSON() ([]byte, error) {
	switch v := o.value.(type) {
	case yaml.MapSlice:
		var out bytes.Buffer
		out.WriteByte('{')
		for i, item := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			key, err := json.Marshal(fmt.Sprint(item.Key))
			if err != nil {
				return nil, err
			}
			value, err := json.Marshal(ordered{item.Value})
			if err != nil {
				return nil, err
			}
			out.Write(key)
			out.WriteByte(':')
			out.Write(value)
		}
		out.WriteByte('}')
		return out.Bytes(), nil
	case []any:
		list := make([]ordered, len(v))
		for i, item := range v {
			list[i] = ordered{item}
		}
		return json.Marshal(list)
	default:
		return json.Marshal(v)
	}
}
