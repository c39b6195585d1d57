package fault

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

// Corrupt writes into one field what its message cannot carry.
const Corrupt Action = "corrupt"

// Unreadable is what a corrupt text field says: no number, no UTF-8.
const Unreadable = "\xff?\xfe"

// beyond is the length that a corrupt protobuf field claims; it ends behind its message.
const beyond = 1 << 20

var corrupt = action{
	name: Corrupt, group: groupTelling,
	doc: "make `field` unreadable, or put the bytes `hex` or the `unset` number into it",
	rule: rule{
		params: []string{"field", "hex", "unset"}, required: []string{"field"},
		exclusive: []string{"hex", "unset"}, triggers: []trigger{atOutbound},
	},
	nature: nature{preventsAnswer: true, sends: true},
	sentence: func(w What) string {
		switch {
		case w.Hex != "":
			return "put the bytes " + w.Hex + " into its field " + w.Field
		case w.Unset:
			return "write the unset number into its field " + w.Field
		default:
			return "make its field " + w.Field + " unreadable"
		}
	},
	onTelling: func(x *telling) {
		w := x.Hit.What
		raw, err := corrupted(x.message, w, x.track.version)
		if err != nil {
			x.untouched(err.Error())
			return
		}
		x.Wire = "with an unreadable " + w.Field
		switch {
		case w.Hex != "":
			x.Wire = fmt.Sprintf("with %s of the bytes %s", w.Field, w.Hex)
		case w.Unset:
			x.Wire = "with an unset " + w.Field
		}
		note := fmt.Sprintf("corrupt %s by %s", w.Field, x.Hit.ID)
		x.Tell = append(x.Tell, Told{Message: x.message, Raw: raw, Note: note})
	},
}

// unset are the values that IBKR's clients take for "there is none": UNSET_DOUBLE, UNSET_INTEGER,
// UNSET_LONG and UNSET_DECIMAL of const.py in IBKR's Python API. Text forms write the double as Java
// does.
const (
	unsetDouble  = "1.7976931348623157E308"
	unsetInteger = "2147483647"
	unsetLong    = "9223372036854775807"
	unsetDecimal = "170141183460469231731687303715884105727"
)

// content is what is written into the field: as a text, and as a record of protobuf.
func (w What) content(leaf protoreflect.FieldDescriptor) (text, record []byte) {
	chunk := func(b []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, leaf.Number(), protowire.BytesType), b)
	}
	number := func(n uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, leaf.Number(), protowire.VarintType), n)
	}
	switch {
	case w.Hex != "":
		raw, _ := hex.DecodeString(w.Hex) // Validate has read it
		return raw, chunk(raw)
	case !w.Unset:
		record = protowire.AppendTag(nil, leaf.Number(), protowire.BytesType)
		return []byte(Unreadable), protowire.AppendVarint(record, beyond)
	}
	switch leaf.Kind() {
	case protoreflect.DoubleKind:
		record = protowire.AppendTag(nil, leaf.Number(), protowire.Fixed64Type)
		return []byte(unsetDouble), protowire.AppendFixed64(record, math.Float64bits(math.MaxFloat64))
	case protoreflect.StringKind:
		return []byte(unsetDecimal), chunk([]byte(unsetDecimal))
	case protoreflect.Int64Kind:
		return []byte(unsetLong), number(math.MaxInt64)
	default:
		return []byte(unsetInteger), number(math.MaxInt32)
	}
}

func corrupted(m wire.Message, w What, v wire.Version) ([]byte, error) {
	if wire.FormAt(m.Kind, v) == wire.Protobuf {
		return corruptedProtobuf(m, w, v)
	}
	return corruptedText(m, w, v)
}

// corruptedProtobuf leaves the field out and puts a record of its own in its place, which unknown
// fields let us do at any depth.
func corruptedProtobuf(m wire.Message, w What, v wire.Version) ([]byte, error) {
	body := proto.Clone(m.Body)
	in, leaf := fieldOf(body, w.Field)
	_, record := w.content(leaf)
	in.Clear(leaf)
	in.SetUnknown(record)
	return wire.Append(nil, wire.Message{Kind: m.Kind, Body: body}, v)
}

// corruptedText finds the field's place by encoding the message with two values of it: the text that
// differs is the field.
func corruptedText(m wire.Message, w What, v wire.Version) ([]byte, error) {
	var forms [2][][]byte
	var content []byte
	for i := range forms {
		body := proto.Clone(m.Body)
		in, leaf := fieldOf(body, w.Field)
		content, _ = w.content(leaf)
		in.Set(leaf, probe(leaf, i))
		payload, err := wire.Payload(wire.Message{Kind: m.Kind, Body: body}, v)
		if err != nil {
			return nil, err
		}
		forms[i] = bytes.Split(payload, []byte{0})
	}
	for i, text := range forms[0] {
		if i < len(forms[1]) && !bytes.Equal(text, forms[1][i]) {
			payload, err := wire.Payload(m, v)
			texts := bytes.Split(payload, []byte{0})
			if err != nil || len(texts) != len(forms[0]) {
				texts = forms[0] // its being there changes the layout: show it
			}
			// A raw id stands before the first text, without a separator.
			texts[i] = append(rawID(m.Kind, v, i), content...)
			return wire.AppendFrame(nil, bytes.Join(texts, []byte{0})), nil
		}
	}
	return nil, fmt.Errorf("version %d does not carry %s of %s", v, w.Field, m.Kind)
}

func rawID(k wire.Kind, v wire.Version, i int) []byte {
	if v < wire.RawIDVersion || i > 0 {
		return nil
	}
	return []byte{0, 0, 0, byte(k.ID())}
}

// probe makes two values of a field that no codec takes for unset.
func probe(f protoreflect.FieldDescriptor, i int) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(i == 1)
	case protoreflect.StringKind:
		return protoreflect.ValueOfString([]string{"101", "102"}[i])
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(101 + float64(i))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(101 + int64(i))
	default:
		return protoreflect.ValueOfInt32(101 + int32(i))
	}
}

// fieldOf walks a path that Validate has checked.
func fieldOf(body proto.Message, path string) (in protoreflect.Message, leaf protoreflect.FieldDescriptor) {
	in = body.ProtoReflect()
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		in = in.Mutable(in.Descriptor().Fields().ByName(protoreflect.Name(name))).Message()
	}
	return in, in.Descriptor().Fields().ByName(protoreflect.Name(names[len(names)-1]))
}
