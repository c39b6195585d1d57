package wire_test

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

var writeStoqey = flag.Bool("write-stoqey-frames", false,
	"write the frames that testdata/hear-stoqey.js is to decode, instead of testing")

// toldToStoqey are the answers whose decoding by @stoqey/ib is recorded.
func toldToStoqey(v wire.Version) []wire.Message {
	var messages []wire.Message
	for _, a := range allAnswers(v) {
		if v >= wire.Since(a.kind) {
			messages = append(messages, wire.Message{Kind: a.kind, Body: a.body})
		}
	}
	return append(messages,
		wire.Message{Kind: wire.ContractData, Body: lookedUp(v, "STK")},
		wire.Message{Kind: wire.OpenOrder, Body: openOrder(v)},
		wire.Message{Kind: wire.OpenOrder, Body: plainOpenOrder(v)},
		wire.Message{Kind: wire.CompletedOrder, Body: completedOrder(v)},
		wire.Message{Kind: wire.FundamentalData, Body: &wire.FundamentalsData{
			ReqId: p.i(71), Data: p.s("<Report/>"),
		}},
	)
}

// TestStoqeyHears compares with what @stoqey/ib made of the same frames. It tells when fields of a
// frame were left over or missing, and each value of ours must be among those that it emitted.
func TestStoqeyHears(t *testing.T) {
	for _, v := range []wire.Version{163, 178, 193} {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			name := filepath.Join("testdata", fmt.Sprintf("stoqey-ib-1.6.10-hears-v%d.txt", v))
			if *writeStoqey {
				writeFrames(t, name, v)
				t.Skip("wrote frames")
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(string(data)), "\n")[1:] // without its comment
			messages := toldToStoqey(v)
			if len(lines) != len(messages) {
				t.Fatalf("%d frames were recorded, %d are told: record again", len(lines), len(messages))
			}
			for i, m := range messages {
				checkHeard(t, m, v, lines[i])
			}
		})
	}
}

func writeFrames(t *testing.T, name string, v wire.Version) {
	t.Helper()
	var lines strings.Builder
	for _, m := range toldToStoqey(v) {
		frame, err := wire.Append(nil, m, v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&lines, "%s %s\n", m.Kind, base64.StdEncoding.EncodeToString(frame))
	}
	if err := os.WriteFile(name, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func checkHeard(t *testing.T, m wire.Message, v wire.Version, line string) {
	t.Helper()
	words := strings.SplitN(line, " ", 3)
	frame, err := wire.Append(nil, m, v)
	if err != nil {
		t.Fatal(err)
	}
	if len(words) != 3 || words[0] != m.Kind.String() ||
		words[1] != base64.StdEncoding.EncodeToString(frame) {
		t.Errorf("%s is not the frame that was recorded: record again", m.Kind)
		return
	}
	var events []any
	decoder := json.NewDecoder(strings.NewReader(words[2]))
	decoder.UseNumber()
	if err := decoder.Decode(&events); err != nil {
		t.Fatal(err)
	}
	misread := false
	for _, complaint := range []string{
		"No parser implementation", "unprocessed data", "Underrun error",
	} {
		misread = misread || strings.Contains(words[2], complaint)
	}
	if misread != misreadByStoqey(m.Kind, v) {
		t.Errorf("%s was heard as %s", m.Kind, words[2])
	}
	if !misread {
		eachValueHeard(t, m, v, events)
	}
	if !misread && !t.Failed() {
		witness.Saw(m.Kind.String(), int(v), witness.Stoqey)
	}
}

// misreadByStoqey are the messages that its authors left out, and completed orders below 177, in
// which it forgets a deprecated field that openOrder has too.
func misreadByStoqey(k wire.Kind, v wire.Version) bool {
	unknown := []wire.Kind{
		wire.VerifyMessageAPI, wire.VerifyCompleted, wire.VerifyAndAuthMsgAPI,
		wire.VerifyAndAuthCompleted,
	}
	return slices.Contains(unknown, k) || k == wire.CompletedOrder && v < 177
}

// unheardByStoqey are values that @stoqey/ib does not tell on.
var unheardByStoqey = map[wire.Kind][]string{
	wire.ErrorMessage:  {"-1", `{"r":1}`}, // of a notice only its code and text
	wire.TickReqParams: {"0.01"},          // read as an integer
	wire.TickPrice:     {"300", "3"},      // the size of a bid, as its tick type is 0, and the mask
	wire.TickByTick:    {"3", "4"},        // the kinds, which the events' names tell
	// "Not computed", in both spellings.
	wire.TickOptionComputation: {"-1", "-2"},
}

// eachValueHeard takes the values that the frame carries, which is what decoding it gives.
func eachValueHeard(t *testing.T, m wire.Message, v wire.Version, events []any) {
	t.Helper()
	payload, err := wire.Payload(m, v)
	if err != nil {
		t.Fatal(err)
	}
	carried, err := wire.Decode(wire.FromServer, payload, v)
	if err != nil {
		t.Fatal(err)
	}
	heard := leaves(events, nil)
	for _, said := range values(carried.Body.ProtoReflect(), nil) {
		if at := slices.Index(heard, said); at >= 0 {
			heard = slices.Delete(heard, at, at+1)
			continue
		}
		if !slices.Contains(unheardByStoqey[m.Kind], said) {
			t.Errorf("%s: %q was not heard; left are %q", m.Kind, said, heard)
		}
	}
}

// leaves are the values of decoded JSON, spelled as values spells them.
func leaves(v any, found []string) []string {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			found = leaves(item, found)
		}
	case map[string]any:
		for key, item := range v {
			if key == "conjunctionConnection" {
				item = item == "a"
			}
			found = leaves(item, found)
		}
	case json.Number:
		found = append(found, number(v.String()))
	case string:
		found = append(found, number(v))
	case bool:
		if v {
			found = append(found, "1")
		}
	}
	return found
}

// number spells a number in one way, and leaves other words alone.
func number(word string) string {
	if v, err := strconv.ParseFloat(word, 64); err == nil {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return word
}

// values are those of a body that do not say nothing.
func values(m protoreflect.Message, found []string) []string {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap():
			v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				found = append(found, number(k.String()), number(v.String()))
				return true
			})
		case f.IsList():
			for i := range v.List().Len() {
				if f.Kind() == protoreflect.MessageKind {
					found = values(v.List().Get(i).Message(), found)
				} else {
					found = append(found, number(fmt.Sprint(v.List().Get(i).Interface())))
				}
			}
		case f.Kind() == protoreflect.MessageKind:
			found = values(v.Message(), found)
		default:
			if word := number(fmt.Sprint(v.Interface())); word == "true" {
				found = append(found, "1")
			} else if word != "false" && word != "0" && word != "" {
				found = append(found, word)
			}
		}
		return true
	})
	return found
}
