package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
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

// keepAll puts messages through what a Tap does to them, and gives the file.
func keepAll(t *rapid.T, amounts Amounts, v wire.Version, all []wire.Message) ([]byte, *Scrubber) {
	scrub, err := NewScrubber(amounts)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	k := &keeper{
		w: NewWriter(&out, Header{Scrubbed: true}), scrub: scrub,
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
	if err := k.w.Close(); err != nil {
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

func TestNoOriginalSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		who := drawIdentity(t)
		v := rapid.SampledFrom(versions).Draw(t, "version")
		amounts := rapid.SampledFrom([]Amounts{ScaleAmounts, ZeroAmounts}).Draw(t, "amounts")
		said := drawConversation(t, who, v)
		// The words come first in a field, as an order's reference does.
		for _, w := range who.words {
			m := wire.Message{Kind: wire.PlaceOrder, Body: wire.NewBody(wire.PlaceOrder)}
			order := m.Body.ProtoReflect()
			f := order.Descriptor().Fields().ByName("order")
			ref := order.Mutable(f).Message()
			ref.Set(ref.Descriptor().Fields().ByName("orderRef"), protoreflect.ValueOfString(w))
			said = append([]wire.Message{m}, said...)
		}
		file, _ := keepAll(t, amounts, v, said)
		r, everything := wholly(t, file)
		if len(r.Entries) != len(said) {
			t.Fatalf("%d entries of %d messages", len(r.Entries), len(said))
		}
		for _, original := range who.originals() {
			if at := strings.Index(everything, original); at >= 0 {
				t.Fatalf("%q survives: …%s…", original,
					everything[max(0, at-60):min(len(everything), at+60)])
			}
		}
	})
}

// relations compares two bodies, leaf by leaf, and hands out what became of what.
func relations(t *rapid.T, was, is protoreflect.Message, tell func(c class, was, is protoreflect.Value)) {
	was.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if !is.Has(f) && (v.Interface() != any("")) {
			t.Fatalf("%s is gone", f.FullName())
		}
		switch {
		case f.IsMap():
		case f.Message() != nil && f.IsList():
			for i := range v.List().Len() {
				relations(t, v.List().Get(i).Message(), is.Get(f).List().Get(i).Message(), tell)
			}
		case f.Message() != nil:
			relations(t, v.Message(), is.Get(f).Message(), tell)
		case f.IsList():
		default:
			tell(classOf(f), v, is.Get(f))
		}
		return true
	})
}

func TestEveryRelationSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		who := drawIdentity(t)
		v := rapid.SampledFrom(versions).Draw(t, "version")
		said := drawConversation(t, who, v)
		file, scrub := keepAll(t, ScaleAmounts, v, said)
		r, _ := wholly(t, file)
		became := make(map[string]string)
		tell := func(c class, was, is protoreflect.Value) {
			switch c {
			case public:
				if !was.Equal(is) {
					t.Fatalf("a public value changed: %v to %v", was, is)
				}
			case money:
				ratio := is.Float() / was.Float() * factorUnit
				if math.Abs(ratio-float64(scrub.factor)) > 1e-6 {
					t.Fatalf("%v became %v: not %d/%d of it", was, is, scrub.factor, factorUnit)
				}
			case keyed:
				if !isDecimal(was.String()) {
					became[was.String()] = is.String()
					return
				}
				exactly(t, scrub, was.String(), is.String())
			case account, name, permID, execID, accountList, mixed:
				key := fmt.Sprint(was.Interface())
				if before, ok := became[key]; ok && before != fmt.Sprint(is.Interface()) {
					t.Fatalf("%s became %s and %v", key, before, is)
				}
				became[key] = fmt.Sprint(is.Interface())
			case unlisted, text, options, faXML:
			}
		}
		for i, e := range r.Entries {
			m, err := e.Message(v)
			if err != nil {
				t.Fatal(err)
			}
			relations(t, said[i].Body.ProtoReflect(), m.Body.ProtoReflect(), tell)
			bodyAgrees(t, e, m)
		}
		from := make(map[string]string)
		for was, is := range became {
			if before, ok := from[is]; ok {
				t.Fatalf("%s and %s both became %s", before, was, is)
			}
			from[is] = was
		}
		oca := fmt.Sprintf("OCA_%d", who.permIDs[0])
		perm, told := became[strconv.FormatInt(who.permIDs[0], 10)]
		if is := became[oca]; is != "" && told && !strings.HasSuffix(is, perm) {
			t.Fatalf("%s became %s, and its id %s", oca, is, perm)
		}
	})
}

// exactly wants an amount in figures to be the product to the last digit: then sums are kept.
func exactly(t *rapid.T, s *Scrubber, was, is string) {
	a, _ := new(big.Rat).SetString(was)
	b, ok := new(big.Rat).SetString(is)
	if !ok || b.Cmp(a.Mul(a, big.NewRat(s.factor, factorUnit))) != 0 {
		t.Fatalf("%s became %s: not %d/%d of it", was, is, s.factor, factorUnit)
	}
}

// bodyAgrees wants what people read to be what the bytes say.
func bodyAgrees(t *rapid.T, e Entry, m wire.Message) {
	e.Raw = nil
	read, err := e.Message(0)
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(read.Body, m.Body) {
		t.Fatalf("the body of %s says %v, its bytes %v", e.Kind, read.Body, m.Body)
	}
}

