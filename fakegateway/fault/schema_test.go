package fault

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"ibsoak/internal/wire"
)

// compiled is the schema ready for use; compiling it is what costs.
var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(Schema())))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schedule.schema.json", document); err != nil {
		return nil, err
	}
	return c.Compile("schedule.schema.json")
})

// agree wants the schema and Parse to take, or to refuse, the same text.
func agree(t interface {
	Fatalf(format string, args ...any)
	Fatal(args ...any)
}, text string,
) (taken bool) {
	s, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(asJSON)))
	if err != nil {
		t.Fatal(err)
	}
	bySchema := s.Validate(document)
	_, byGo := Parse("s.yaml", []byte(text))
	if (bySchema == nil) != (byGo == nil) {
		t.Fatalf("%s\nthe schema says: %v\nParse says:      %v", text, bySchema, byGo)
	}
	return byGo == nil
}

func TestSchemaAgreesWithParse(t *testing.T) {
	for _, text := range []string{
		everyKind, string(libraryText), "faults: []", "hook: a.star", "fault: []",
		"faults: [{use: ack-withheld, with: {order: 1}}]", "faults: [{use: 5}]",
		"faults: [{use: ack-withheld, with: {order: 1}, when: {at: 1s}}]",
	} {
		agree(t, text)
	}
	for _, when := range []string{
		"{}", "{phase: accepted}", "{phase: lunch}", "{inbound: any}", "{inbound: openOrder}",
		"{outbound: openOrder, nth: 2}", "{outbound: openOrder, nth: -2}", "{at: 1s, nth: 2}",
		"{outbound: openOrder, byte: 3}", "{inbound: placeOrder, byte: 3}", "{at: soon}",
		"{at: 1s, delay: 1s}", "{at: 1s, delay: -1s}", "{bytesOut: 0}", "{bytesOut: -1}",
		"{phase: accepted, at: 1s}", "{outbound: orderStatus, of: {orderId: 7, status: Filled}}",
		"{outbound: orderStatus, of: {orderId: seven}}", "{outbound: orderStatus, of: {id: 7}}",
		"{outbound: orderStatus, of: {orderId: {add: 1}}}", "{outbound: any, of: {orderId: 7}}",
		"{outbound: execDetails, of: {execution.orderId: 7, contract.symbol: A}}",
		"{outbound: execDetails, of: {execution: 7}}", "{at: 1s, of: {orderId: 7}}",
		"{answerTo: {inbound: reqPositions}}", "{answerTo: {inbound: any}}",
		"{answerTo: {nth: 1}}", "{inbound: any, answerTo: {inbound: reqPositions}}",
		"{outbound: errMsg, answerTo: {inbound: placeOrder, of: {orderId: 3}}}",
		"{answerTo: {inbound: placeOrder, of: {order: 3}}}",
		"{answerTo: {inbound: reqPositions}, of: {position: '1'}}",
		"{outbound: any, after: {outbound: errMsg, of: {errorCode: 1100}}}",
		"{outbound: any, after: {delay: 1s}}", "{outbound: any, after: {at: 1s, delay: 1s}}",
		"{at: 1s, after: {at: 1s}}", "{outbound: any, after: {phase: accepted}}",
		"{outbound: any, after: {phase: bootstrap-sent}}", "{outbound: any, after: {}}",
		"{outbound: any, after: {at: 1s, nth: 1}}", "{fase: accepted}", "{phase: 1}",
		"{outbound: any, nth: 0}", "{at: 0s}", "{at: 1s, delay: 0s}", "{outbound: openOrder, byte: 0}",
		"{answerTo: {inbound: reqPositions, nth: 0}}", "{outbound: any, after: {at: 1s, nth: 0}}",
		"{outbound: any, inbound: ''}", "{at: 1s, phase: null}", "{outbound: orderStatus, of: {orderId: 0}}",
	} {
		agree(t, "faults: [{when: "+when+", what: {do: drop}}]")
		agree(t, "faults: [{when: "+when+", what: {do: fin}}]")
		agree(t, "faults: [{when: "+when+", where: {connection: 1}, what: {do: refuse}}]")
	}
	for _, what := range []string{
		"{}", "{do: explode}", "{do: replace}", "{do: replace, set: {status: Filled}}",
		"{do: replace, set: {filled: {add: -3}, orderId: null}}",
		"{do: replace, set: {orderId: {add: 1.5}}}", "{do: replace, set: {status: {revision: 2}}}",
		"{do: replace, set: {orderId: {revision: 2}}}", "{do: replace, set: {status: {revision: 0}}}",
		"{do: replace, set: {status: {add: 1, revision: 2}}}", "{do: replace, set: {avgFillPrice: x}}",
		"{do: replace, set: {status: true}}", "{do: replace, set: {orderId: 3000000000}}",
		"{do: corrupt, field: status}", "{do: corrupt, field: state}", "{do: corrupt}",
		"{do: withhold}", "{do: withhold, release: {delay: 1s}}", "{do: withhold, release: {}}",
		"{do: withhold, release: {inbound: cancelOrder, of: {orderId: 1}, delay: 1s}}",
		"{do: withhold, release: {phase: accepted}}", "{do: withhold, release: {phase: bootstrap-sent}}",
		"{do: withhold, release: {phase: bootstrap-sent, nth: 2}}", "{do: withhold, for: 1s}",
		"{do: duplicate}", "{do: duplicate, times: 1}", "{do: duplicate, release: {at: 1s}}",
		"{do: corrupt, field: status, hex: c4e3}", "{do: corrupt, field: status, hex: 'c400'}",
		"{do: corrupt, field: status, hex: c4e}", "{do: corrupt, field: status, unset: true}",
		"{do: corrupt, field: status, unset: true, hex: ff}", "{do: notice}", "{do: notice, code: 399}",
		"{do: notice, code: 399, id: -1, place: after, message: x}", "{do: notice, code: 1, place: in}",
		"{do: notice, code: 399, id: 3000000000}", "{do: notice, code: 399, field: status}",
		"{do: swap, with: {inbound: reqHistoricalData}}", "{do: error, code: 1}", "{do: error}",
		"{do: cut, then: mute}", "{do: cut, then: rst}", "{do: delay, for: 1s}", "{do: delay}",
		"{do: operate, operation: farm-ok, farm: usfarm}", "{do: operate, operation: farm-ok}",
		"{do: operate, operation: approve-2fa, farm: usfarm}", "{do: restart, then: hold}",
		"{do: operate, operation: transfer, trade: {symbol: AAPL, quantity: 3, price: '260'}}",
		"{do: operate, operation: transfer, trade: {symbol: AAPL}}", "{do: operate, operation: transfer}",
		"{do: operate, operation: fill-by-hand, trade: {conId: 265598, quantity: -3, price: '260.5'}}",
		"{do: operate, operation: fill-by-hand, trade: {quantity: 3}}",
		"{do: operate, operation: port-reset, trade: {symbol: AAPL, quantity: 3}}",
		"{do: operate, operation: log-in, accounts: [DU2]}", "{do: operate, operation: log-in}",
		"{do: operate, operation: port-reset, accounts: [DU2]}",
		"{do: restart, then: rst, downtime: {refused: 1s, approval: true}}", "{do: garbage, bytes: 0x}",
		"{do: restart, downtime: {refused: -1s}}", "{do: bad-length, length: 4294967296}",
		"{do: drop, accounts: []}", "{do: operate, operation: log-in, accounts: []}", "{do: drop, set: {}}",
		"{do: rewrite, set: {}}", "{do: duplicate, times: 0}", "{do: drop, times: 0}", "{do: mute, for: 0s}",
		"{do: corrupt, field: status, hex: ''}", "{do: corrupt, field: status, unset: false}",
		"{do: notice, code: 0}", "{do: drop, code: 0}", "{do: notice, code: 399, message: ''}",
		"{do: bad-length, length: 0}", "{do: garbage, bytes: 0}", "{do: cut, then: ''}",
		"{do: notice, code: 399, id: 0}", "{do: restart, downtime: {refused: 0s, approval: false}}",
		"{do: operate, operation: ''}", "{do: withhold, release: {delay: 0s}}",
		"{do: operate, operation: fill-by-hand, trade: {conId: 0, symbol: A, price: 0, quantity: 1}}",
	} {
		for _, when := range []string{
			"{outbound: orderStatus}", "{outbound: any}", "{inbound: placeOrder}", "{at: 1s}",
			"{outbound: orderStatus, delay: 1s}", "{outbound: orderStatus, byte: 4}",
			"{answerTo: {inbound: reqHistoricalData}}", "{answerTo: {inbound: reqPositions}}",
			"{phase: preamble-read}",
		} {
			agree(t, "faults: [{when: "+when+", what: "+what+"}]")
		}
	}
}

