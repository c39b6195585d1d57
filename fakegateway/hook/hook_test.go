package hook

import (
	"strings"
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

func status(id int32, text string) wire.Message {
	return wire.Message{Kind: wire.OrderStatus, Body: &protobuf.OrderStatus{
		OrderId: proto.Int32(id), Status: proto.String(text), AvgFillPrice: proto.Float64(1.5),
		PermId: proto.Int64(1 << 40),
	}}
}

func load(t *testing.T, source string) *Thread {
	t.Helper()
	h, err := Load("test.star", []byte(source), func(text string) { t.Log(text) })
	if err != nil {
		t.Fatal(err)
	}
	return h.Thread(3)
}

func TestAHookSeesAMessageAndRemembers(t *testing.T) {
	hook := load(t, `
def on_message(m, state):
    seen = (m.direction, m.kind, m.connection, m.client_id, m.ordinal,
            m.fields["orderId"], m.fields["avgFillPrice"], m.fields["permId"])
    want = ("outbound", "orderStatus", 3, 7, state.get("n", 0) + 1, 5, 1.5, 1 << 40)
    if seen != want:
        fail("saw", seen, "want", want)
    state["n"] = m.ordinal
    if m.fields["status"] == "Filled":
        return {"do": "withhold", "release": {"delay": "3s"}, "set": {"filled": "1"}}
`)
	if what, err := hook.OnMessage(3, 7, status(5, "Submitted")); what != nil || err != nil {
		t.Errorf("got %v, %v, want to go on", what, err)
	}
	what, err := hook.OnMessage(3, 7, status(5, "Filled"))
	if err != nil {
		t.Fatal(err)
	}
	if what.Do != fault.Withhold || what.Release.Delay.String() != "3s" || what.Set["filled"] != "1" {
		t.Errorf("got %+v", what)
	}
}

func TestLoadSaysWhatIsWrongAndWhere(t *testing.T) {
	for source, want := range map[string]string{
		"def on_message(m, state)\n":                   "test.star:2:1: got newline",
		"def on_message(m, state):\n    return stat\n": "test.star:2:12: undefined: stat",
		"x = 1\n":                                        "test.star:1:1: want a function on_message",
		"def on_message(m):\n    pass\n":                 "test.star:1:1: on_message takes 1 parameters",
		"load('os.star', 'x')\n":                         "load not implemented",
		"x = [i for i in range(1000000)]\n":              "too many steps",
		"def on_message(m, state):\n    while True: m\n": "test.star:2:5: ",
		"def on_message(m, state): return open('x')\n":   "undefined: open",
	} {
		if _, err := Load("test.star", []byte(source), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", source, err, want)
		}
	}
}

func TestARunningHookFailsWithItsBacktrace(t *testing.T) {
	for body, want := range map[string]string{
		"return m.fields['none']":                    `test.star:2:20: in on_message`,
		"m.fields['orderId'] = 1":                    "frozen",
		"[x for x in range(1000000)]":                "too many steps",
		"return on_message(m, state)":                "called recursively",
		"return 5":                                   "want None or a dict",
		"return {'do': 'explode'}":                   "no action",
		"return {'do': 'drop', 'befor': 1}":          "befor",
		"return {'do': 'replace', 'set': {'x': 1}}":  "no single value",
		"return {'do': 'swap'}":                      "needs answerTo",
		"return {1: 2}":                              "want a string",
		"return {'do': 'delay', 'for': on_message}":  "function",
		"return {'do': 'duplicate', 'times': 2**9}":  "test.star",
		"return {'do': 'duplicate', 'times': 1<<99}": "out of range",
	} {
		h, err := Load("test.star", []byte("def on_message(m, state):\n    "+body+"\n"), nil)
		if err == nil {
			thread := h.Thread(1)
			_, err = thread.OnMessage(1, -1, status(1, "Filled"))
			if _, again := thread.OnMessage(1, -1, status(1, "Filled")); again == nil {
				t.Errorf("%s: no error in a second call", body)
			}
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n%v\nwant %q", body, err, want)
		}
	}
}

func TestEveryConnectionHasAStateOfItsOwn(t *testing.T) {
	h, err := Load("test.star", []byte(`
def on_message(m, state):
    state["n"] = state.get("n", 0) + 1
    if state["n"] == 2:
        return {"do": "drop"}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	for connection := 1; connection <= 2; connection++ {
		thread := h.Thread(connection)
		for n := 1; n <= 2; n++ {
			what, err := thread.OnMessage(connection, 1, status(1, "Filled"))
			if err != nil || (what != nil) != (n == 2) {
				t.Errorf("connection %d, message %d: %v, %v", connection, n, what, err)
			}
		}
	}
}
