package recording

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "ibsoak/internal/wire" // registers every message
)

// eachField walks every field of every message that IBKR has defined.
func eachField(do func(protoreflect.FieldDescriptor)) {
	protoregistry.GlobalTypes.RangeMessages(func(m protoreflect.MessageType) bool {
		if p := m.Descriptor().ParentFile().Package(); p != "protobuf" && p != "ibsoak.wire" {
			return true
		}
		fields := m.Descriptor().Fields()
		for i := range fields.Len() {
			do(fields.Get(i))
		}
		return true
	})
}

func TestEveryFieldHasAClass(t *testing.T) {
	used := make(map[string]bool)
	n := 0
	eachField(func(f protoreflect.FieldDescriptor) {
		if f.Message() != nil && !f.IsMap() || f.IsMap() && f.MapValue().Message() != nil {
			return
		}
		n++
		full := string(f.Parent().Name()) + "." + string(f.Name())
		if _, ok := classes[full]; ok {
			used[full] = true
		} else {
			used[string(f.Name())] = true
		}
		c := classOf(f)
		kind := f.Kind()
		if f.IsMap() {
			kind = f.MapValue().Kind()
		}
		switch c {
		case unlisted:
			t.Errorf("%s is in no list: does it tell whose account it is?", full)
		case permID:
			if kind != protoreflect.Int64Kind {
				t.Errorf("%s is a permanent id of kind %s", full, kind)
			}
		case money:
			if kind != protoreflect.DoubleKind {
				t.Errorf("%s is an amount of kind %s", full, kind)
			}
		case public:
		case account, accountList, name, mixed, execID, keyed, text, options, faXML:
			if kind != protoreflect.StringKind {
				t.Errorf("%s is of kind %s", full, kind)
			}
			if (c == options) != f.IsMap() {
				t.Errorf("%s: maps are of options, and nothing else is", full)
			}
		}
	})
	if n < 500 {
		t.Fatalf("only %d fields seen: the messages are registered elsewhere", n)
	}
	for f := range classes {
		if !used[f] {
			t.Errorf("%s is listed, but no message has it", f)
		}
	}
}
