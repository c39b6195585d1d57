package wire_test

import (
	"bytes"
	"math"
	"strconv"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"ibsoak/internal/wire"
)

// TestRoundTrip draws bodies and versions. What a form carries of a body comes back as it was,
// what it does not carry is absent or spelled as zero, and carrying it again changes nothing.
// The goldens are the proof of the codec; this only finds fields that they do not reach.
func TestRoundTrip(t *testing.T) {
	kinds := rapid.OneOf( // half of them the ones with many fields
		rapid.SampledFrom(wire.Kinds()),
		rapid.SampledFrom([]wire.Kind{
			wire.PlaceOrder, wire.OpenOrder, wire.CompletedOrder, wire.ContractData,
			wire.ExecutionDetails,
		}),
	)
	rapid.Check(t, func(t *rapid.T) {
		k := kinds.Draw(t, "kind")
		v := wire.Version(rapid.IntRange(int(max(wire.Since(k), wire.MinVersion)),
			int(wire.MaxVersion)).Draw(t, "version"))
		body := wire.NewBody(k)
		fill(t, body.ProtoReflect(), 0)

		carried, first := carry(t, k, body, v)
		if wire.FormAt(k, v) == wire.Protobuf {
			if !proto.Equal(carried, body) {
				t.Fatalf("%s at %d\n got %v\nwant %v", k, v, carried, body)
			}
			return
		}
		subset(t, carried.ProtoReflect(), body.ProtoReflect())
		again, second := carry(t, k, carried, v)
		if !proto.Equal(again, carried) || !bytes.Equal(first, second) {
			t.Fatalf("%s at %d carried again\n got %v\nwant %v\n%q\n%q",
				k, v, again, carried, second, first)
		}
	})
}

func carry(t *rapid.T, k wire.Kind, body proto.Message, v wire.Version) (proto.Message, []byte) {
	payload, err := wire.Payload(wire.Message{Kind: k, Body: body}, v)
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.Decode(k.Direction(), payload, v)
	if err != nil {
		t.Fatalf("%v\n%q", err, payload)
	}
	if m.Kind != k {
		t.Fatalf("%s came back as %s", k, m.Kind)
	}
	return m.Body, payload
}

// subset fails for a value that was not in the body, unless it spells nothing.
func subset(t *rapid.T, got, want protoreflect.Message) {
	got.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap(), f.IsList():
			if v.IsValid() && want.Get(f).IsValid() && !listed(t, f, v, want.Get(f)) {
				t.Fatalf("%s is %v, was %v", f.FullName(), v, want.Get(f))
			}
		case f.Kind() == protoreflect.MessageKind:
			subset(t, v.Message(), want.Get(f).Message())
		case want.Has(f):
			if !v.Equal(want.Get(f)) {
				t.Fatalf("%s is %v, was %v", f.FullName(), v, want.Get(f))
			}
		case !spellsNothing(f.Kind(), v):
			t.Fatalf("%s is %v, was unset", f.FullName(), v)
		}
		return true
	})
}

func listed(t *rapid.T, f protoreflect.FieldDescriptor, got, want protoreflect.Value) bool {
	if f.IsMap() || f.Kind() != protoreflect.MessageKind {
		return got.Equal(want)
	}
	if got.List().Len() != want.List().Len() {
		return false
	}
	for i := range got.List().Len() {
		subset(t, got.List().Get(i).Message(), want.List().Get(i).Message())
	}
	return true
}

// spellsNothing lists what text writes where there is nothing: zeros and IBKR's own words.
func spellsNothing(kind protoreflect.Kind, v protoreflect.Value) bool {
	switch kind {
	case protoreflect.BoolKind:
		return true // an unjoined condition is joined with "a"
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		return v.Int() == 0 || v.Int() == -1 || v.Int() == 1 || v.Int() == 5
	case protoreflect.DoubleKind:
		return v.Float() == 0 || v.Float() == -1 || v.Float() == -2
	default:
		return v.String() == "0" || v.String() == "None"
	}
}

const deepest = 4 // of nested messages

