package recording

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"ibsoak/internal/wire"
)

// everyKind is every message that the codec knows.
func everyKind() (all []wire.Kind) {
	for _, d := range []wire.Direction{wire.FromClient, wire.FromServer} {
		for id := range 200 {
			if k := wire.KindOf(d, id); k.Known() {
				all = append(all, k)
			}
		}
	}
	return all
}

// identity is somebody whom a recording must not name: a few of everything that is private.
type identity struct {
	accounts, words, execIDs []string
	permIDs                  []int64
	amounts                  []string
}

func drawIdentity(t *rapid.T) identity {
	draw := func(what, form string, n int) []string {
		return rapid.SliceOfNDistinct(rapid.StringMatching(form), n, n, rapid.ID).Draw(t, what)
	}
	who := identity{
		accounts: draw("accounts", `(DU|U|F|DFP|DU)[1-9][0-9]{6}`, 3),
		words:    draw("words", `[a-z]{5}([A-Z ._-][a-z0-9]{4}){1,3}[a-z]`, 4),
		execIDs:  draw("executions", `[0-9a-f]{8}\.[0-9a-f]{7}[a-f]\.0[1-3]\.0[12]`, 3),
		amounts:  draw("amounts", `[1-9][0-9]{5}\.[0-9][1-9]`, 3),
	}
	for _, id := range draw("permanent ids", `1[0-9]{9}`, 3) {
		n, _ := strconv.ParseInt(id, 10, 64)
		who.permIDs = append(who.permIDs, n)
	}
	return who
}

// originals is all that must not be found anywhere.
func (w identity) originals() []string {
	all := slices.Concat(w.accounts, w.words, w.execIDs, w.amounts)
	for _, id := range w.permIDs {
		all = append(all, strconv.FormatInt(id, 10))
	}
	return all
}

// anything is an original of any sort, as a text says it.
func (w identity) anything(t *rapid.T) string {
	return rapid.SampledFrom(w.originals()).Draw(t, "original")
}

// fill sets fields of a message, private ones to what the identity has.
func (w identity) fill(t *rapid.T, m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if rapid.IntRange(0, 3).Draw(t, "set") == 0 {
			continue
		}
		switch {
		case f.IsMap() && f.MapValue().Message() != nil:
		case f.IsMap():
			m.Mutable(f).Map().Set(protoreflect.ValueOfString("option").MapKey(),
				protoreflect.ValueOfString(w.sentence(t)))
		case f.Message() != nil && depth == 0:
		case f.Message() != nil && f.IsList():
			w.fill(t, m.Mutable(f).List().AppendMutable().Message(), depth-1)
		case f.Message() != nil:
			w.fill(t, m.Mutable(f).Message(), depth-1)
		case f.IsList() && f.Kind() == protoreflect.StringKind:
			m.Mutable(f).List().Append(w.value(t, m, f))
		case f.IsList():
		default:
			m.Set(f, w.value(t, m, f))
		}
	}
}

func (w identity) sentence(t *rapid.T) string {
	return fmt.Sprintf("Order rejected - reason:%s [%s] (%s), id=%s.",
		w.anything(t), w.anything(t), w.anything(t), w.anything(t))
}

func (w identity) value(
	t *rapid.T, m protoreflect.Message, f protoreflect.FieldDescriptor,
) protoreflect.Value {
	pick := func(from []string) protoreflect.Value {
		return protoreflect.ValueOfString(rapid.SampledFrom(from).Draw(t, string(f.Name())))
	}
	switch classOf(f) {
	case account:
		return pick(append(slices.Clone(w.words), w.accounts...))
	case accountList:
		return protoreflect.ValueOfString(strings.Join(w.accounts, ","))
	case name:
		return pick(w.words)
	case mixed:
		return protoreflect.ValueOfString(fmt.Sprintf("OCA_%d", w.permIDs[0]))
	case permID:
		return protoreflect.ValueOfInt64(rapid.SampledFrom(w.permIDs).Draw(t, "permId"))
	case execID:
		return pick(w.execIDs)
	case money:
		v, _ := strconv.ParseFloat(rapid.SampledFrom(w.amounts).Draw(t, "amount"), 64)
		return protoreflect.ValueOfFloat64(v)
	case keyed:
		return pick(append(slices.Clone(w.accounts), w.amounts...))
	case text, options:
		return protoreflect.ValueOfString(w.sentence(t))
	case faXML:
		return protoreflect.ValueOfString(fmt.Sprintf(
			`<?xml version="1.0"?><ListOfGroups><Group><name>%s</name><ListOfAccts varName="list">`+
				`<Account><acct>%s</acct><amount>%s</amount></Account></ListOfAccts></Group></ListOfGroups>`,
			w.words[0], w.accounts[0], w.amounts[0]))
	case public, unlisted:
	}
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString("7")
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(7)
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(7)
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(7)
	default:
		t.Fatalf("%s of kind %s", f.FullName(), f.Kind())
		return m.Get(f)
	}
}

// recordAll puts messages through what a Tap does to them, and gives the file.
func recordAll(t *rapid.T, amounts Amounts, v wire.Version, all []wire.Message) ([]byte, *Scrubber) {
	scrub, err := NewScrubber(amounts)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	k := &entryWriter{
		file: newWriter(&out, Header{Scrubbed: true}), scrub: scrub,
		now: func() time.Time { return time.Unix(1, 0) },
	}
	for _, m := range all {
		raw, err := wire.Append(nil, m, v)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.frame(1, m.Kind.Direction(), raw, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.file.close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), scrub
}

// wholly is everything that a file says: its text, and the bytes that it holds in base64.
func wholly(t *rapid.T, file []byte) (*Recording, string) {
	r, err := Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	all := string(file)
	for _, e := range r.Entries {
		all += "\n" + string(e.Raw)
	}
	return r, all
}

// drawConversation makes messages of one version, as they come off the wire.
func drawConversation(t *rapid.T, who identity, v wire.Version) []wire.Message {
	var all []wire.Message
	// What is private is mentioned in fields before it is in sentences.
	intro := &wire.Message{Kind: wire.ManagedAccounts, Body: wire.NewBody(wire.ManagedAccounts)}
	who.fill(t, intro.Body.ProtoReflect(), 1)
	all = append(all, *intro)
	kinds := everyKind()
	for range rapid.IntRange(1, 12).Draw(t, "messages") {
		m := wire.Message{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		m.Body = wire.NewBody(m.Kind)
		who.fill(t, m.Body.ProtoReflect(), 3)
		raw, err := wire.Append(nil, m, v)
		if err != nil {
			continue // not at this version, or not with these values
		}
		if m, err = wire.Decode(m.Kind.Direction(), raw[4:], v); err == nil {
			all = append(all, m)
		}
	}
	return all
}

var versions = []wire.Version{157, 178, 193, 200, 206, 213, 225, 226}
