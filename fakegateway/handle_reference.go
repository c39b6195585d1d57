package fakegateway

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqFamilyCodes:     on((*session).reqFamilyCodes),
		wire.ReqSoftDollarTiers: on((*session).reqSoftDollarTiers),
	})
}

// reqFamilyCodes answers as captured from a Gateway at 200 whose login is in no family.
func (s *session) reqFamilyCodes(*protobuf.FamilyCodesRequest) {
	s.send(wire.FamilyCodes, &protobuf.FamilyCodes{FamilyCodes: []*protobuf.FamilyCode{
		{AccountId: proto.String("*"), FamilyCode: proto.String("")},
	}})
}

// reqSoftDollarTiers answers with no tiers, as captured from a Gateway at 225: they are for
// registered professional advisors and funds.
func (s *session) reqSoftDollarTiers(m *protobuf.SoftDollarTiersRequest) {
	s.send(wire.SoftDollarTiers, &protobuf.SoftDollarTiers{ReqId: m.ReqId})
}
