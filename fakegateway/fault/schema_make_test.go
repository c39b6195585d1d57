package fault

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ibsoak/internal/wire"
)

var update = flag.Bool("update", false, "write schedule.schema.json anew")

// obj is a piece of the schema. Its keys are written in order of the alphabet.
type obj map[string]any

// TestSchemaIsMadeOfTheGoTypes keeps the committed schema to what the types, their comments and the
// table of actions say, so that neither drifts from the other.
func TestSchemaIsMadeOfTheGoTypes(t *testing.T) {
	want := render(t, makeSchema(t))
	if *update {
		if err := os.WriteFile("schedule.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(Schema(), want) {
		t.Error("schedule.schema.json is not what the Go types say: run go test -run Schema -update")
	}
}

// render writes JSON for people: what fits into a line is in one.
func render(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	decoder := json.NewDecoder(&b)
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		t.Fatal(err)
	}
	write(t, &out, plain, "\n")
	out.WriteByte('\n')
	return out.Bytes()
}

func write(t *testing.T, out *bytes.Buffer, v any, newline string) {
	const line = 100
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	compact := bytes.TrimSpace(b.Bytes())
	object, isObject := v.(map[string]any)
	list, isList := v.([]any)
	if len(compact) <= line || !isObject && !isList {
		out.Write(compact)
		return
	}
	separator := newline + " "
	if isObject {
		out.WriteByte('{')
		for _, key := range slices.Sorted(maps.Keys(object)) {
			out.WriteString(separator)
			name, _ := json.Marshal(key)
			out.Write(name)
			out.WriteString(": ")
			write(t, out, object[key], newline+" ")
			separator = "," + newline + " "
		}
		out.WriteString(newline + "}")
		return
	}
	out.WriteByte('[')
	for _, each := range list {
		out.WriteString(separator)
		write(t, out, each, newline+" ")
		separator = "," + newline + " "
	}
	out.WriteString(newline + "]")
}

func makeSchema(t *testing.T) obj {
	m := maker{docs: comments(t)}
	defs := obj{
		"where": m.where(), "when": m.when(), "what": m.what(), "until": m.until(),
		"release": m.moment("release"), "after": m.moment("after"), "request": m.request(),
		"downtime": m.object(Downtime{}, obj{
			"refused": ref("duration"), "acceptMute": ref("duration"),
			"versionOnly": ref("duration"), "approval": obj{"type": "boolean"},
		}),
		"trade": m.trade(),
		"fault": m.fault(), "use": m.use(), "block": m.block(),
		"entry": obj{"if": need("use"), "then": ref("use"), "else": ref("fault")},
		"duration": obj{
			"type": "string", "description": `a time: "1.5s", "2m", "1h30m"`,
			"pattern": `^\+?(0|([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|ms|s|m|h))+$`,
		},
		"time":     obj{"allOf": []any{ref("duration"), obj{"pattern": "[1-9]"}}},
		"inbound":  obj{"enum": append(messages(wire.FromClient), Any)},
		"outbound": obj{"enum": append(messages(wire.FromServer), Any)},
		"selected": m.selected(),
	}
	m.values(defs)
	return obj{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "A fault schedule of fakegateway",
		"description": "Faults of a fake IB Gateway: each where, when, what and until.",
		"type":        "object", "additionalProperties": false,
		"properties": obj{
			"hook": obj{"type": "string", "description": m.docs["Schedule.Hook"]},
			"blocks": obj{
				"type": "object", "additionalProperties": ref("block"),
				"description": "Named building blocks of this file.",
			},
			"faults": obj{
				"type": "array", "items": ref("entry"),
				"description": "Tried in order: the first whose conditions hold acts.",
			},
		},
		"$defs": defs,
	}
}

func ref(name string) obj           { return obj{"$ref": "#/$defs/" + name} }
func need(keys ...string) obj       { return obj{"required": keys} }
func without(keys ...string) obj    { return obj{"not": anyOf(keys...)} }
func only(key string, v any) obj    { return obj{"properties": obj{key: v}} }
func given(key string, v any) obj   { return obj{"properties": obj{key: v}, "required": []string{key}} }
func when(if_, then obj) obj        { return obj{"if": if_, "then": then} }
func oneOf[S ~string](v ...S) obj   { return obj{"enum": v} }
func whole(low, high any) obj       { return obj{"type": "integer", "minimum": low, "maximum": high} }
func atLeast(low int) obj           { return obj{"type": "integer", "minimum": low} }
func described(o obj, s string) obj { o = maps.Clone(o); o["description"] = s; return o }

