package fakegateway

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"ibsoak/internal/wire"
)

// valueOf finds the last record with a number at the top of a protobuf body.
func valueOf(t *testing.T, body []byte, number protowire.Number) (found []byte) {
	t.Helper()
	for len(body) > 0 {
		n, kind, size := protowire.ConsumeTag(body)
		if size < 0 {
			t.Fatalf("no record at %x", body)
		}
		body = body[size:]
		size = protowire.ConsumeFieldValue(n, kind, body)
		if size < 0 {
			t.Fatalf("record %d is broken", n)
		}
		if n == number {
			found = body[:size]
		}
		body = body[size:]
	}
	return found
}

// TestBytesAndUnsetNumbersInAField puts into fields of orderStatus what no encoder of ours would: GBK and
// Latin-1 text (real Gateways on Chinese and German systems send names so), and the numbers that stand
// for "unset" (UNSET_DOUBLE, UNSET_INTEGER, UNSET_LONG and UNSET_DECIMAL in const.py of IBKR's API).
func TestBytesAndUnsetNumbersInAField(t *testing.T) {
	const maxDouble = "1.7976931348623157E308"
	const decimal = "170141183460469231731687303715884105727"
	length := func(text string) []byte { return protowire.AppendString(nil, text) }
	for field, c := range map[string]struct {
		what   string
		number protowire.Number
		text   string
		proto  []byte
	}{
		"status":       {"hex: b9c9c6b1", 2, "\xb9\xc9\xc6\xb1", length("\xb9\xc9\xc6\xb1")},
		"whyHeld":      {"hex: 4dfc6e63", 10, "M\xfcnc", length("M\xfcnc")},
		"filled":       {"unset: true", 3, decimal, length(decimal)},
		"avgFillPrice": {"unset: true", 5, maxDouble, protowire.AppendFixed64(nil, math.Float64bits(math.MaxFloat64))},
		"parentId":     {"unset: true", 7, "2147483647", protowire.AppendVarint(nil, math.MaxInt32)},
		"permId":       {"unset: true", 6, "9223372036854775807", protowire.AppendVarint(nil, math.MaxInt64)},
	} {
		tellingOf(t, fmt.Sprintf("faults: [{id: bad, when: {outbound: orderStatus, nth: 1}, what: {do: corrupt, field: %s, %s}}]",
			field, c.what), func(t *testing.T, g *bubbleGateway) {
			client := g.dial(t).connect(1)
			client.send(wire.PlaceOrder, order(1, 100, "LMT", 1))
			client.until(wire.OpenOrder)
			payload, err := client.next()
			if err != nil {
				t.Fatal(err)
			}
			if wire.FormAt(wire.OrderStatus, client.Version) == wire.Protobuf {
				if got := valueOf(t, payload[4:], c.number); !bytes.Equal(got, c.proto) {
					t.Errorf("%s is %x, want %x", field, got, c.proto)
				}
			} else if !bytes.Contains(payload, append(append([]byte{0}, c.text...), 0)) {
				t.Errorf("%s is not %q in %q", field, c.text, payload)
			}
			client.askTime()
			client.until(wire.CurrentTime) // the stream is in step
		})
	}
}
