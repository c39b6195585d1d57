package fault

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

func (m maker) fault() obj {
	o := m.object(Fault{}, obj{
		"id": obj{"type": "string"}, "why": obj{"type": "string"}, "where": ref("where"),
		"when": ref("when"), "what": ref("what"), "until": ref("until"),
	})
	o["required"] = []string{"when", "what"}
	var all []any
	for _, a := range Actions() {
		all = append(all, when(
			given("what", given("do", obj{"const": a})), m.rule(table[a])))
	}
	all = append(all, when(given("what", tellingWhat()), only("when", without("delay", "byte"))))
	for _, name := range messages(wire.FromServer) {
		all = append(all, when(given("when", given("outbound", obj{"const": name})), only("what", obj{
			"properties": obj{"set": ref("fields." + name), "field": ref("paths." + name)},
		})))
	}
	all = append(all, obj{
		"if":   given("when", given("outbound", obj{"not": obj{"const": Any}})),
		"else": only("what", without("set", "field")),
	})
	o["allOf"] = all
	return o
}

// tellingWhat is a What for which Telling is true.
func tellingWhat() obj {
	var always []Action
	var choices []any
	for _, name := range Actions() {
		switch a := table[name]; {
		case a.onTelling == nil:
		case a.tellsWith == nil:
			always = append(always, name)
		default:
			choices = append(choices, obj{"allOf": []any{
				given("do", obj{"const": name}), anyOf(a.tellsWith...),
			}})
		}
	}
	return obj{"anyOf": append([]any{given("do", oneOf(always...))}, choices...)}
}

// rule is what an action takes and where it makes sense.
func (m maker) rule(a *action) obj {
	var unused []string
	for _, p := range (What{}).params() {
		if !a.takes(p.name) {
			unused = append(unused, p.name)
		}
	}
	what := obj{"required": append([]string{"do"}, a.required...)}
	if len(unused) > 0 {
		what["not"] = anyOf(unused...)
	}
	if a.exclusive != nil {
		what["allOf"] = []any{obj{"not": need(a.exclusive...)}} // of two
	}
	if a.then != nil {
		what["properties"] = obj{"then": oneOf(a.then[1:]...)}
	}
	var on []any
	if a.triggers != nil {
		var keys []string
		for _, at := range a.triggers {
			keys = append(keys, string(at))
			if at == atOutbound {
				keys = append(keys, "answerTo")
			}
		}
		on = append(on, anyOf(keys...))
	}
	if !a.bytes {
		on = append(on, without("byte"))
	}
	if a.version {
		on = append(on, only("phase", obj{"not": oneOf(Accepted, PreambleRead)}))
	}
	if a.answers {
		ids := given("inbound", oneOf(withIDs()...))
		on = append(on, given("answerTo", ids))
		what["properties"] = obj{"with": ids}
	}
	properties := obj{"what": what}
	if len(on) > 0 {
		properties["when"] = obj{"allOf": on}
	}
	out := obj{"properties": properties}
	if a.onGateway != nil {
		out["if"] = given("when", need("at"))
		out["then"] = only("where", obj{"maxProperties": 0})
	}
	if a.beside != nil {
		out["if"] = given("what", anyOf(a.beside...))
		out["then"] = only("when", anyOf("outbound", "answerTo"))
	}
	return out
}

// messages lists the names of one side's messages, sorted.
func messages(d wire.Direction) (names []string) {
	for id := range 1 << 12 {
		if k := wire.KindOf(d, id); k.Known() {
			names = append(names, k.String())
		}
	}
	return slices.Sorted(slices.Values(names))
}

// selected ties the fields of a message to its name, wherever messages are selected.
func (m maker) selected() obj {
	all := []any{
		obj{"properties": obj{"of": obj{"additionalProperties": obj{
			"type": []string{"string", "number", "boolean", "null"},
		}}}},
		when(obj{"anyOf": []any{given("inbound", obj{"const": Any}), given("outbound", obj{"const": Any})}},
			obj{"not": need("of")}),
	}
	for key, d := range map[string]wire.Direction{"inbound": wire.FromClient, "outbound": wire.FromServer} {
		for _, name := range messages(d) {
			all = append(all, when(given(key, obj{"const": name}), only("of", ref("fields."+name))))
		}
	}
	slices.SortStableFunc(all[2:], func(a, b any) int {
		return strings.Compare(nameIn(a), nameIn(b))
	})
	return obj{"allOf": all}
}

func nameIn(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// values defines the fields of every message, and what may be said of each type of field.
func (m maker) values(defs obj) {
	types := map[protoreflect.Kind]obj{
		protoreflect.StringKind: {"type": []string{"string", "number", "null"}},
		protoreflect.BoolKind:   {"type": []string{"boolean", "null"}},
		protoreflect.Int32Kind:  {"type": []string{"integer", "null"}, "minimum": -1 << 31, "maximum": 1<<31 - 1},
		protoreflect.Int64Kind:  {"type": []string{"integer", "null"}},
		protoreflect.DoubleKind: {"type": []string{"number", "null"}},
	}
	for kind, scalar := range types {
		add := obj{"type": "number", "minimum": -maxExact, "maximum": maxExact}
		if kind == protoreflect.Int32Kind || kind == protoreflect.Int64Kind {
			add["type"] = "integer"
		}
		choices := []any{scalar}
		if kind != protoreflect.BoolKind {
			choices = append(choices, edits(editAdd, add))
		}
		if kind == protoreflect.StringKind {
			choices = append(choices, edits(editRevision, whole(1, maxRevision)))
		}
		defs[kind.String()] = obj{"anyOf": choices}
	}
	for _, d := range []wire.Direction{wire.FromClient, wire.FromServer} {
		for _, name := range messages(d) {
			kind, _ := wire.ParseKind(name)
			desc := wire.NewBody(kind).ProtoReflect().Descriptor()
			properties := obj{}
			for _, path := range fieldPaths(desc) {
				f, err := fieldAt(desc, path)
				if err != nil || types[f.leaf().Kind()] == nil {
					panic(name + "." + path)
				}
				properties[path] = ref(f.leaf().Kind().String())
			}
			defs["fields."+name] = obj{"additionalProperties": false, "properties": properties}
			if d == wire.FromServer {
				paths := slices.Sorted(maps.Keys(properties))
				defs["paths."+name] = obj{"enum": append([]string{}, paths...)}
			}
		}
	}
}

func edits(name string, by obj) obj {
	return obj{
		"type": "object", "additionalProperties": false, "required": []string{name},
		"properties": obj{name: by},
	}
}