func anyOf(keys ...string) obj {
	var list []any
	for _, k := range keys {
		list = append(list, need(k))
	}
	return obj{"anyOf": list}
}

// maker knows the comments of the Go types.
type maker struct{ docs map[string]string }

// comments reads the doc comments of the fields, by "Type.Field".
func comments(t *testing.T) map[string]string {
	t.Helper()
	docs := make(map[string]string)
	for _, name := range []string{"fault.go", "what.go", "moment.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					if len(f.Names) > 0 {
						docs[spec.Name.Name+"."+f.Names[0].Name] = sentence(f.Doc, f.Comment)
					}
				}
			}
			return true
		})
	}
	return docs
}

func sentence(groups ...*ast.CommentGroup) string {
	for _, g := range groups {
		if text := strings.Join(strings.Fields(g.Text()), " "); text != "" {
			return text
		}
	}
	return ""
}

// object is a Go struct; every field must have its schema, and every schema its field.
func (m maker) object(v any, fields obj) obj {
	t := reflect.TypeOf(v)
	properties := obj{}
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		s, ok := fields[key].(obj)
		if !ok {
			panic("no schema for " + t.Name() + "." + key)
		}
		if text := m.docs[t.Name()+"."+t.Field(i).Name]; text != "" {
			s = described(s, text)
		}
		properties[key] = s
	}
	if len(properties) != len(fields) {
		panic("a schema without a field in " + t.Name())
	}
	return obj{"type": "object", "additionalProperties": false, "properties": properties}
}

func (m maker) where() obj {
	o := m.object(Where{}, obj{
		"connection": atLeast(1), "fromConnection": atLeast(1), "clientId": obj{"type": "integer"},
	})
	o["not"] = need("connection", "fromConnection")
	return o
}

func (m maker) until() obj {
	return m.object(Until{}, obj{"count": atLeast(1), "elapsed": ref("time")})
}

func (m maker) when() obj {
	o := m.object(When{}, obj{
		"phase": oneOf(Phases()...), "inbound": ref("inbound"), "outbound": ref("outbound"),
		"nth": atLeast(1), "byte": atLeast(1), "bytesOut": atLeast(0), "at": ref("duration"),
		"of": obj{"type": "object"}, "answerTo": ref("request"), "after": ref("after"),
		"delay": ref("time"),
	})
	outbound := anyOf("outbound", "answerTo")
	o["oneOf"] = []any{need("phase"), need("inbound"), outbound, need("bytesOut"), need("at")}
	message := anyOf("inbound", "outbound", "answerTo")
	o["allOf"] = []any{
		when(need("nth"), message), when(need("after"), message), when(need("byte"), outbound),
		when(need("of"), anyOf("inbound", "outbound")), ref("selected"),
	}
	return o
}

func (m maker) moment(role string) obj {
	o := m.object(Moment{}, obj{
		"phase": oneOf(sessionPhases...), "inbound": ref("inbound"), "outbound": ref("outbound"),
		"nth": atLeast(1), "of": obj{"type": "object"}, "at": ref("duration"), "delay": ref("time"),
	})
	triggers := []any{need("phase"), need("inbound"), need("outbound"), need("at")}
	message := anyOf("inbound", "outbound")
	all := []any{when(need("nth"), message), when(need("of"), message), ref("selected")}
	if role == "after" {
		o["oneOf"] = triggers
		o["not"] = need("delay")
	} else {
		o["oneOf"] = append(triggers, obj{
			"required": []string{"delay"}, "not": anyOf("phase", "inbound", "outbound", "at"),
		})
	}
	o["allOf"] = all
	return o
}

func (m maker) request() obj {
	o := m.object(Request{}, obj{
		"inbound": oneOf(messages(wire.FromClient)...), "nth": atLeast(1), "of": obj{"type": "object"},
	})
	o["required"] = []string{"inbound"}
	o["allOf"] = []any{ref("selected")}
	return o
}

