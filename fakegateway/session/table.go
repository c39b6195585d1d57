package session

import (
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/account"
	"ibsoak/fakegateway/session/advisor"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/display"
	"ibsoak/fakegateway/session/history"
	"ibsoak/fakegateway/session/marketdata"
	"ibsoak/fakegateway/session/news"
	"ibsoak/fakegateway/session/orders"
	"ibsoak/fakegateway/session/reference"
	"ibsoak/fakegateway/session/settings"
	"ibsoak/internal/wire"
)

// requests is every request of the API: what of IBKR's it cannot do without, and what answers it.
var requests = map[wire.Kind]request{
	// The session itself.
	wire.StartAPI:               {local, on((*Session).repeatedStart)},
	wire.ReqCurrentTime:         {local, on((*Session).reqCurrentTime)},
	wire.ReqCurrentTimeInMillis: {local, on((*Session).reqCurrentTimeInMillis)},
	wire.ReqIds:                 {local, on((*Session).reqIds)},
	wire.ReqManagedAccts:        {local, on((*Session).reqManagedAccts)},
	wire.SetServerLogLevel:      {local, on((*Session).setServerLogLevel)},
	wire.ReqUserInfo:            {local, on((*Session).reqUserInfo)},
	wire.VerifyRequest:          {local, failVerification},
	wire.VerifyMessage:          {local, failVerification},
	wire.VerifyAndAuthRequest:   {local, failVerifyAndAuth},
	wire.VerifyAndAuthMessage:   {local, failVerifyAndAuth},

	// Orders and executions.
	wire.PlaceOrder:         {needsOrders, toOrders((*orders.Session).PlaceOrder)},
	wire.CancelOrder:        {needsOrders, toOrders((*orders.Session).CancelOrder)},
	wire.ReqGlobalCancel:    {needsOrders, toOrders((*orders.Session).ReqGlobalCancel)},
	wire.ExerciseOptions:    {needsOrders, toOrders((*orders.Session).ExerciseOptions)},
	wire.ReqOpenOrders:      {needsOrders, toOrders((*orders.Session).ReqOpenOrders)},
	wire.ReqAllOpenOrders:   {needsOrders, toOrders((*orders.Session).ReqAllOpenOrders)},
	wire.ReqAutoOpenOrders:  {local, toOrders((*orders.Session).ReqAutoOpenOrders)},
	wire.ReqCompletedOrders: {needsOrders, toOrders((*orders.Session).ReqCompletedOrders)},
	wire.ReqExecutions:      {needsOrders, toOrders((*orders.Session).ReqExecutions)},

	// Accounts.
	wire.ReqAccountUpdates:         {needsOrders, toAccount((*account.Session).ReqAccountUpdates)},
	wire.ReqAccountSummary:         {needsOrders, toAccount((*account.Session).ReqAccountSummary)},
	wire.CancelAccountSummary:      {local, toAccount((*account.Session).CancelAccountSummary)},
	wire.ReqAccountUpdatesMulti:    {needsOrders, toAccount((*account.Session).ReqAccountUpdatesMulti)},
	wire.CancelAccountUpdatesMulti: {local, toAccount((*account.Session).CancelAccountUpdatesMulti)},
	wire.ReqPositions:              {needsOrders, toAccount((*account.Session).ReqPositions)},
	wire.CancelPositions:           {local, toAccount((*account.Session).CancelPositions)},
	wire.ReqPositionsMulti:         {needsOrders, toAccount((*account.Session).ReqPositionsMulti)},
	wire.CancelPositionsMulti:      {local, toAccount((*account.Session).CancelPositionsMulti)},
	wire.ReqPnL:                    {needsOrders, toAccount((*account.Session).ReqPnL)},
	wire.CancelPnL:                 {local, toAccount((*account.Session).CancelPnL)},
	wire.ReqPnLSingle:              {needsOrders, toAccount((*account.Session).ReqPnLSingle)},
	wire.CancelPnLSingle:           {local, toAccount((*account.Session).CancelPnLSingle)},

	// Market data.
	wire.ReqMarketDataType:    {local, toMarketData((*marketdata.Session).ReqMarketDataType)},
	wire.ReqMktData:           {needsQuotes, toMarketData((*marketdata.Session).ReqMktData)},
	wire.CancelMktData:        {local, toMarketData((*marketdata.Session).CancelMktData)},
	wire.ReqMktDepth:          {needsQuotes, toMarketData((*marketdata.Session).ReqMktDepth)},
	wire.CancelMktDepth:       {local, toMarketData((*marketdata.Session).CancelMktDepth)},
	wire.ReqMktDepthExchanges: {local, toMarketData((*marketdata.Session).ReqMktDepthExchanges)},
	wire.ReqTickByTickData:    {needsQuotes, toMarketData((*marketdata.Session).ReqTickByTickData)},
	wire.CancelTickByTickData: {local, toMarketData((*marketdata.Session).CancelTickByTickData)},
	wire.ReqRealTimeBars:      {needsQuotes, toMarketData((*marketdata.Session).ReqRealTimeBars)},
	wire.CancelRealTimeBars:   {local, toMarketData((*marketdata.Session).CancelRealTimeBars)},
	wire.CalculateImpliedVolatility: {
		needsQuotes, toMarketData((*marketdata.Session).CalculateImpliedVolatility),
	},
	wire.CancelCalculateImpliedVolatility: {local, quiet},
	wire.CalculateOptionPrice:             {needsQuotes, toMarketData((*marketdata.Session).CalculateOptionPrice)},
	wire.CancelCalculateOptionPrice:       {local, quiet},
	wire.ReqScannerParameters:             {local, toMarketData((*marketdata.Session).ReqScannerParameters)},
	wire.ReqScannerSubscription:           {local, toMarketData((*marketdata.Session).ReqScannerSubscription)},
	wire.CancelScannerSubscription:        {local, toMarketData((*marketdata.Session).CancelScannerSubscription)},

	// History.
	wire.ReqHistoricalData:     {needsHistory, toHistory((*history.Session).ReqHistoricalData)},
	wire.CancelHistoricalData:  {local, toHistory((*history.Session).CancelHistoricalData)},
	wire.ReqHeadTimestamp:      {needsHistory, toHistory((*history.Session).ReqHeadTimestamp)},
	wire.CancelHeadTimestamp:   {local, toHistory((*history.Session).CancelHeadTimestamp)},
	wire.ReqHistogramData:      {needsHistory, toHistory((*history.Session).ReqHistogramData)},
	wire.CancelHistogramData:   {local, toHistory((*history.Session).CancelHistogramData)},
	wire.ReqHistoricalTicks:    {needsHistory, toHistory((*history.Session).ReqHistoricalTicks)},
	wire.CancelHistoricalTicks: {local, toHistory((*history.Session).CancelHistoricalTicks)},

	// Reference data.
	wire.ReqContractDetails:    {needsContracts, toReference((*reference.Session).ReqContractDetails)},
	wire.CancelContractData:    {local, quiet},
	wire.ReqMatchingSymbols:    {needsContracts, toReference((*reference.Session).ReqMatchingSymbols)},
	wire.ReqSecDefOptParams:    {needsContracts, toReference((*reference.Session).ReqSecDefOptParams)},
	wire.ReqSmartComponents:    {local, toReference((*reference.Session).ReqSmartComponents)},
	wire.ReqMarketRule:         {local, toReference((*reference.Session).ReqMarketRule)},
	wire.ReqFamilyCodes:        {local, toReference((*reference.Session).ReqFamilyCodes)},
	wire.ReqSoftDollarTiers:    {local, toReference((*reference.Session).ReqSoftDollarTiers)},
	wire.ReqNewsProviders:      {local, toNews((*news.Session).ReqNewsProviders)},
	wire.ReqHistoricalNews:     {local, toNews((*news.Session).ReqHistoricalNews)},
	wire.ReqNewsArticle:        {local, toNews((*news.Session).ReqNewsArticle)},
	wire.ReqNewsBulletins:      {local, toNews((*news.Session).ReqNewsBulletins)},
	wire.CancelNewsBulletins:   {local, toNews((*news.Session).CancelNewsBulletins)},
	wire.ReqWshMetaData:        {local, always(noNewsFeed)},
	wire.CancelWshMetaData:     {local, quiet},
	wire.ReqWshEventData:       {local, always(noNewsFeed)},
	wire.CancelWshEventData:    {local, quiet},
	wire.ReqFundamentalData:    {local, always(noFundamentals)},
	wire.CancelFundamentalData: {local, quiet},

	// An advisor's groups.
	wire.ReqFA:     {local, toAdvisor((*advisor.Session).ReqFA)},
	wire.ReplaceFA: {local, toAdvisor((*advisor.Session).ReplaceFA)},

	// The configuration window and the linked windows.
	wire.ReqConfig:                  {local, toSettings((*settings.Session).ReqConfig)},
	wire.UpdateConfig:               {local, toSettings((*settings.Session).UpdateConfig)},
	wire.QueryDisplayGroups:         {local, toDisplay((*display.Session).QueryDisplayGroups)},
	wire.SubscribeToGroupEvents:     {local, toDisplay((*display.Session).SubscribeToGroupEvents)},
	wire.UpdateDisplayGroup:         {local, toDisplay((*display.Session).UpdateDisplayGroup)},
	wire.UnsubscribeFromGroupEvents: {local, toDisplay((*display.Session).UnsubscribeFromGroupEvents)},
}

