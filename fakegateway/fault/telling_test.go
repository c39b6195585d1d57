package fault

import (
	"strings"
	"testing"
)

func TestTellingSaysWhereAndWhatIsAllowed(t *testing.T) {
	for text, want := range map[string][]string{
		"when: {outbound: orderStatus, of: {oderId: 7}}\n    what: {do: drop}": {
			"f.yaml:2:48", `no single value "oderId" in orderStatus`, "orderId, status",
		},
		"when: {outbound: orderStatus, of: {orderId: x}}\n    what: {do: drop}": {
			"f.yaml:2:", "want a whole number",
		},
		"when: {outbound: any, of: {orderId: 7}}\n    what: {do: drop}": {
			"f.yaml:2:", "needs the name of one message",
		},
		"when: {at: 1s, of: {orderId: 7}}\n    what: {do: rst}": {"needs inbound or outbound"},
		"when: {outbound: any, answerTo: {inbound: any}}\n    what: {do: drop}": {
			"when.answerTo.inbound", "name of a request",
		},
		"when: {outbound: orderStatus, delay: 1s}\n    what: {do: withhold}": {
			"f.yaml:2:", "acts at once",
		},
		"when: {outbound: orderStatus}\n    what: {do: withhold, release: {phase: accepted}}": {
			"f.yaml:3:", "want one of start-api-read, bootstrap-sent, first-requested",
		},
		"when: {outbound: orderStatus}\n    what: {do: withhold, release: {fase: x}}": {
			"f.yaml:3:", "want phase, inbound, outbound, nth, of, at, delay",
		},
		"when: {outbound: orderStatus}\n    what: {do: replace, set: {status: {ad: 1}}}": {
			"exactly one of add and revision",
		},
		"when: {outbound: orderStatus}\n    what: {do: corrupt, field: stat}": {"what.field", "status"},
		"when: {outbound: orderStatus}\n    what: {do: swap, with: {inbound: reqPositions}}": {
			"swap needs answerTo", "reqPositions carries no id",
		},
		"use: nothing":                           {"f.yaml:2:5", `"nothing" is no block`, "ack-withheld"},
		"use: ack-withheld":                      {"f.yaml:2:5", "needs a value for order"},
		"use: ack-withheld\n    with: {ordr: 1}": {`"ordr" is no parameter`, "order, until"},
		"use: ack-withheld\n    with: {order: x}": {
			"f.yaml:2:", "block ack-withheld", "when.of.'orderId'",
		},
	} {
		_, err := Parse("f.yaml", []byte("faults:\n  - "+text+"\n"))
		if err == nil {
			t.Errorf("%s: no error", text)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s\n%v\ndoes not say %q", text, err, w)
			}
		}
	}
}

func TestTellingReadsAsSentences(t *testing.T) {
	for text, want := range map[string]string{
		"{when: {outbound: orderStatus, of: {orderId: 7}}, what: {do: withhold, release: {inbound: cancelOrder}}}":                                 "Before every orderStatus of orderId 7 is written, withhold it until the next cancelOrder has been read.",
		"{when: {answerTo: {inbound: reqHistoricalData, nth: 1}}, what: {do: swap, with: {inbound: reqHistoricalData, nth: 2}}}":                   "Before every message is written in answer to the 1st reqHistoricalData, exchange the answers with those to the 2nd reqHistoricalData.",
		"{when: {outbound: execDetails, nth: 1}, what: {do: duplicate, set: {execution.execId: {revision: 2}}, release: {phase: bootstrap-sent}}}": "Before the 1st execDetails is written, write it, and once more with execution.execId of revision 2, withheld until the bootstrap of the client's next session is out.",
	} {
		s, err := Parse("f.yaml", []byte("faults: ["+text+"]"))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Faults[0].String(); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

func TestBlocksThatUseThemselvesEnd(t *testing.T) {
	_, err := Parse("f.yaml", []byte("blocks: {a: {faults: [{use: b}]}, b: {faults: [{use: a}]}}\nfaults: [{use: a}]\n"))
	if err == nil || !strings.Contains(err.Error(), "blocks use each other: a -> b -> a") {
		t.Errorf("error %v", err)
	}
}

func TestAnswersByKindAreMessages(t *testing.T) {
	for request, answers := range answersByKind {
		for _, name := range append(answers, request) {
			if named(name).Body == nil {
				t.Errorf("%s is no message", name)
			}
		}
	}
}
