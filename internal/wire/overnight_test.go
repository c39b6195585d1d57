package wire_test

import (
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// Field 145 of an order is a bool: the tag is 145<<3 as a varint. The number is that of IBKR's
// Order.proto in client 10.50.01.
func TestConditionsIncludeOvernight(t *testing.T) {
	for raw, want := range map[string]bool{
		"":                                 false,
		"\x88\x09\x01":                     true,
		"\x88\x09\x00":                     false,
		"\x88\x09\x01\x88\x09\x00":         false,
		"\x92\x09\x02hi\x88\x09\x01":       true, // after a field of a later version
		"\x32\x03BUY\x88\x09\x01\xa0\x06x": true,
	} {
		var o pb.Order
		if err := proto.Unmarshal([]byte(raw), &o); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if got := wire.ConditionsIncludeOvernight(&o); got != want {
			t.Errorf("%q: %v, want %v", raw, got, want)
		}
	}
	o := &pb.Order{}
	wire.IncludeOvernightConditions(o)
	if got, err := proto.Marshal(o); err != nil || string(got) != "\x88\x09\x01" {
		t.Errorf("written as %q, %v", got, err)
	}
	if wire.ConditionsIncludeOvernight(nil) {
		t.Error("no order says so")
	}
}