// oneValue draws a value of a field: mostly one that could be right.
func oneValue(t *rapid.T, label string) any {
	return rapid.SampledFrom([]any{
		1, -7, 2.5, "", "Filled", "100", true, nil, 1 << 40, -1e300,
		obj{"add": 1},
		obj{"add": 0.5},
		obj{"revision": 2},
		obj{"revision": 100},
		obj{},
		[]int{1},
	}).Draw(t, label)
}

// drawn makes a mapping of keys, each there or not.
func drawn(t *rapid.T, label string, some map[string]func() any) obj {
	o := obj{}
	for _, key := range slices.Sorted(maps.Keys(some)) {
		if rapid.IntRange(0, 9).Draw(t, label+"."+key) == 9 {
			o[key] = some[key]()
		}
	}
	return o
}

func from[V any](t *rapid.T, label string, v ...V) func() any {
	return func() any { return rapid.SampledFrom(v).Draw(t, label) }
}

func drawnValues(t *rapid.T, label, message string) func() any {
	return func() any {
		paths := []string{"orderId", "status", "none", "contract.symbol", "contract"}
		if kind, ok := wire.ParseKind(message); ok {
			paths = append(paths, fieldPaths(wire.NewBody(kind).ProtoReflect().Descriptor())...)
		}
		o := obj{}
		for i := range rapid.IntRange(1, 2).Draw(t, label) {
			path := rapid.SampledFrom(paths).Draw(t, fmt.Sprintf("%s path %d", label, i))
			o[path] = oneValue(t, fmt.Sprintf("%s value %d", label, i))
		}
		return o
	}
}

