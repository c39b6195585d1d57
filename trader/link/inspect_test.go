package link

import (
	"bytes"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// TestTextMayBeOfAnyCharacterSet: Latin-1 and GBK in an error's text or a contract's name made the stream
// "no longer trustworthy", on every reconnect (ib_insync #121, #257). Nothing else of the message changes.
func TestTextMayBeOfAnyCharacterSet(t *testing.T) {
	for name, text := range map[string]string{"Latin-1": "Auftr\xe4ge", "GBK": "\xc6\xbb\xb9\xfb\xb9\xab\xcb\xbe"} {
		const version = 178
		payload, err := wire.Payload(wire.Message{Kind: wire.ErrorMessage, Body: &pb.ErrorMessage{
			Id: proto.Int32(7), ErrorCode: proto.Int32(2106), ErrorMsg: proto.String("farm:ushmds"),
		}}, version)
		if err != nil {
			t.Fatal(err)
		}
		payload = bytes.Replace(payload, []byte("farm"), []byte(text), 1)
		got, err := (&inspector{version: version}).inspect(payload)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m := got.message.Body.(*pb.ErrorMessage)
		if m.GetId() != 7 || m.GetErrorCode() != 2106 || !bytes.HasSuffix([]byte(m.GetErrorMsg()), []byte(":ushmds")) {
			t.Errorf("%s: %v", name, m)
		}
	}
}
