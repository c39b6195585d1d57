package recording

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"ibsoak/internal/wire"
)

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
		file, _ := recordAll(t, amounts, v, said)
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
		file, scrub := recordAll(t, ScaleAmounts, v, said)
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