// fill sets some fields to values that every text field can carry.
func fill(t *rapid.T, m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if depth >= deepest || !rapid.Bool().Draw(t, f.JSONName()) {
			continue
		}
		switch {
		case f.IsMap():
			if f.MapValue().Kind() != protoreflect.StringKind {
				continue
			}
			for range rapid.IntRange(1, 2).Draw(t, "entries") {
				tag := protoreflect.ValueOfString(word(t)).MapKey()
				m.Mutable(f).Map().Set(tag, protoreflect.ValueOfString(word(t)))
			}
		case f.IsList():
			for range rapid.IntRange(1, 2).Draw(t, "items") {
				fillItem(t, m.Mutable(f).List(), f, depth)
			}
		case f.Kind() == protoreflect.MessageKind:
			fill(t, m.Mutable(f).Message(), depth+1)
		default:
			m.Set(f, scalar(t, f))
		}
	}
	settle(m.Interface())
}

func fillItem(t *rapid.T, list protoreflect.List, f protoreflect.FieldDescriptor, depth int) {
	if f.Kind() == protoreflect.MessageKind {
		item := list.NewElement()
		fill(t, item.Message(), depth+1)
		list.Append(item)
		return
	}
	list.Append(scalar(t, f))
}

func scalar(t *rapid.T, f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "flag"))
	case protoreflect.Int32Kind:
		if f.Name() == "type" { // of a condition
			kinds := []int32{1, 3, 4, 5, 6, 7}
			return protoreflect.ValueOfInt32(rapid.SampledFrom(kinds).Draw(t, "condition"))
		}
		return protoreflect.ValueOfInt32(rapid.Int32Range(math.MinInt32, math.MaxInt32-1).Draw(t, "int"))
	case protoreflect.Int64Kind:
		n := rapid.Int64Range(math.MinInt64, math.MaxInt64-1).Draw(t, "long")
		if n == math.MaxInt32 {
			n++
		}
		return protoreflect.ValueOfInt64(n)
	case protoreflect.DoubleKind:
		prices := rapid.Float64Range(-1e300, 1e300)
		return protoreflect.ValueOfFloat64(prices.Draw(t, "double") + 0) // no negative zero
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(0)
	default:
		return protoreflect.ValueOfString(word(t))
	}
}

// word is a text that may stand where a decimal number is wanted, too.
func word(t *rapid.T) string {
	if special := rapid.IntRange(0, 9).Draw(t, "special"); special == 0 {
		return strconv.FormatFloat(rapid.Float64Range(-1e9, 1e9).Draw(t, "size"), 'f', 4, 64)
	}
	return strconv.Itoa(rapid.IntRange(1, 1<<30).Draw(t, "word"))
}

// settle makes a body consistent where the wire has one place for two things: a hedge's or an
// algo's fields travel only with its type, and conditions' flags only with conditions.
func settle(m proto.Message) {
	switch m := m.(type) {
	case *pb.TickByTickData:
		settleTick(m)
	case *pb.OrderCondition:
		if m.Type == nil {
			m.Type = p.i(3)
		}
	case *pb.Contract:
		if len(m.GetSymbol())%3 == 0 {
			m.SecType = p.s("BAG")
		}
	case *pb.Order:
		kinds := []string{"LMT", "PEG BENCH", "PEG BEST", "PEG MID"}
		m.OrderType = p.s(kinds[len(m.GetOrderRef())%len(kinds)])
		if len(m.GetAccount())%2 == 0 {
			m.CompeteAgainstBestOffset = p.d(math.Inf(1))
		}
		m.ScalePriceIncrement = p.d(math.Abs(m.GetScalePriceIncrement()))
	}
}

// settleTick gives a tick the kind that says what it is.
func settleTick(m *pb.TickByTickData) {
	switch m.Tick.(type) {
	case *pb.TickByTickData_HistoricalTickLast:
		m.TickType = p.i(1 + m.GetReqId()&1)
	case *pb.TickByTickData_HistoricalTickBidAsk:
		m.TickType = p.i(3)
	case *pb.TickByTickData_HistoricalTickMidPoint:
		m.TickType = p.i(4)
	default:
		m.TickType = p.i(0)
	}
}
