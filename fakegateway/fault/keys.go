package fault

import (
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// keyed are the structs of a schedule, by the key under which each stands.
var keyed = map[string]any{
	"blocks": blockDoc{}, "faults": Fault{}, "where": Where{}, "when": When{},
	"what": What{}, "until": Until{}, "downtime": Downtime{}, "trade": Trade{}, "release": Moment{},
	"after": Moment{}, "answerTo": Request{}, "with": Request{}, "generate": chanceDoc{},
}

// keysBeside lists the keys that are allowed where an unknown one stands. top is the document.
func keysBeside(at yaml.Error, top any) []string {
	t := at.GetToken()
	if t == nil {
		return keysOf(top)
	}
	column := t.Position.Column
	for t = t.Prev; t != nil; t = t.Prev {
		if t.Position.Column >= column || t.Next == nil || t.Next.Value != ":" {
			continue
		}
		if parent, ok := keyed[t.Value]; ok {
			return keysOf(parent)
		}
	}
	return keysOf(top)
}

func keysOf(v any) []string {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var keys []string
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		keys = append(keys, key)
	}
	return keys
}
