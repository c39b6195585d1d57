package wire

import "testing"

// HasText reports whether a kind has a text form in this codec.
func HasText(k Kind) bool { return specOf(k).layout != nil }

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