// request is a row of the table.
type request struct {
	needs  need
	answer handler
}

// need is what of IBKR's a request cannot do without, in an outage or while another session has the
// market data (see outage.go).
type need uint8

const (
	local       need = iota // the Gateway answers by itself
	needsOrders             // orders and books: it waits until the connection is restored
	needsQuotes             // live market data
	needsHistory
	needsContracts
)

// handler answers one kind of request.
type handler func(*Session, proto.Message)

// quiet is a request that a Gateway does not answer: there is nothing to report, or the answer
// has always been sent before it can be cancelled.
func quiet(*Session, proto.Message) {}

// always answers every request of a kind with one error.
func always(r *client.Refusal) handler {
	return func(s *Session, m proto.Message) { s.client.Refuse(int(RequestID(m)), r) }
}

// Research that needs a subscription which a paper login does not have. The news feed's text is as
// captured from a Gateway at 225; the fundamentals' is what users of current Gateways report.
var (
	noNewsFeed     = client.Refused(client.CodeNoNewsFeed, client.TextNoNewsFeed)
	noFundamentals = client.Refused(10358, "Fundamentals data is not allowed.")
)

// on is a request that the session answers itself.
func on[P proto.Message](f func(*Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s, m.(P)) }
}

// The following are requests that a part of the session answers.

func toOrders[P proto.Message](f func(*orders.Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s.orders, m.(P)) }
}

func toAccount[P proto.Message](f func(*account.Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s.account, m.(P)) }
}

func toMarketData[P proto.Message](f func(*marketdata.Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s.marketData, m.(P)) }
}

func toHistory[P proto.Message](f func(*history.Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s.history, m.(P)) }
}

func toReference[P proto.Message](f func(*reference.Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s.reference, m.(P)) }
}

func toNews[P proto.Message](f func(*news.Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s.news, m.(P)) }
}

func toAdvisor[P proto.Message](f func(*advisor.Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s.advisor, m.(P)) }
}

func toSettings[P proto.Message](f func(*settings.Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s.settings, m.(P)) }
}

func toDisplay[P proto.Message](f func(*display.Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s.display, m.(P)) }
}