func drawnMessage(t *rapid.T, label string, d wire.Direction) string {
	return rapid.SampledFrom(append(messages(d), Any, "placeOrder", "openOrder", "coffee")).Draw(t, label)
}

func drawnMoment(t *rapid.T, label string) func() any {
	return func() any {
		in, out := drawnMessage(t, label+" in", wire.FromClient), drawnMessage(t, label+" out", wire.FromServer)
		choice := rapid.SampledFrom([]obj{
			{"inbound": in},
			{"outbound": out},
			{"phase": "bootstrap-sent"},
			{"phase": "accepted"},
			{"at": "2s"},
			{},
			{"inbound": in, "at": "1s"},
		}).Draw(t, label)
		name, _ := choice["outbound"].(string)
		if name == "" {
			name, _ = choice["inbound"].(string)
		}
		o := maps.Clone(choice)
		maps.Copy(o, drawn(t, label, map[string]func() any{
			"nth": from(t, label+" nth", 1, 2, -1), "of": drawnValues(t, label+" of", name),
			"delay": from(t, label+" delay", "1s", "-1s", "soon"),
		}))
		return o
	}
}

func drawnRequest(t *rapid.T, label string) func() any {
	return func() any {
		name := drawnMessage(t, label, wire.FromClient)
		o := drawn(t, label, map[string]func() any{
			"nth": from(t, label+" nth", 1, 2, -1), "of": drawnValues(t, label+" of", name),
		})
		o["inbound"] = name
		return o
	}
}

