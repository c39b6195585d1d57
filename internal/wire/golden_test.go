package wire_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

var updateGoldens = flag.Bool("update", false, "write testdata/golden.txt anew")

const goldenFile = "testdata/golden.txt"

// goldenVersions are one version of each form that the API has had: text, text without some
// fields, the last text, mixed, the first protobuf throughout, and today's.
var goldenVersions = []wire.Version{178, 193, 200, 206, 213, 225}

// TestGoldens holds every message, with all its fields set, against the bytes that were kept when
// it was last checked against something foreign: a change of the layout must be meant.
func TestGoldens(t *testing.T) {
	if *updateGoldens {
		writeGoldens(t)
	}
	kept := readGoldens(t)
	for _, k := range wire.Kinds() {
		body := wire.NewBody(k)
		(&filler{}).fill(body.ProtoReflect(), 0)
		for _, v := range goldenVersions {
			if v < wire.Since(k) {
				continue
			}
			name := fmt.Sprintf("%s %d", k, v)
			want, ok := kept[name]
			delete(kept, name)
			got, err := wire.Payload(wire.Message{Kind: k, Body: body}, v)
			if err != nil || !ok || !bytes.Equal(got, want) {
				t.Errorf("%s: %v\n got %q\nwant %q", name, err, got, want)
				continue
			}
			if again := carriedAgain(t, k, got, v); !bytes.Equal(again, want) {
				t.Errorf("%s, read and written again\n got %q\nwant %q", name, again, want)
				continue
			}
			witness.Saw(k.String(), int(v), witness.Golden)
		}
	}
	for name := range kept {
		t.Errorf("%s has a golden, but is no message any more", name)
	}
}

func carriedAgain(t *testing.T, k wire.Kind, payload []byte, v wire.Version) []byte {
	t.Helper()
	m, err := wire.Decode(k.Direction(), payload, v)
	if err != nil {
		t.Errorf("%s at %d: %v", k, v, err)
		return nil
	}
	again, err := wire.Payload(m, v)
	if err != nil {
		t.Errorf("%s at %d: %v", k, v, err)
	}
	return again
}

// A line of the file is the kind, the version, and the payload: text as a Go string, protobuf, and
// text behind an id in bytes, in hex.
func writeGoldens(t *testing.T) {
	t.Helper()
	var text bytes.Buffer
	for _, k := range wire.Kinds() {
		body := wire.NewBody(k)
		(&filler{}).fill(body.ProtoReflect(), 0)
		for _, v := range goldenVersions {
			if v < wire.Since(k) {
				continue
			}
			payload, err := wire.Payload(wire.Message{Kind: k, Body: body}, v)
			if err != nil {
				t.Fatal(err)
			}
			spelled := hex.EncodeToString(payload)
			if wire.FormAt(k, v) == wire.Text {
				spelled = strconv.QuoteToASCII(string(payload))
			}
			fmt.Fprintf(&text, "%s %d %s\n", k, v, spelled)
		}
	}
	if err := os.WriteFile(goldenFile, text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readGoldens(t *testing.T) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	kept := make(map[string][]byte)
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		words := strings.SplitN(lines.Text(), " ", 3)
		if len(words) != 3 {
			t.Fatalf("%s: %q is no line of it", goldenFile, lines.Text())
		}
		payload, err := hex.DecodeString(words[2])
		if spelled, unquoteErr := strconv.Unquote(words[2]); unquoteErr == nil {
			payload, err = []byte(spelled), nil
		}
		if err != nil {
			t.Fatalf("%s: %s %s: %v", goldenFile, words[0], words[1], err)
		}
		kept[words[0]+" "+words[1]] = payload
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return kept
}

// filler sets every field to a value of its own that every form can carry.
type filler struct{ n int }

func (f *filler) next() int { f.n++; return f.n }

func (f *filler) fill(m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch {
		case depth >= deepest:
			return
		case field.IsMap():
			if field.MapValue().Kind() == protoreflect.StringKind {
				tag := protoreflect.ValueOfString(strconv.Itoa(f.next())).MapKey()
				m.Mutable(field).Map().Set(tag, f.scalar(field.MapValue()))
			}
		case field.IsList() && field.Kind() == protoreflect.MessageKind:
			item := m.Mutable(field).List().NewElement()
			f.fill(item.Message(), depth+1)
			m.Mutable(field).List().Append(item)
		case field.IsList():
			m.Mutable(field).List().Append(f.scalar(field))
		case field.Kind() == protoreflect.MessageKind:
			f.fill(m.Mutable(field).Message(), depth+1)
		default:
			m.Set(field, f.scalar(field))
		}
	}
	if c, ok := m.Interface().(*pb.OrderCondition); ok {
		c.Type = proto.Int32(1) // a price: the condition with the most fields
	}
	settle(m.Interface())
}

func (f *filler) scalar(field protoreflect.FieldDescriptor) protoreflect.Value {
	n := f.next()
	switch field.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(n))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(n) + 0.25)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(0)
	default:
		return protoreflect.ValueOfString(strconv.Itoa(n))
	}
}
