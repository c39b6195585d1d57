package session

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqFamilyCodes:     on((*Session).reqFamilyCodes),
		wire.ReqSoftDollarTiers: on((*Session).reqSoftDollarTiers),
		wire.ReqMatchingSymbols: on((*Session).reqMatchingSymbols),
	})
}

// reqFamilyCodes answers as captured from a Gateway at 200 whose login is in no family.
func (s *Session) reqFamilyCodes(*protobuf.FamilyCodesRequest) {
	s.send(wire.FamilyCodes, &protobuf.FamilyCodes{FamilyCodes: []*protobuf.FamilyCode{
		{AccountId: proto.String("*"), FamilyCode: proto.String("")},
	}})
}

// reqSoftDollarTiers answers with no tiers, as captured from a Gateway at 225: they are for
// registered professional advisors and funds.
func (s *Session) reqSoftDollarTiers(m *protobuf.SoftDollarTiersRequest) {
	s.send(wire.SoftDollarTiers, &protobuf.SoftDollarTiers{ReqId: m.ReqId})
}

// reqMatchingSymbols sends the instruments that a pattern can mean, and what is listed on each.
func (s *Session) reqMatchingSymbols(m *protobuf.MatchingSymbolsRequest) {
	var samples []*protobuf.ContractDescription
	listed := s.login.exchange.Market()
	for _, i := range listed.Match(m.GetPattern()) {
		c := &protobuf.Contract{
			ConId: num(i.ConID), Symbol: proto.String(i.Symbol), SecType: proto.String(string(i.SecType)),
			PrimaryExch: proto.String(listing(i)), Currency: proto.String(i.Currency),
			Description: proto.String(i.LongName),
		}
		d := &protobuf.ContractDescription{Contract: c}
		for _, kind := range listed.Derivatives(i) {
			d.DerivativeSecTypes = append(d.DerivativeSecTypes, string(kind))
		}
		samples = append(samples, d)
	}
	s.send(wire.SymbolSamples, &protobuf.SymbolSamples{
		ReqId: m.ReqId, ContractDescriptions: samples,
	})
}
