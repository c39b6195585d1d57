package wire_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

// seed is a payload that decodes, and the version at which it does.
type seed struct {
	version wire.Version
	payload []byte
}

// seeds are payloads of every message that d sends, with each form that the codec reads at a
// version: protobuf is told by its id, so a peer may send it before its time, and text after it.
func seeds(t testing.TB, d wire.Direction, versions ...wire.Version) []seed {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var all []seed
	for _, k := range wire.Kinds() {
		if k.Direction() != d {
			continue
		}
		for _, v := range versions {
			body := wire.NewBody(k)
			fillSome(r, body.ProtoReflect(), 0)
			for _, payload := range forms(t, wire.Message{Kind: k, Body: body}, v) {
				all = append(all, seed{v, payload})
			}
		}
	}
	return all
}

func forms(t testing.TB, m wire.Message, v wire.Version) [][]byte {
	t.Helper()
	var all [][]byte
	if wire.HasText(m.Kind) && v >= wire.Since(m.Kind) {
		all = append(all, textForm(t, m, v))
	}
	if v >= wire.RawIDVersion && wire.FormAt(m.Kind, wire.MaxVersion) == wire.Protobuf {
		payload, err := wire.Payload(m, wire.MaxVersion)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, payload)
	}
	return all
}

// textForm is the message in text. From 201 on that is the text at 200, its last change, behind a
// raw id.
func textForm(t testing.TB, m wire.Message, v wire.Version) []byte {
	t.Helper()
	const lastText = wire.RawIDVersion - 1
	payload, err := wire.Payload(m, min(v, lastText))
	if err != nil {
		t.Fatal(err)
	}
	if v <= lastText {
		return payload
	}
	_, fields, _ := bytes.Cut(payload, []byte{0})
	return append(binary.BigEndian.AppendUint32(nil, uint32(m.Kind.ID())), fields...)
}

// found are the payloads that coverage-guided fuzzing kept.
func found(t testing.TB, d wire.Direction) []seed {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "corpus-"+d.String()+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var all []seed
	for line := range strings.Lines(string(data)) {
		version, encoded, _ := strings.Cut(strings.TrimSpace(line), " ")
		if version == "#" {
			continue
		}
		v, err := strconv.Atoi(version)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, seed{wire.Version(v), payload})
	}
	return all
}

// fillSome sets most fields to values that every form can carry.
func fillSome(r *rand.Rand, m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if depth >= deepest || r.IntN(8) == 0 {
			continue
		}
		switch {
		case f.IsMap():
			if f.MapValue().Kind() == protoreflect.StringKind {
				key := protoreflect.ValueOfString("tag" + strconv.Itoa(r.IntN(9))).MapKey()
				m.Mutable(f).Map().Set(key, protoreflect.ValueOfString("value"))
			}
		case f.IsList() && f.Kind() == protoreflect.MessageKind:
			for range 1 + r.IntN(2) {
				item := m.Mutable(f).List().NewElement()
				fillSome(r, item.Message(), depth+1)
				m.Mutable(f).List().Append(item)
			}
		case f.IsList():
			m.Mutable(f).List().Append(someScalar(r, f))
		case f.Kind() == protoreflect.MessageKind:
			fillSome(r, m.Mutable(f).Message(), depth+1)
		default:
			m.Set(f, someScalar(r, f))
		}
	}
	settle(m.Interface())
}

func someScalar(r *rand.Rand, f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(r.IntN(2) == 0)
	case protoreflect.Int32Kind:
		if f.Name() == "type" { // of a condition
			return protoreflect.ValueOfInt32([]int32{1, 3, 4, 5, 6, 7}[r.IntN(6)])
		}
		return protoreflect.ValueOfInt32(r.Int32N(100_000))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(r.Int64N(1 << 40))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(r.IntN(1_000_000)) / 100)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(0)
	default: // a text that may stand where a decimal number is wanted
		return protoreflect.ValueOfString(strconv.Itoa(r.IntN(1_000_000)))
	}
}

// TestSeedsDecode keeps the seeds alive: one that is refused at once would reach nothing.
func TestSeedsDecode(t *testing.T) {
	for _, d := range []wire.Direction{wire.FromClient, wire.FromServer} {
		kinds := make(map[wire.Kind]bool)
		for _, s := range seeds(t, d, 157, 178, 200, 206, 225) {
			m, err := wire.Decode(d, s.payload, s.version)
			if err != nil {
				t.Errorf("at %d: %v", s.version, err)
				continue
			}
			kinds[m.Kind] = kinds[m.Kind] || proto.Size(m.Body) > 0
		}
		for _, k := range wire.Kinds() {
			if k.Direction() != d {
				continue
			}
			fields := wire.NewBody(k).ProtoReflect().Descriptor().Fields()
			if !kinds[k] && fields.Len() > 0 {
				t.Errorf("no seed of %s says anything", k)
			}
		}
	}
}
