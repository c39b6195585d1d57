package wire

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
)

// Kinds gives the tests of package wire_test every kind with a table row.
func Kinds() []Kind {
	var kinds []Kind
	for k := range specs {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	return kinds
}

// EmptyBody makes an empty body of a kind's type.
func EmptyBody(k Kind) proto.Message { return specs[k].body() }

// HasText reports whether a kind has a text form in this codec.
func HasText(k Kind) bool { return specs[k].layout != nil }

func TestNamesAreUnique(t *testing.T) {
	for _, k := range Kinds() {
		if got, ok := ParseKind(k.String()); !ok || got != k {
			t.Errorf("%s names %v", k, got)
		}
	}
	if _, ok := ParseKind("reqNothing"); ok {
		t.Error("a name that is none was found")
	}
}
