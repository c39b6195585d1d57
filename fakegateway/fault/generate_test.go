package fault

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

const storm = `
blocks:
  blackout:
    with: {from: null}
    faults:
      - when: {at: $from}
        what: {do: error, code: 1100}
generate:
  - chance: 0.5
    times: 40
    fault:
      use: ack-withheld
      with: {order: {between: [1, 9]}}
      where: {connection: {between: [1, 3]}}
  - fault: {use: blackout, with: {from: {between: [1s, 2m]}}}
  - times: 3
    fault:
      id: odd
      when: {outbound: {oneOf: [openOrder, orderStatus]}, nth: {between: [1, 100]}}
      what: {do: delay, for: {oneOf: [10ms, 1s]}}
`

func TestGenerateIsConcreteAndReplayable(t *testing.T) {
	a, err := Generate("storm.yaml", []byte(storm), 7)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Generate("storm.yaml", []byte(storm), 7)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed made two schedules")
	}
	withheld := 0
	for _, f := range a.Faults {
		if f.What.Do == Withhold {
			withheld++
		}
	}
	if withheld < 2*8 || withheld > 2*32 || len(a.Faults) != withheld+4 {
		t.Errorf("%d faults, %d of them of 40 tries at one half, two each", len(a.Faults), withheld)
	}
	text, err := a.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("again.yaml", text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if !reflect.DeepEqual(a, again) {
		t.Errorf("printed and parsed:\n%+v\nwant\n%+v", again, a)
	}
	if other, _ := Generate("storm.yaml", []byte(storm), 8); reflect.DeepEqual(a, other) {
		t.Error("two seeds made the same schedule")
	}
	if !bytes.Contains(text, []byte("# At ")) {
		t.Errorf("no sentences in\n%s", text)
	}
}

func TestGenerateRefuses(t *testing.T) {
	fault := "{when: {at: 1s}, what: {do: refuse}}"
	for text, want := range map[string]string{
		"generate: [{chance: 2, fault: " + fault + "}]": "f.yaml:1:31: chance 2: want 0..1",
		"generate: [{times: -1, fault: " + fault + "}]": "times -1",
		"generate: [{chanse: 1}]":                       `unknown key "chanse"`,
		"generate: [{times: 2}]":                        "want a fault",
		"faults: []":                                    `unknown key "faults"`,
		"generate: [{fault: {when: {at: {between: [1, x]}}, what: {do: refuse}}}]":    "f.yaml:1:33: between: want",
		"generate: [{fault: {when: {at: {oneOf: []}}, what: {do: refuse}}}]":          "f.yaml:1:33: want between",
		"generate: [{fault: {when: {at: 1s}, what: {do: fin, times: {oneOf: [4]}}}}]": "fin does not use it",
	} {
		if _, err := Generate("f.yaml", []byte(text), 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
	}
}
