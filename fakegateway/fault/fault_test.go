package fault

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ibsoak/internal/wire"
)

const everyKind = `
faults:
  - id: cut
    why: the order may have been taken
    where: {connection: 1, clientId: 3}
    when: {outbound: openOrder, nth: 2, byte: 7}
    what: {do: cut, then: rst}
  - when: {phase: bootstrap-sent, delay: 1.1s}
    what: {do: rst}
    until: {count: 1}
  - when: {bytesOut: 0}
    what: {do: fin}
  - when: {at: 23h45m}
    what:
      do: restart
      then: rst
      downtime: {refused: 1m, acceptMute: 30s, versionOnly: 5s}
  - where: {fromConnection: 2}
    when: {inbound: any}
    what: {do: error, code: 321}
    until: {elapsed: 1h}
`

func TestParse(t *testing.T) {
	s, err := Parse("sick.yaml", []byte(everyKind))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"After byte 7 of the 2nd openOrder on connection 1 of client id 3, write no more of the " +
			"message, then RST. (the order may have been taken)",
		"When the bootstrap is out and 1.1s have passed, reset the connection (RST), once in all.",
		"Before the first byte goes out, close the connection with FIN.",
		"At 23h45m0s after the Gateway's start, restart the Gateway: end all sessions with RST, " +
			"keep the port closed for 1m0s, accept and answer nothing for 30s, answer with the " +
			"version only for 5s.",
		"When every message has been read on connection 2 and later, send error 321 (Error " +
			"validating request.-'bF' : cause - ), until 1h0m0s after the start.",
	}
	if len(s.Faults) != len(want) {
		t.Fatalf("%d faults, want %d", len(s.Faults), len(want))
	}
	for i, f := range s.Faults {
		if got := f.String(); got != want[i] {
			t.Errorf("fault %d\n got %s\nwant %s", i+1, got, want[i])
		}
	}
}

func TestParseTakesItsOwnJSON(t *testing.T) {
	s, err := Parse("sick.yaml", []byte(everyKind))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("sick.json", text)
	if err != nil {
		t.Fatal(err)
	}
	if text2, _ := json.Marshal(again); string(text2) != string(text) {
		t.Errorf("got\n%s\nwant\n%s", text2, text)
	}
}

