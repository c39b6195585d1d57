package reference

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/internal/wire"
)

// ReqFamilyCodes answers as captured from a Gateway at 200 whose login is in no family.
func (s *Session) ReqFamilyCodes(*protobuf.FamilyCodesRequest) {
	s.client.Send(wire.FamilyCodes, &protobuf.FamilyCodes{FamilyCodes: []*protobuf.FamilyCode{
		{AccountId: proto.String("*"), FamilyCode: proto.String("")},
	}})
}

// ReqSoftDollarTiers answers with no tiers, as captured from a Gateway at 225: they are for
// registered professional advisors and funds.
func (s *Session) ReqSoftDollarTiers(m *protobuf.SoftDollarTiersRequest) {
	s.client.Send(wire.SoftDollarTiers, &protobuf.SoftDollarTiers{ReqId: m.ReqId})
}

// ReqMatchingSymbols sends the instruments that a pattern can mean, and what is listed on each.
func (s *Session) ReqMatchingSymbols(m *protobuf.MatchingSymbolsRequest) {
	var samples []*protobuf.ContractDescription
	listed := s.exchange.Market()
	for _, i := range listed.Match(m.GetPattern()) {
		c := &protobuf.Contract{
			ConId: client.Num(i.ConID), Symbol: proto.String(i.Symbol), SecType: proto.String(string(i.SecType)),
			PrimaryExch: proto.String(contract.Listing(i)), Currency: proto.String(i.Currency),
			Description: proto.String(i.LongName),
		}
		d := &protobuf.ContractDescription{Contract: c}
		for _, kind := range listed.Derivatives(i) {
			d.DerivativeSecTypes = append(d.DerivativeSecTypes, string(kind))
		}
		samples = append(samples, d)
	}
	s.client.Send(wire.SymbolSamples, &protobuf.SymbolSamples{
		ReqId: m.ReqId, ContractDescriptions: samples,
	})
}
