package wire

import pb "github.com/scmhub/ibapi/protobuf"

// sessionFamily starts a session, and asks for its time, ids and accounts.
var sessionFamily = []spec{
	row(StartAPI, "startApi", 213, startAPI),
	row(ReqCurrentTime, "reqCurrentTime", 213, versionOnly[*pb.CurrentTimeRequest]("1")),
	row(CurrentTime, "currentTime", 213, currentTime),
	row(ReqCurrentTimeInMillis, "reqCurrentTimeInMillis", 213,
		noFields[*pb.CurrentTimeInMillisRequest]).since(197),
	row(CurrentTimeInMillis, "currentTimeInMillis", 213, currentTimeInMillis).since(197),
	row(ReqManagedAccts, "reqManagedAccts", 207, versionOnly[*pb.ManagedAccountsRequest]("1")),
	row(ManagedAccounts, "managedAccounts", 207, managedAccounts),
	row(ReqIds, "reqIds", 213, reqIDs),
	row(NextValidID, "nextValidId", 213, nextValidID),
	row(SetServerLogLevel, "setServerLogLevel", 213, setServerLogLevel),
	row(ErrorMessage, "errMsg", 201, errorMessage),
	row(ReqUserInfo, "reqUserInfo", 212, reqUserInfo).since(167),
	row(UserInfo, "userInfo", 212, userInfo).since(167),
}

// versionOnly is the layout of a message that is nothing but its layout version.
func versionOnly[P any](v string) func(*fields, P) {
	return func(f *fields, _ P) { f.fixed(v) }
}

// noFields is the layout of a message that is nothing but its id.
func noFields[P any](*fields, P) {}

func startAPI(f *fields, m *pb.StartApiRequest) {
	f.fixed("2")
	f.int(&m.ClientId, zero)
	f.required()
	f.str(&m.OptionalCapabilities)
}

func currentTime(f *fields, m *pb.CurrentTime) {
	f.fixed("1")
	f.long(&m.CurrentTime, zero)
	f.required()
}

func currentTimeInMillis(f *fields, m *pb.CurrentTimeInMillis) {
	f.long(&m.CurrentTimeInMillis, zero)
	f.required()
}

func managedAccounts(f *fields, m *pb.ManagedAccounts) {
	f.fixed("1")
	f.str(&m.AccountsList)
	f.required()
}

func reqIDs(f *fields, m *pb.IdsRequest) {
	f.fixed("1")
	f.int(&m.NumIds, zero)
}

func nextValidID(f *fields, m *pb.NextValidId) {
	f.fixed("1")
	f.int(&m.OrderId, zero)
	f.required()
}

func setServerLogLevel(f *fields, m *pb.SetServerLogLevelRequest) {
	f.fixed("1")
	f.int(&m.LogLevel, zero)
	f.required()
}

// errorMessage gained the advanced reject at 166, and at 194 the time instead of its version.
func errorMessage(f *fields, m *pb.ErrorMessage) {
	if f.version < 194 {
		f.fixed("2")
	}
	f.int(&m.Id, "-1")
	f.int(&m.ErrorCode, zero)
	f.escaped(&m.ErrorMsg)
	f.required()
	if f.version >= 166 {
		f.str(&m.AdvancedOrderRejectJson)
	}
	if f.version >= 194 {
		f.long(&m.ErrorTime, empty)
	}
}

func reqUserInfo(f *fields, m *pb.UserInfoRequest) { f.onlyID(&m.ReqId) }

func userInfo(f *fields, m *pb.UserInfo) {
	f.int(&m.ReqId, zero)
	f.required()
	f.str(&m.WhiteBrandingId)
}