func TestSaltIsOfTheRun(t *testing.T) {
	became := make(map[string]bool)
	for range 3 {
		s, err := NewScrubber(ScaleAmounts)
		if err != nil {
			t.Fatal(err)
		}
		became[s.account("DU9000001")] = true
	}
	if len(became) != 3 {
		t.Errorf("three runs make %d replacements of the same account: %v", len(became), became)
	}
}

// Relations that have a form of their own.
func TestReplacementsKeepTheirForm(t *testing.T) {
	s, err := NewScrubber(ScaleAmounts)
	if err != nil {
		t.Fatal(err)
	}
	if a := s.account("DU9000001"); !strings.HasPrefix(a, "DU") || len(a) != len("DU9000001") {
		t.Errorf("account %s", a)
	}
	if s.accounts("DU9000001,") != s.account("DU9000001")+"," {
		t.Error("the empty account at the end of a list of accounts is not kept")
	}
	first, corrected := s.execID("0000e0d5.69dd7411.01.01"), s.execID("0000e0d5.69dd7411.01.02")
	if first[:len(first)-1] != corrected[:len(corrected)-1] || !strings.HasSuffix(corrected, ".01.02") {
		t.Errorf("an execution %s and its correction %s", first, corrected)
	}
	for _, kept := range []int64{0, math.MaxInt32} {
		if s.permID(kept) != kept {
			t.Errorf("permanent id %d became %d", kept, s.permID(kept))
		}
	}
	for _, kept := range []float64{0, math.MaxFloat64, math.Inf(1)} {
		if s.amount(kept) != kept {
			t.Errorf("amount %v became %v", kept, s.amount(kept))
		}
	}
	for _, kept := range []string{"0", "0.00", "1.7976931348623157E308", ""} {
		if s.decimal(kept) != kept {
			t.Errorf("amount %q became %q", kept, s.decimal(kept))
		}
	}
	for tag, value := range map[string]string{
		"AccountType": "INDIVIDUAL", "Cushion": "0.987654", "DayTradesRemaining": "-1",
	} {
		if got := s.tagged(tag, value); got != value {
			t.Errorf("%s %s became %s", tag, value, got)
		}
	}
	if got := s.tagged("AccountCode", "DU9000001"); got != s.account("DU9000001") {
		t.Errorf("AccountCode became %s", got)
	}
}

func TestTextsKeepWhatIsNobodys(t *testing.T) {
	s, err := NewScrubber(ScaleAmounts)
	if err != nil {
		t.Fatal(err)
	}
	s.name("my strategy 7")
	s.name("alpha-")
	for original, want := range map[string]string{
		"OrderId 295 that needs to be cancelled is not found.": "",
		"Market data farm connection is OK:usfarm.nj":          "",
		"Order Canceled - reason:":                             "",
		"Account DU9000001 is not permitted.":                  "Account " + s.account("DU9000001") + " is not permitted.",
		"my strategy 7: no":                                    s.name("my strategy 7") + ": no",
		"alpha-.":                                              s.name("alpha-") + ".",
		"OCA_1426086046.":                                      fmt.Sprintf("OCA_%d.", s.permID(1426086046)),
		"EQUITY [1047.25 USD]":                                 "EQUITY [" + s.decimal("1047.25") + " USD]",
	} {
		if want == "" {
			want = original
		}
		if got := s.text(original); got != want {
			t.Errorf("%q became %q, want %q", original, got, want)
		}
	}
}

// What the codec cannot read is kept as a name and a length, and says so.
func TestUnknownFramesAreLeftOut(t *testing.T) {
	scrub, err := NewScrubber(ScaleAmounts)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	k := &keeper{w: NewWriter(&out, Header{Scrubbed: true}), scrub: scrub, now: time.Now}
	secret := "DU9000001"
	for _, payload := range []string{
		"\x00\x00\x01\x8f" + secret,                 // protobuf of an id that does not exist
		"\x00\x00\x00\xd7\x0a\x30" + secret,         // managedAccounts, cut off
		"\x00\x00\x00\xd7\x7a\x09" + secret,         // managedAccounts with a field from the future
		"\x00\x00\x00\xd1\x08\x01\x7a\x09" + secret, // nextValidId with one
	} {
		raw := wire.AppendFrame(nil, []byte(payload))
		if err := k.frame(1, wire.FromServer, raw, 225); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Read(&out)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Entry{
		{Kind: "gateway", Bytes: 17},
		{Kind: "managedAccounts", Bytes: 19},
		{Kind: "managedAccounts"},
		{Kind: "nextValidId"},
	} {
		e := r.Entries[i]
		if i > 0 && e.Kind != want.Kind || e.Bytes != want.Bytes || e.Note == "" {
			t.Errorf("entry %d: %+v", i, e)
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(secret)) || bytes.Contains(e.Raw, []byte(secret)) {
			t.Errorf("entry %d: %s survives: %s", i, secret, text)
		}
	}
	if m, err := r.Entries[3].Message(225); err != nil || proto.Size(m.Body) != 2 {
		t.Errorf("what is known of nextValidId is not kept: %v %v", m, err)
	}
}
