package wire_test

import (
	"errors"
	"strings"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// TestTextOnly refuses in protobuf what never had such a form.
func TestTextOnly(t *testing.T) {
	_, err := wire.Decode(wire.FromClient, []byte("\x00\x00\x01\x10\x0a\x01x"), 226)
	want := `decode verifyAndAuthRequest "\x00\x00\x01\x10\n\x01x": no protobuf form`
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant %s", err, want)
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, c := range []struct {
		name      string
		direction wire.Direction
		version   wire.Version
		payload   string
		want      string
	}{
		{
			"no bytes", wire.FromClient, 200, "",
			`decode client message 0: field 1 "": want a message id of 1..199`,
		},
		{
			"no NUL", wire.FromClient, 200, "49",
			`decode client message 0: field 1 "49": want a message id of 1..199`,
		},
		{
			"id 0", wire.FromServer, 178, "0|",
			`decode server message 0: field 1 "0": want a message id of 1..199`,
		},
		{
			"negative id", wire.FromServer, 178, "-1|",
			`decode server message 0: field 1 "-1": want a message id of 1..199`,
		},
		{"long id", wire.FromClient, 200, "000000000049|1|", `want a message id of 1..199`},
		{
			"unknown id", wire.FromClient, 200, "199|1|",
			`decode client message 199 "199\x001\x00": no such message`,
		},
		{
			"short raw id", wire.FromClient, 225, "\x01\x02",
			`decode client message 0 "\x01\x02": 2 bytes, too short for a message id`,
		},
		{
			"wild raw id", wire.FromClient, 225, "\xff\xff\xff\xff",
			`message id 4294967295 out of range`,
		},
		{
			"raw id of no message", wire.FromServer, 225, "\x00\x00\x01\x8f",
			`decode server message 199 "\x00\x00\x01\x8f": no such message`,
		},
		{
			"bad protobuf", wire.FromServer, 225, "\x00\x00\x00\xd1\x08",
			`decode nextValidId "\x00\x00\x00\xd1\b": proto`,
		},
		{
			"word for a number", wire.FromServer, 200, "9|1|one|",
			`decode nextValidId: field 2 "one": want a 32-bit integer`,
		},
		{
			"number too wide", wire.FromServer, 200, "9|1|4294967296|",
			`field 2 "4294967296": want a 32-bit integer`,
		},
		{"word for a price", wire.FromServer, 200, "46|6|1|45|x|2|1|6|1|1|dear|1|0|", ``},
		{
			"hexadecimal price", wire.FromServer, 200, "1|6|1|1|0x1p-2|1|0|",
			`field 4 "0x1p-2": want a number`,
		},
		{
			"word for a flag", wire.FromClient, 200, "15|1|yes|",
			`decode reqAutoOpenOrders: field 2 "yes": want 0 or 1`,
		},
		{"unterminated", wire.FromServer, 200, "9|1|600", `field 2 "600": field without its NUL`},
		{"not UTF-8", wire.FromServer, 200, "15|1|\xff|", `field 2 "\xff": not UTF-8`},
		{
			"ends early", wire.FromServer, 200, "9|1|",
			`decode nextValidId: field 1 "1": message ends before its required fields`,
		},
		{
			"executions without days", wire.FromClient, 200, "7|3|1|0|||||||",
			`message ends before its required fields`,
		},
		{
			"count too high", wire.FromServer, 200, "17|1|999999999|x|",
			`999999999 entries do not fit in the 2 bytes left`,
		},
		{"count below zero", wire.FromServer, 200, "17|1|-1|x|", `want a count`},
		{
			"protobuf only", wire.FromClient, 200, "108|1|",
			`decode reqConfig "108\x001\x00": no text form`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := wire.Decode(c.direction, textMessage(c.payload), c.version)
			if c.want == "" {
				if err != nil {
					t.Errorf("trailing fields: %v", err)
				}
				return
			}
			var decodeError *wire.DecodeError
			if !errors.As(err, &decodeError) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("decoded %v, error %v\nwant %s", m.Body, err, c.want)
			}
		})
	}
}

func TestPayloadErrors(t *testing.T) {
	var none *pb.CurrentTime
	for _, c := range []struct {
		name    string
		message wire.Message
		version wire.Version
		want    string
	}{
		{
			"no body",
			wire.Message{Kind: wire.CurrentTime},
			200,
			"body is <nil>, want a *protobuf.CurrentTime",
		},
		{
			"nil body",
			wire.Message{Kind: wire.CurrentTime, Body: none},
			225,
			"want a *protobuf.CurrentTime",
		},
		{
			"other body",
			wire.Message{Kind: wire.CurrentTime, Body: &pb.NextValidId{}},
			225,
			"encode currentTime: body is *protobuf.NextValidId, want a *protobuf.CurrentTime",
		},
		{
			"unknown kind",
			wire.Message{Kind: wire.KindOf(wire.FromServer, 199), Body: &pb.NextValidId{}},
			225, "encode server message 199: the codec has no such message",
		},
		{
			"NUL in a field",
			wire.Message{
				Kind: wire.ManagedAccounts, Body: &pb.ManagedAccounts{AccountsList: p.s("DU1\x00DU2")},
			},
			200, `encode managedAccounts: field 2 "DU1\x00DU2": a NUL inside`,
		},
		{
			"not UTF-8",
			wire.Message{
				Kind: wire.ManagedAccounts, Body: &pb.ManagedAccounts{AccountsList: p.s("\xff")},
			},
			225, "encode managedAccounts: ",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dst := []byte("before")
			got, err := wire.Append(dst, c.message, c.version)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %s", err, c.want)
			}
			if string(got) != "before" {
				t.Errorf("a failed append left %q", got)
			}
		})
	}
}