// drawnFault is a fault that is nearly right.
func drawnFault(t *rapid.T) obj {
	in, out := drawnMessage(t, "in", wire.FromClient), drawnMessage(t, "out", wire.FromServer)
	when := maps.Clone(rapid.SampledFrom([]obj{
		{"outbound": out},
		{"inbound": in},
		{"outbound": out},
		{"phase": "version-sent"},
		{"phase": "preamble-read"},
		{"bytesOut": 0},
		{"at": "1s"},
		{},
		{"at": "1s", "inbound": in},
	}).Draw(t, "trigger"))
	name, _ := when["outbound"].(string)
	if name == "" {
		name, _ = when["inbound"].(string)
	}
	maps.Copy(when, drawn(t, "when", map[string]func() any{
		"nth": from(t, "nth", 0, 1, 5, -1), "byte": from(t, "byte", 1, -1), "of": drawnValues(t, "of", name),
		"answerTo": drawnRequest(t, "answerTo"), "after": drawnMoment(t, "after"),
		"delay": from(t, "delay", "1s", "1.5h3ms"), "fase": from(t, "fase", 1),
	}))
	do := rapid.SampledFrom(append(Actions(), "explode")).Draw(t, "do")
	all := map[string]func() any{
		"for": from(t, "for", "1s", "-1s", "0s", "x"), "every": from(t, "every", "1ms"),
		"times": from(t, "times", 0, 1, 2, 10_001), "bytes": from(t, "bytes", 0, 1, -1),
		"length": from(t, "length", int64(5), -5, 1<<40), "code": from(t, "code", 0, 1, 1100),
		"message": from(t, "message", "x", ""), "then": from(t, "then", "fin", "rst", "hold", "mute"),
		"release": drawnMoment(t, "release"), "set": drawnValues(t, "set", name),
		"frames": from(t, "frames", 1, 2, 1001), "hex": from(t, "hex", "c4e3", "00", "c"), "unset": from(t, "unset", true, false),
		"id": from(t, "id", -1, 7, int64(1)<<40), "place": from(t, "place", "before", "after", "in"),
		"field": from(t, "field", "orderId", "none"), "with": drawnRequest(t, "with"),
		"operation": from(t, "operation", "farm-ok", "port-reset", "x"), "farm": from(t, "farm", "usfarm"),
		"trade":    from(t, "trade", obj{"symbol": "AAPL", "quantity": 3}, obj{"quantity": 0}, obj{"conId": 1}),
		"accounts": from(t, "accounts", []any{"DU2"}, []any{}),
		"downtime": from(t, "downtime", obj{"refused": "1s"}, obj{"refused": "-1s"}, obj{"x": 1}),
	}
	likely := map[string]func() any{}
	for _, p := range do.action().params { // else nearly every fault were wrong by a parameter
		likely[p] = all[p]
	}
	if rapid.IntRange(0, 9).Draw(t, "stray") == 0 {
		likely = all
	}
	what := drawn(t, "what", likely)
	for _, p := range do.action().required {
		what[p] = all[p]()
	}
	what["do"] = string(do)
	f := drawn(t, "fault", map[string]func() any{
		"where": from(t, "where", obj{"connection": 1}, obj{"fromConnection": 2, "clientId": 0},
			obj{"connection": 1, "fromConnection": 2}, obj{"connection": -1}, obj{}),
		"until": from(t, "until", obj{"count": 1}, obj{"count": -1}, obj{"count": 0}, obj{"elapsed": "1h"}),
		"why":   from(t, "why", "so"),
	})
	f["when"], f["what"] = when, what
	return f
}

func TestSchemaAgreesWithParseOnWhateverIsDrawn(t *testing.T) {
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(obj{"faults": []obj{drawnFault(t)}})
		if err != nil {
			t.Fatal(err)
		}
		if agree(t, string(text)) {
			taken++
		}
	})
	if taken < 10 {
		t.Errorf("only %d drawn schedules were right: the draw does not test taking", taken)
	}
}

func TestSchemaKnowsEveryFieldAndAction(t *testing.T) {
	var s struct {
		Defs map[string]struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	for def, v := range map[string]any{
		"fault": Fault{}, "where": Where{}, "when": When{}, "what": What{}, "until": Until{},
		"release": Moment{}, "after": Moment{}, "request": Request{}, "downtime": Downtime{}, "trade": Trade{},
		"use": useDoc{}, "block": blockDoc{},
	} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if key != "" && key != "-" && s.Defs[def].Properties[key] == nil {
				t.Errorf("%s has no %s", def, key)
			}
		}
	}
	for _, a := range Actions() {
		if !strings.Contains(string(s.Defs["what"].Properties["do"]), fmt.Sprintf("%q", a)) {
			t.Errorf("do has no %s", a)
		}
	}
}
