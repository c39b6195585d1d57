package wire

import pb "github.com/scmhub/ibapi/protobuf"

// advisorFamily is for financial advisors and those who trade many accounts.
var advisorFamily = []spec{
	row(ReqFA, "reqFA", 211, reqFA),
	row(ReceiveFA, "receiveFA", 211, receiveFA),
	row(ReplaceFA, "replaceFA", 211, replaceFA),
	row(ReplaceFAEnd, "replaceFAEnd", 211, replaceFAEnd),
	row(ReqSoftDollarTiers, "reqSoftDollarTiers", 212, reqSoftDollarTiers),
	row(SoftDollarTiers, "softDollarTiers", 212, softDollarTiers),
	row(ReqFamilyCodes, "reqFamilyCodes", 212, noFields[*pb.FamilyCodesRequest]),
	row(FamilyCodes, "familyCodes", 212, familyCodes),
}

func reqFA(f *fields, m *pb.FARequest) {
	f.fixed("1")
	f.int(&m.FaDataType, zero)
	f.required()
}

func receiveFA(f *fields, m *pb.ReceiveFA) {
	f.fixed("1")
	f.int(&m.FaDataType, zero)
	f.str(&m.Xml)
	f.required()
}

// replaceFA has its request id at the end, where 157 appended it.
func replaceFA(f *fields, m *pb.FAReplace) {
	f.fixed("1")
	f.int(&m.FaDataType, zero)
	f.str(&m.Xml)
	f.required()
	f.int(&m.ReqId, zero)
}

func replaceFAEnd(f *fields, m *pb.ReplaceFAEnd) {
	f.int(&m.ReqId, zero)
	f.str(&m.Text)
	f.required()
}

func reqSoftDollarTiers(f *fields, m *pb.SoftDollarTiersRequest) { f.onlyID(&m.ReqId) }

func softDollarTiers(f *fields, m *pb.SoftDollarTiers) {
	f.int(&m.ReqId, zero)
	const fieldsEach = 3
	list(f, &m.SoftDollarTiers, fieldsEach, func(t *pb.SoftDollarTier) {
		f.str(&t.Name)
		f.str(&t.Value)
		f.str(&t.DisplayName)
	})
	f.required()
}

func familyCodes(f *fields, m *pb.FamilyCodes) {
	const fieldsEach = 2
	list(f, &m.FamilyCodes, fieldsEach, func(c *pb.FamilyCode) {
		f.str(&c.AccountId)
		f.str(&c.FamilyCode)
	})
	f.required()
}
