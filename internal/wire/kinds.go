package wire

// The messages of both directions that have names of their own here; the tables hold more, to be
// found with ParseKind or KindOf. Names and ids are IBKR's (message.go of the API clients).
const (
	ReqMktData           Kind = 1
	CancelMktData        Kind = 2
	PlaceOrder           Kind = 3
	CancelOrder          Kind = 4
	ReqOpenOrders        Kind = 5
	ReqAccountUpdates    Kind = 6
	ReqExecutions        Kind = 7
	ReqIds               Kind = 8
	ReqContractDetails   Kind = 9
	SetServerLogLevel    Kind = 14
	ReqAutoOpenOrders    Kind = 15
	ReqAllOpenOrders     Kind = 16
	ReqManagedAccts      Kind = 17
	ReqHistoricalData    Kind = 20
	CancelHistoricalData Kind = 25
	ReqCurrentTime       Kind = 49
	ReqRealTimeBars      Kind = 50
	CancelRealTimeBars   Kind = 51
	ReqGlobalCancel      Kind = 58
	ReqMarketDataType    Kind = 59
	ReqPositions         Kind = 61
	ReqAccountSummary    Kind = 62
	CancelAccountSummary Kind = 63
	CancelPositions      Kind = 64
	StartAPI             Kind = 71

	ReqPositionsMulti         Kind = 74
	CancelPositionsMulti      Kind = 75
	ReqAccountUpdatesMulti    Kind = 76
	CancelAccountUpdatesMulti Kind = 77

	ReqHeadTimestamp       Kind = 87
	CancelHeadTimestamp    Kind = 90
	ReqPnL                 Kind = 92
	CancelPnL              Kind = 93
	ReqPnLSingle           Kind = 94
	CancelPnLSingle        Kind = 95
	ReqCompletedOrders     Kind = 99
	ReqUserInfo            Kind = 104
	ReqCurrentTimeInMillis Kind = 105

	TickPrice             = serverKind | 1
	TickSize              = serverKind | 2
	OrderStatus           = serverKind | 3
	ErrorMessage          = serverKind | 4
	OpenOrder             = serverKind | 5
	AccountValue          = serverKind | 6
	PortfolioValue        = serverKind | 7
	AccountUpdateTime     = serverKind | 8
	NextValidID           = serverKind | 9
	ContractData          = serverKind | 10
	ExecutionDetails      = serverKind | 11
	ManagedAccounts       = serverKind | 15
	HistoricalData        = serverKind | 17
	TickGeneric           = serverKind | 45
	TickString            = serverKind | 46
	CurrentTime           = serverKind | 49
	RealTimeBars          = serverKind | 50
	ContractDataEnd       = serverKind | 52
	OpenOrderEnd          = serverKind | 53
	AccountDownloadEnd    = serverKind | 54
	ExecutionDetailsEnd   = serverKind | 55
	TickSnapshotEnd       = serverKind | 57
	MarketDataType        = serverKind | 58
	CommissionReport      = serverKind | 59
	Position              = serverKind | 61
	PositionEnd           = serverKind | 62
	AccountSummary        = serverKind | 63
	AccountSummaryEnd     = serverKind | 64
	PositionMulti         = serverKind | 71
	PositionMultiEnd      = serverKind | 72
	AccountUpdateMulti    = serverKind | 73
	AccountUpdateMultiEnd = serverKind | 74
	TickReqParams         = serverKind | 81
	HeadTimestamp         = serverKind | 88
	HistoricalDataUpdate  = serverKind | 90
	PnL                   = serverKind | 94
	PnLSingle             = serverKind | 95
	OrderBound            = serverKind | 100
	CompletedOrder        = serverKind | 101
	CompletedOrdersEnd    = serverKind | 102
	HistoricalSchedule    = serverKind | 106
	UserInfo              = serverKind | 107
	HistoricalDataEnd     = serverKind | 108
	CurrentTimeInMillis   = serverKind | 109
)