func (m maker) what() obj {
	o := m.object(What{}, obj{
		"do": m.actions(), "for": ref("time"), "every": ref("time"), "times": whole(2, maxCopies),
		"frames": whole(2, maxShuffled),
		"bytes":  whole(1, maxGarbageBytes), "length": whole(-1<<31, 1<<32-1),
		"code": obj{"type": "integer", "not": obj{"const": 0}}, "message": obj{"type": "string", "minLength": 1},
		"then": oneOf(FIN, RST, Hold), "downtime": ref("downtime"),
		"operation": oneOf(Operations()...), "farm": obj{"type": "string", "minLength": 1},
		"trade": ref("trade"), "accounts": obj{"type": "array", "items": obj{"type": "string"}, "minItems": 1},
		"release": ref("release"), "set": obj{"type": "object"},
		"field": obj{"type": "string", "minLength": 1}, "with": ref("request"),
		"hex":   obj{"type": "string", "pattern": hexPattern, "maxLength": maxHexDigits},
		"unset": obj{"const": true}, "place": oneOf(Before, After),
		"id": whole(-1<<31, 1<<31-1),
	})
	o["required"] = []string{"do"}
	var onFarm, onTrade []Operation
	for _, op := range Operations() {
		if op.OnFarm() {
			onFarm = append(onFarm, op)
		}
		if op.OnTrade() {
			onTrade = append(onTrade, op)
		}
	}
	o["allOf"] = []any{
		obj{"if": given("operation", oneOf(onFarm...)), "then": need("farm"), "else": without("farm")},
		obj{"if": given("operation", oneOf(onTrade...)), "then": need("trade"), "else": without("trade")},
		obj{"if": given("operation", oneOf(LogIn)), "then": need("accounts"), "else": without("accounts")},
	}
	return o
}

func (m maker) trade() obj {
	text, number := obj{"type": "string"}, obj{"type": []string{"string", "number"}}
	o := m.object(Trade{}, obj{
		"account": text, "conId": obj{"type": "integer"}, "symbol": text, "secType": text,
		"exchange": text, "currency": text, "expiry": text, "strike": number, "right": text,
		"quantity": obj{"type": "integer", "not": obj{"const": 0}}, "price": number,
	})
	o["required"] = []string{"quantity"}
	named := func(key string, none any) obj {
		return obj{"required": []string{key}, "properties": obj{key: obj{"not": obj{"const": none}}}}
	}
	o["anyOf"] = []any{named("symbol", ""), named("conId", 0)}
	return o
}

// actions are the values of do, each with what it does.
func (m maker) actions() obj {
	var list []any
	for _, a := range Actions() {
		list = append(list, obj{"const": a, "description": table[a].doc})
	}
	return obj{"oneOf": list}
}

func withIDs() (names []string) {
	for _, name := range messages(wire.FromClient) {
		kind, _ := wire.ParseKind(name)
		d := wire.NewBody(kind).ProtoReflect().Descriptor().Fields()
		if answersByKind[name] == nil && (d.ByName("reqId") != nil || d.ByName("orderId") != nil) {
			names = append(names, name)
		}
	}
	return names
}

func (m maker) use() obj {
	var names []string
	for _, b := range Blocks() {
		names = append(names, b.Name)
	}
	return obj{
		"type": "object", "additionalProperties": false, "required": []string{"use"},
		"properties": obj{
			"use":   obj{"anyOf": []any{oneOf(names...), obj{"type": "string"}}},
			"id":    obj{"type": "string", "description": "names the block's faults in receipts"},
			"with":  obj{"type": "object", "description": "the block's parameters"},
			"where": ref("where"),
		},
	}
}

func (m maker) block() obj {
	return obj{
		"type": "object", "additionalProperties": false, "required": []string{"faults"},
		"properties": obj{
			"why": obj{"type": "string"},
			"with": obj{
				"type":        "object",
				"description": "parameters and their defaults; null is one that must be given",
			},
			"faults": obj{
				"type": "array", "items": obj{"type": "object"},
				"description": "faults; a value $name stands for a parameter",
			},
		},
	}
}
