package scenarios

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

// object is a piece of a JSON Schema.
type object = map[string]any

// Schema is the JSON Schema (draft 2020-12) of scenario files, for editors. It is made of the types
// that are decoded, so that it knows every key that Parse does; the faults in it are those of the
// schema of schedules. What it cannot see: numbers that must fit each other, and files.
func Schema() ([]byte, error) {
	var faults struct {
		Defs object `json:"$defs"`
	}
	if err := json.Unmarshal(fault.Schema(), &faults); err != nil {
		return nil, err
	}
	root := schemaOf(reflect.TypeFor[harness.Scenario]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "A scenario of soak"
	root["required"] = []string{"name", "summary", "subject", "checks", "limit"}
	root["$defs"] = faults.Defs
	return json.MarshalIndent(root, "", " ")
}

// known are the types whose values are not what their Go type says.
func known(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[time.Duration](), reflect.TypeFor[fault.Duration]():
		return object{"$ref": "#/$defs/duration"}
	case reflect.TypeFor[fault.Faults]():
		return object{"type": "array", "items": object{"$ref": "#/$defs/entry"}}
	case reflect.TypeFor[fault.When]():
		return object{"$ref": "#/$defs/when"}
	case reflect.TypeFor[fault.What]():
		return object{"$ref": "#/$defs/what"}
	case reflect.TypeFor[fault.Downtime]():
		return object{"$ref": "#/$defs/downtime"}
	case reflect.TypeFor[decimal.Decimal]():
		return object{"type": []string{"string", "number"}}
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[harness.Mode]():
		return object{"enum": []harness.Mode{harness.Once, harness.Continuous}}
	case reflect.TypeFor[harness.Reference]():
		return object{"enum": []harness.Reference{harness.RefIntent, harness.RefStrategy, harness.RefNone}}
	case reflect.TypeFor[harness.Check]():
		o := objectOf(t)
		o["properties"].(object)["name"] = choices(harness.Detectors,
			func(d harness.Detector) (string, string) { return d.Name, d.Doc })
		o["required"] = []string{"name"}
		return o
	case reflect.TypeFor[harness.Gateway]():
		o := objectOf(t)
		o["properties"].(object)["profile"] = choices(fakegateway.Profiles,
			func(p fakegateway.Profile) (string, string) { return p.Name, p.Summary })
		return o
	}
	return nil
}

// choices are the values of a key, each with what it means.
func choices[T any](all []T, of func(T) (name, text string)) object {
	var list []any
	for _, one := range all {
		name, text := of(one)
		list = append(list, object{"const": name, "description": text})
	}
	return object{"oneOf": list}
}

// schemaOf is the schema of a type's values in a file.
func schemaOf(t reflect.Type) object {
	if o := known(t); o != nil {
		return o
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Struct:
		return objectOf(t)
	case reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		o := object{"type": "object", "additionalProperties": schemaOf(t.Elem())}
		if t.Key() == reflect.TypeFor[harness.ExitClass]() {
			o["propertyNames"] = object{"enum": harness.ExitClasses}
		}
		return o
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.String:
		return object{"type": "string"}
	default:
		return object{"type": "integer"}
	}
}

// objectOf is the schema of a struct: its keys are the ones that the decoder knows.
func objectOf(t reflect.Type) object {
	properties := object{}
	add(properties, t)
	return object{"type": "object", "additionalProperties": false, "properties": properties}
}

func add(properties object, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("yaml")
		if tag == "" {
			tag = f.Tag.Get("json")
		}
		key, options, _ := strings.Cut(tag, ",")
		switch {
		case options == "inline":
			add(properties, f.Type)
		case key != "" && key != "-":
			properties[key] = schemaOf(f.Type)
		}
	}
}
