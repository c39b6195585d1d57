package wire

import (
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
)

// TestDecodeLegible reads a text that is Latin-1, in each form that text has, and leaves the payload as it is.
func TestDecodeLegible(t *testing.T) {
	for _, v := range []Version{178, 201} {
		payload, err := Payload(Message{Kind: NewsBulletins, Body: &pb.NewsBulletin{
			NewsMsgId: proto.Int32(1), NewsMsgType: proto.Int32(1), NewsMessage: proto.String("Boerse"),
			OriginatingExch: proto.String("IBIS"),
		}}, v)
		if err != nil {
			t.Fatal(err)
		}
		for i := range payload {
			if string(payload[i:min(i+2, len(payload))]) == "oe" {
				payload[i] = 0xF6 // o with two dots, in Latin-1
			}
		}
		before := string(payload)
		if _, err := Decode(FromServer, payload, v); err == nil {
			t.Errorf("%d: the codec itself takes what is not UTF-8", v)
		}
		m, err := DecodeLegible(FromServer, payload, v)
		if err != nil || m.Body.(*pb.NewsBulletin).GetNewsMessage() != "B\uFFFDerse" {
			t.Errorf("%d: %v, %v", v, m.Body, err)
		}
		if string(payload) != before {
			t.Errorf("%d: the payload was changed", v)
		}
	}
}