func TestParseOfAnEmptyFile(t *testing.T) {
	if s, err := Parse("empty.yaml", nil); err != nil || len(s.Faults) != 0 {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestParseSaysWhereAndWhatIsAllowed(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{
			"unknown key at the top", "fault:\n  - {}\n",
			[]string{"f.yaml:1:1: ", `"fault"`, "want hook, blocks, faults"},
		},
		{
			"unknown key in when", "faults:\n  - when:\n      fase: accepted\n    what: {do: fin}\n",
			[]string{"f.yaml:3:7: ", `"fase"`, "phase, inbound, outbound"},
		},
		{
			"unknown key in a flow mapping", "faults:\n  - when: {phase: accepted}\n    what: {do: fin, befor: 1s}\n",
			[]string{"f.yaml:3:21: ", `"befor"`, "want do, for, every"},
		},
		{
			"unknown key in a block", "blocks:\n  mine:\n    fauls: []\n",
			[]string{"f.yaml:3:5: ", `"fauls"`, "faults"},
		},
		{
			"unknown key in the use of a block", "faults:\n  - use: end-withheld\n    wit: {}\n",
			[]string{"f.yaml:3:5: ", `"wit"`, "want use, "},
		},
		{
			"bad duration", "faults:\n  - when: {at: soon}\n    what: {do: refuse}\n",
			[]string{"f.yaml:2:", "soon"},
		},
		{
			"bad number", "faults:\n  - when: {inbound: any, nth: two}\n    what: {do: fin}\n",
			[]string{"f.yaml:2:", "two"},
		},
		{
			"unknown action", "faults:\n  - when: {phase: accepted}\n    what: {do: explode}\n",
			[]string{"f.yaml:3:", `"explode" is no action`, "stop-writing"},
		},
		{
			"unknown phase", "faults:\n  - when: {phase: lunch}\n    what: {do: fin}\n",
			[]string{"f.yaml:2:", `"lunch" is no phase`, "start-api-read"},
		},
		{
			"unknown message", "faults:\n  - when: {inbound: placeOder}\n    what: {do: fin}\n",
			[]string{"f.yaml:2:", `"placeOder" is no message`},
		},
		{
			"message of the other side", "faults:\n  - when: {inbound: openOrder}\n    what: {do: fin}\n",
			[]string{"f.yaml:2:", "sent by the server"},
		},
		{
			"two moments", "faults:\n  - when: {phase: accepted, at: 1s}\n    what: {do: fin}\n",
			[]string{"f.yaml:2:", "exactly one", "got 2"},
		},
		{
			"no moment", "faults:\n  - what: {do: fin}\n",
			[]string{"f.yaml:2:", "exactly one", "got 0"},
		},
		{
			"parameter without use", "faults:\n  - when: {phase: accepted}\n    what: {do: fin, times: 3}\n",
			[]string{"f.yaml:3:", "what.times", "fin does not use it"},
		},
		{
			"missing parameter", "faults:\n  - when: {outbound: any}\n    what: {do: delay}\n",
			[]string{"f.yaml:3:", "what.for", "delay needs it"},
		},
		{
			"action at the wrong moment", "faults:\n  - when: {phase: accepted}\n    what: {do: duplicate, times: 2}\n",
			[]string{"f.yaml:2:", "duplicate falls only at outbound"},
		},
		{
			"value out of range", "faults:\n  - when: {outbound: any}\n    what: {do: duplicate, times: 1}\n",
			[]string{"f.yaml:3:", "1: want 2..10000"},
		},
		{
			"negative byte", "faults:\n  - when: {outbound: any, byte: -1}\n    what: {do: cut}\n",
			[]string{"f.yaml:2:", "below 0"},
		},
		{
			"bad then", "faults:\n  - when: {outbound: any}\n    what: {do: cut, then: mute}\n",
			[]string{"f.yaml:3:", `"mute": want one of fin, rst, hold`},
		},
		{
			"same id twice", "faults:\n  - {id: a, when: {at: 1s}, what: {do: refuse}}\n" +
				"  - {id: a, when: {at: 2s}, what: {do: refuse}}\n",
			[]string{"f.yaml:3:", "id of fault 1 already"},
		},
		{
			"error without a version", "faults:\n  - when: {phase: accepted}\n    what: {do: error, code: 1100}\n",
			[]string{"f.yaml:2:", "error needs a version"},
		},
		{"no YAML", "faults: [", []string{"f.yaml:1:"}},
		{"two documents", "faults: []\n---\nfaults: []\n", []string{"one YAML document"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(c.text))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestValidateNamesEveryProblem(t *testing.T) {
	err := Schedule{Faults: []Fault{
		{What: What{Do: "explode"}},
		{When: When{Phase: Accepted, Nth: 2}, What: What{Do: FIN, Code: 1}},
	}}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"fault 1: what.do", "fault 2: when.nth", "fault 2: what.code"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

func TestEveryActionIsInTheTables(t *testing.T) {
	for _, a := range Actions() {
		s := Fault{When: When{Phase: Accepted}, What: What{Do: a}}.String()
		if strings.Contains(s, ", .") || strings.HasSuffix(s, ", ") {
			t.Errorf("action %s has no sentence: %s", a, s)
		}
	}
}

// planned makes a plan whose clock the test sets.
func planned(faults ...Fault) (*Plan, *time.Duration) {
	now := new(time.Duration)
	return NewPlan(Schedule{Faults: faults}, Schedule{}, func() time.Duration { return *now }), now
}

// named is a message without content.
func named(name string) wire.Message {
	kind, _ := wire.ParseKind(name)
	return wire.Message{Kind: kind, Body: wire.NewBody(kind)}
}

// idOf is a hit's fault, "" for none.
func idOf(hit *Hit) string {
	if hit == nil {
		return ""
	}
	return hit.ID
}

func TestNthCountsOnEachConnection(t *testing.T) {
	p, _ := planned(
		Fault{When: When{Inbound: "placeOrder", Nth: 2}, What: What{Do: Drop}},
		Fault{When: When{Inbound: Any, Nth: 4}, What: What{Do: FIN}},
	)
	for connection := 1; connection <= 2; connection++ {
		track := p.Track(connection, connection)
		var got []string
		for _, m := range []string{"reqIds", "placeOrder", "placeOrder", "reqIds", "placeOrder"} {
			if hit := track.Inbound(named(m), nil).Hit; hit != nil {
				got = append(got, hit.ID+" "+hit.Point)
			}
		}
		want := "f1 inbound placeOrder #2; f2 inbound reqIds #2"
		if s := strings.Join(got, "; "); s != want {
			t.Errorf("connection %d: got %q, want %q", connection, s, want)
		}
	}
}

func TestFirstFaultWins(t *testing.T) {
	p, _ := planned(
		Fault{ID: "once", When: When{Phase: Accepted}, What: What{Do: FIN}, Until: Until{Count: 1}},
		Fault{ID: "else", When: When{Phase: Accepted}, What: What{Do: RST}},
	)
	for i, want := range []string{"once", "else", "else"} {
		if hit := p.Track(i+1, i+1).Phase(Accepted).Hit; idOf(hit) != want {
			t.Errorf("connection %d: %q, want %q", i+1, idOf(hit), want)
		}
	}
}

func TestWhere(t *testing.T) {
	five := 5
	p, _ := planned(
		Fault{ID: "second", Where: Where{Connection: 2}, When: When{Phase: Accepted}, What: What{Do: FIN}},
		Fault{ID: "later", Where: Where{FromConnection: 3}, When: When{Phase: Accepted}, What: What{Do: FIN}},
		Fault{ID: "five", Where: Where{ClientID: &five}, When: When{Phase: StartAPIRead}, What: What{Do: FIN}},
	)
	for i, want := range []string{"", "second", "later", "later"} {
		if hit := p.Track(i+1, i+1).Phase(Accepted).Hit; idOf(hit) != want {
			t.Errorf("connection %d: %q, want %q", i+1, idOf(hit), want)
		}
	}
	if hit := p.Track(9, 0).Phase(Accepted).Hit; hit != nil {
		t.Errorf("a planted connection met %s", hit.ID)
	}
	track := p.Track(1, 1)
	if hit := track.Phase(StartAPIRead).Hit; hit != nil {
		t.Errorf("%s before the id is known", hit.ID)
	}
	track.ClientID(5)
	if hit := track.Phase(StartAPIRead).Hit; idOf(hit) != "five" {
		t.Errorf("got %q, want five", idOf(hit))
	}
}

func TestBytesOut(t *testing.T) {
	at := func(n int64) When { return When{BytesOut: &n} }
	p, _ := planned(
		Fault{ID: "late", When: at(30), What: What{Do: FIN}},
		Fault{ID: "zero", When: at(0), What: What{Do: StopWriting}},
	)
	track := p.Track(1, 1)
	if n, ok := track.NextCut(0); !ok || n != 0 {
		t.Errorf("next cut %d, %v, want 0", n, ok)
	}
	if hit := track.AtByte(0); idOf(hit) != "zero" {
		t.Errorf("at byte 0: %q", idOf(hit))
	}
	if n, ok := track.NextCut(0); !ok || n != 30 {
		t.Errorf("next cut %d, %v, want 30: each falls once", n, ok)
	}
	if track.AtByte(29) != nil {
		t.Error("a hit at byte 29")
	}
	if n, ok := track.NextCut(31); ok {
		t.Errorf("next cut %d behind the last", n)
	}
}

func TestAtFallsOnceOnAllThatAreSelected(t *testing.T) {
	at, where := Duration(time.Minute), Where{FromConnection: 2}
	p, now := planned(
		Fault{ID: "rst", Where: where, When: When{At: &at}, What: What{Do: RST}},
		Fault{ID: "down", When: When{At: &at}, What: What{Do: Refuse}},
	)
	live := []*Track{p.Track(1, 1), p.Track(2, 2), p.Track(3, 3)}
	if hits, _ := p.Due(live); len(hits) != 0 {
		t.Errorf("hits before their time: %v", hits)
	}
	if d, ok := p.NextAt(); !ok || d != time.Minute {
		t.Errorf("next at %s, %v", d, ok)
	}
	*now = time.Minute
	var got []string
	hits, _ := p.Due(live)
	for _, h := range hits {
		got = append(got, h.ID, string(rune('0'+h.Connection)))
	}
	if s := strings.Join(got, " "); s != "rst 2 rst 3 down 0" {
		t.Errorf("got %q", s)
	}
	if hits, _ := p.Due(live); len(hits) != 0 {
		t.Errorf("hits twice: %v", hits)
	}
	if _, ok := p.NextAt(); ok {
		t.Error("something is still to come")
	}
}

func TestUntilElapsed(t *testing.T) {
	p, now := planned(Fault{
		When: When{Inbound: Any}, What: What{Do: Drop}, Until: Until{Elapsed: Duration(time.Hour)},
	})
	track := p.Track(1, 1)
	if track.Inbound(named("reqIds"), nil).Hit == nil {
		t.Error("no hit in time")
	}
	*now = 2 * time.Hour
	if track.Inbound(named("reqIds"), nil).Hit != nil {
		t.Error("a hit when it is over")
	}
}

func TestAddAndRemove(t *testing.T) {
	p, _ := planned(Fault{ID: "injected1", When: When{Phase: Accepted}, What: What{Do: FIN}})
	f := Fault{When: When{Phase: Accepted}, What: What{Do: RST}}
	id, err := p.Add(f)
	if err != nil || id != "injected2" {
		t.Errorf("id %q, %v, want injected2: the first is taken", id, err)
	}
	f.ID = "injected1"
	if _, err := p.Add(f); err == nil {
		t.Error("the same id twice: no error")
	}
	if err := p.Remove("injected1"); err != nil {
		t.Error(err)
	}
	if hit := p.Track(1, 1).Phase(Accepted).Hit; idOf(hit) != "injected2" {
		t.Errorf("got %q, want what is left", idOf(hit))
	}
	if err := p.Remove("injected1"); err == nil {
		t.Error("removed twice: no error")
	}
	if left := p.Faults(); len(left) != 1 || left[0].ID != "injected2" {
		t.Errorf("in force: %v", left)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(everyKind))
	f.Add([]byte("faults: [{when: {at: 1s}, what: {do: refuse}}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("fuzz", data)
		if err != nil {
			return
		}
		for _, fault := range s.Faults {
			if fault.String() == "" {
				t.Errorf("no sentence for %+v", fault)
			}
		}
	})
}

func TestNoFractionIsCut(t *testing.T) {
	const fault = "{id: a, when: {inbound: HANDSHAKE, nth: 1.9}, what: {do: close}}"
	if _, err := Parse("s.yaml", []byte("faults: ["+fault+"]")); err == nil ||
		!strings.Contains(err.Error(), `s.yaml:1:50: nth: "1.9": want a whole number`) {
		t.Errorf("%v", err)
	}
	if _, err := Generate("g.yaml", []byte("generate: [{times: 1.9, fault: {}}]"), 1); err == nil ||
		!strings.Contains(err.Error(), `g.yaml:1:20: times: "1.9": want a whole number`) {
		t.Errorf("%v", err)
	}
}
