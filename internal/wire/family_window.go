package wire

import pb "github.com/scmhub/ibapi/protobuf"

// windowFamily is about programs around TWS: its windows' display groups, and the verification of
// third-party programs.
var windowFamily = []spec{
	row(QueryDisplayGroups, "queryDisplayGroups", 213, queryDisplayGroups),
	row(DisplayGroupList, "displayGroupList", 213, displayGroupList),
	row(SubscribeToGroupEvents, "subscribeToGroupEvents", 213, subscribeToGroupEvents),
	row(DisplayGroupUpdated, "displayGroupUpdated", 213, displayGroupUpdated),
	row(UpdateDisplayGroup, "updateDisplayGroup", 213, updateDisplayGroup),
	row(UnsubscribeFromGroupEvents, "unsubscribeFromGroupEvents", 213, unsubscribeFromGroupEvents),
	row(VerifyRequest, "verifyRequest", 213, verifyRequest),
	row(VerifyMessageAPI, "verifyMessageAPI", 213, verifyMessageAPI),
	row(VerifyMessage, "verifyMessage", 213, verifyMessage),
	row(VerifyCompleted, "verifyCompleted", 213, verifyCompleted),
	row(VerifyAndAuthRequest, "verifyAndAuthRequest", 0, verifyAndAuthRequest),
	row(VerifyAndAuthMsgAPI, "verifyAndAuthMessageAPI", 0, verifyAndAuthMessageAPI),
	row(VerifyAndAuthMessage, "verifyAndAuthMessage", 0, verifyAndAuthMessage),
	row(VerifyAndAuthCompleted, "verifyAndAuthCompleted", 0, verifyAndAuthCompleted),
}

func queryDisplayGroups(f *fields, m *pb.QueryDisplayGroupsRequest) { f.requestID("1", &m.ReqId) }

func displayGroupList(f *fields, m *pb.DisplayGroupList) {
	f.requestID("1", &m.ReqId)
	f.str(&m.Groups)
	f.required()
}

func subscribeToGroupEvents(f *fields, m *pb.SubscribeToGroupEventsRequest) {
	f.requestID("1", &m.ReqId)
	f.int(&m.GroupId, zero)
	f.required()
}

func displayGroupUpdated(f *fields, m *pb.DisplayGroupUpdated) {
	f.requestID("1", &m.ReqId)
	f.str(&m.ContractInfo)
	f.required()
}

func updateDisplayGroup(f *fields, m *pb.UpdateDisplayGroupRequest) {
	f.requestID("1", &m.ReqId)
	f.str(&m.ContractInfo)
	f.required()
}

func unsubscribeFromGroupEvents(f *fields, m *pb.UnsubscribeFromGroupEventsRequest) {
	f.requestID("1", &m.ReqId)
}

func verifyRequest(f *fields, m *pb.VerifyRequest) {
	f.fixed("1")
	f.str(&m.ApiName)
	f.str(&m.ApiVersion)
	f.required()
}

func verifyMessageAPI(f *fields, m *pb.VerifyMessageApi) {
	f.fixed("1")
	f.str(&m.ApiData)
	f.required()
}

func verifyMessage(f *fields, m *pb.VerifyMessageRequest) {
	f.fixed("1")
	f.str(&m.ApiData)
	f.required()
}

func verifyCompleted(f *fields, m *pb.VerifyCompleted) {
	f.fixed("1")
	f.truth(&m.IsSuccessful)
	f.str(&m.ErrorText)
	f.required()
}

func verifyAndAuthRequest(f *fields, m *VerifyAndAuthRequestBody) {
	f.fixed("1")
	f.str(&m.ApiName)
	f.str(&m.ApiVersion)
	f.str(&m.OpaqueIsvKey)
	f.required()
}

func verifyAndAuthMessageAPI(f *fields, m *VerifyAndAuthMsgAPIBody) {
	f.fixed("1")
	f.str(&m.ApiData)
	f.str(&m.XyzChallenge)
	f.required()
}

// verifyAndAuthMessage never arrives from github.com/scmhub/ibapi v0.10.47, which sends it under
// the id of verifyMessage.
func verifyAndAuthMessage(f *fields, m *VerifyAndAuthMessageBody) {
	f.fixed("1")
	f.str(&m.ApiData)
	f.str(&m.XyzResponse)
	f.required()
}

func verifyAndAuthCompleted(f *fields, m *VerifyAndAuthCompletedBody) {
	f.fixed("1")
	f.truth(&m.IsSuccessful)
	f.str(&m.ErrorText)
	f.required()
}

// truth is a bool that is spelled in words: IBKR's Java client compares the field with "true".
func (f *fields) truth(p **bool) {
	if f.reading {
		f.flag(p)
		return
	}
	if *p != nil && **p {
		f.put("true")
	} else {
		f.put("false")
	}
}
