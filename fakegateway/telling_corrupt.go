package fakegateway

import (
	"bytes"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// unreadable is what a corrupt text field says: no number, no UTF-8.
const unreadable = "\xff?\xfe"

// beyond is the length that a corrupt protobuf field claims; it ends behind its message.
const beyond = 1 << 20

// queueCorrupt queues a message with one field that no client can read: in text forms a value that is
// neither a number nor UTF-8, in protobuf a length that goes beyond the message.
func (c *conn) queueCorrupt(m wire.Message, hit fault.Hit) {
	v := wire.Version(c.spoken.Load())
	raw, err := corrupted(m, hit.What.Field, v)
	if err != nil {
		c.receipt(hit, hit.What.Do, "message untouched", err.Error())
		c.queue(m, nil, "")
		return
	}
	c.w.put(item{
		raw: raw, kind: m.Kind.String(), message: true,
		note: fmt.Sprintf("corrupt %s by %s", hit.What.Field, hit.ID),
	})
}

func corrupted(m wire.Message, path string, v wire.Version) ([]byte, error) {
	if wire.FormAt(m.Kind, v) == wire.Protobuf {
		return corruptedProtobuf(m, path, v)
	}
	return corruptedText(m, path, v)
}

// corruptedProtobuf leaves the field out and puts a broken record in its place, which unknown fields
// let us do at any depth.
func corruptedProtobuf(m wire.Message, path string, v wire.Version) ([]byte, error) {
	body := proto.Clone(m.Body)
	in, leaf := fieldOf(body, path)
	in.Clear(leaf)
	record := protowire.AppendTag(nil, leaf.Number(), protowire.BytesType)
	in.SetUnknown(protowire.AppendVarint(record, beyond))
	return wire.Append(nil, wire.Message{Kind: m.Kind, Body: body}, v)
}

// corruptedText finds the field's place by encoding the message with two values of it: the text that
// differs is the field.
func corruptedText(m wire.Message, path string, v wire.Version) ([]byte, error) {
	var forms [2][][]byte
	for i := range forms {
		body := proto.Clone(m.Body)
		in, leaf := fieldOf(body, path)
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
			texts[i] = append(rawID(m.Kind, v, i), unreadable...)
			return wire.AppendFrame(nil, bytes.Join(texts, []byte{0})), nil
		}
	}
	return nil, fmt.Errorf("version %d does not carry %s of %s", v, path, m.Kind)
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

// fieldOf walks a path that fault.Validate has checked.
func fieldOf(body proto.Message, path string) (in protoreflect.Message, leaf protoreflect.FieldDescriptor) {
	in = body.ProtoReflect()
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		in = in.Mutable(in.Descriptor().Fields().ByName(protoreflect.Name(name))).Message()
	}
	return in, in.Descriptor().Fields().ByName(protoreflect.Name(names[len(names)-1]))
}
