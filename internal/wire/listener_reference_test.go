package wire_test

import (
	"github.com/scmhub/ibapi"
	pb "github.com/scmhub/ibapi/protobuf"
)

// The callbacks of reference data, advisors, calendars, and the programs around TWS.

func (l *listener) BondContractDetails(reqID int64, details *ibapi.ContractDetails) {
	l.hear("BondContractDetails", reqID, details)
}

func (l *listener) SymbolSamples(reqID int64, descriptions []ibapi.ContractDescription) {
	l.hear("SymbolSamples", reqID, descriptions)
}

func (l *listener) MarketRule(id int64, increments []ibapi.PriceIncrement) {
	l.hear("MarketRule", id, increments)
}

func (l *listener) SmartComponents(reqID int64, components []ibapi.SmartComponent) {
	l.hear("SmartComponents", reqID, components)
}

func (l *listener) ReceiveFA(kind ibapi.FaDataType, xml string) {
	l.hear("ReceiveFA", int64(kind), xml)
}

func (l *listener) ReplaceFAEnd(reqID int64, text string) { l.hear("ReplaceFAEnd", reqID, text) }

func (l *listener) SoftDollarTiers(reqID int64, tiers []ibapi.SoftDollarTier) {
	l.hear("SoftDollarTiers", reqID, tiers)
}

func (l *listener) FamilyCodes(codes []ibapi.FamilyCode) { l.hear("FamilyCodes", codes) }

func (l *listener) WshMetaData(reqID int64, json string) { l.hear("WshMetaData", reqID, json) }

func (l *listener) WshEventData(reqID int64, json string) { l.hear("WshEventData", reqID, json) }

func (l *listener) DisplayGroupList(reqID int64, groups string) {
	l.hear("DisplayGroupList", reqID, groups)
}

func (l *listener) DisplayGroupUpdated(reqID int64, contractInfo string) {
	l.hear("DisplayGroupUpdated", reqID, contractInfo)
}

func (l *listener) VerifyMessageAPI(data string) { l.hear("VerifyMessageAPI", data) }

func (l *listener) VerifyCompleted(ok bool, text string) { l.hear("VerifyCompleted", ok, text) }

func (l *listener) VerifyAndAuthMessageAPI(data, challenge string) {
	l.hear("VerifyAndAuthMessageAPI", data, challenge)
}

func (l *listener) VerifyAndAuthCompleted(ok bool, text string) {
	l.hear("VerifyAndAuthCompleted", ok, text)
}

func (l *listener) ConfigResponseProtoBuf(m *pb.ConfigResponse) {
	l.hear("ConfigResponseProtoBuf", m.GetReqId())
}

func (l *listener) UpdateConfigResponseProtoBuf(m *pb.UpdateConfigResponse) {
	l.hear("UpdateConfigResponseProtoBuf", m.GetReqId(), m.GetStatus())
}
