package session

import (
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/account"
	"ibsoak/fakegateway/session/advisor"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/display"
	"ibsoak/fakegateway/session/history"
	"ibsoak/fakegateway/session/marketdata"
	"ibsoak/fakegateway/session/orders"
	"ibsoak/fakegateway/session/reference"
	"ibsoak/fakegateway/session/settings"
	"ibsoak/internal/wire"
)

// requests is every request of the API: what of IBKR's it cannot do without, and what answers it.
var requests = map[wire.Kind]request{
	// The session itself.
	wire.StartAPI:               {needsNothing, on((*Session).repeatedStart)},
	wire.ReqCurrentTime:         {needsNothing, on((*Session).reqCurrentTime)},
	wire.ReqCurrentTimeInMillis: {needsNothing, on((*Session).reqCurrentTimeInMillis)},
	wire.ReqIds:                 {needsNothing, on((*Session).reqIds)},
	wire.ReqManagedAccts:        {needsNothing, on((*Session).reqManagedAccts)},
	wire.SetServerLogLevel:      {needsNothing, on((*Session).setServerLogLevel)},
	wire.ReqUserInfo:            {needsNothing, on((*Session).reqUserInfo)},
	wire.VerifyRequest:          {needsNothing, failVerification},
	wire.VerifyMessage:          {needsNothing, failVerification},
	wire.VerifyAndAuthRequest:   {needsNothing, failVerifyAndAuth},
	wire.VerifyAndAuthMessage:   {needsNothing, failVerifyAndAuth},

	// Orders and executions.
	wire.PlaceOrder:         {needsOrders, toOrders((*orders.Session).PlaceOrder)},
	wire.CancelOrder:        {needsOrders, toOrders((*orders.Session).CancelOrder)},
	wire.ReqGlobalCancel:    {needsOrders, toOrders((*orders.Session).ReqGlobalCancel)},
	wire.ExerciseOptions:    {needsOrders, toOrders((*orders.Session).ExerciseOptions)},
	wire.ReqOpenOrders:      {needsOrders, toOrders((*orders.Session).ReqOpenOrders)},
	wire.ReqAllOpenOrders:   {needsOrders, toOrders((*orders.Session).ReqAllOpenOrders)},
	wire.ReqAutoOpenOrders:  {needsNothing, toOrders((*orders.Session).ReqAutoOpenOrders)},
	wire.ReqCompletedOrders: {needsOrders, toOrders((*orders.Session).ReqCompletedOrders)},
	wire.ReqExecutions:      {needsOrders, toOrders((*orders.Session).ReqExecutions)},

	// Accounts.
	wire.ReqAccountUpdates:         {needsOrders, toAccount((*account.Session).ReqAccountUpdates)},
	wire.ReqAccountSummary:         {needsOrders, toAccount((*account.Session).ReqAccountSummary)},
	wire.CancelAccountSummary:      {needsNothing, toAccount((*account.Session).CancelAccountSummary)},
	wire.ReqAccountUpdatesMulti:    {needsOrders, toAccount((*account.Session).ReqAccountUpdatesMulti)},
	wire.CancelAccountUpdatesMulti: {needsNothing, toAccount((*account.Session).CancelAccountUpdatesMulti)},
	wire.ReqPositions:              {needsOrders, toAccount((*account.Session).ReqPositions)},
	wire.CancelPositions:           {needsNothing, toAccount((*account.Session).CancelPositions)},
	wire.ReqPositionsMulti:         {needsOrders, toAccount((*account.Session).ReqPositionsMulti)},
	wire.CancelPositionsMulti:      {needsNothing, toAccount((*account.Session).CancelPositionsMulti)},
	wire.ReqPnL:                    {needsOrders, toAccount((*account.Session).ReqPnL)},
	wire.CancelPnL:                 {needsNothing, toAccount((*account.Session).CancelPnL)},
	wire.ReqPnLSingle:              {needsOrders, toAccount((*account.Session).ReqPnLSingle)},
	wire.CancelPnLSingle:           {needsNothing, toAccount((*account.Session).CancelPnLSingle)},

	// Market data.
	wire.ReqMarketDataType:                {needsNothing, toMarketData((*marketdata.Session).ReqMarketDataType)},
	wire.ReqMktData:                       {needsQuotes, toMarketData((*marketdata.Session).ReqMktData)},
	wire.CancelMktData:                    {needsNothing, toMarketData((*marketdata.Session).CancelMktData)},
	wire.ReqMktDepth:                      {needsQuotes, toMarketData((*marketdata.Session).ReqMktDepth)},
	wire.CancelMktDepth:                   {needsNothing, toMarketData((*marketdata.Session).CancelMktDepth)},
	wire.ReqMktDepthExchanges:             {needsNothing, toMarketData((*marketdata.Session).ReqMktDepthExchanges)},
	wire.ReqTickByTickData:                {needsQuotes, toMarketData((*marketdata.Session).ReqTickByTickData)},
	wire.CancelTickByTickData:             {needsNothing, toMarketData((*marketdata.Session).CancelTickByTickData)},
	wire.ReqRealTimeBars:                  {needsQuotes, toMarketData((*marketdata.Session).ReqRealTimeBars)},
	wire.CancelRealTimeBars:               {needsNothing, toMarketData((*marketdata.Session).CancelRealTimeBars)},
	wire.CalculateImpliedVolatility:       {needsQuotes, toMarketData((*marketdata.Session).CalculateImpliedVolatility)},
	wire.CancelCalculateImpliedVolatility: {needsNothing, quiet},
	wire.CalculateOptionPrice:             {needsQuotes, toMarketData((*marketdata.Session).CalculateOptionPrice)},
	wire.CancelCalculateOptionPrice:       {needsNothing, quiet},
	wire.ReqScannerParameters:             {needsNothing, toMarketData((*marketdata.Session).ReqScannerParameters)},
	wire.ReqScannerSubscription:           {needsNothing, toMarketData((*marketdata.Session).ReqScannerSubscription)},
	wire.CancelScannerSubscription:        {needsNothing, toMarketData((*marketdata.Session).CancelScannerSubscription)},

	// History.
	wire.ReqHistoricalData:     {needsHistory, toHistory((*history.Session).ReqHistoricalData)},
	wire.CancelHistoricalData:  {needsNothing, toHistory((*history.Session).CancelHistoricalData)},
	wire.ReqHeadTimestamp:      {needsHistory, toHistory((*history.Session).ReqHeadTimestamp)},
	wire.CancelHeadTimestamp:   {needsNothing, toHistory((*history.Session).CancelHeadTimestamp)},
	wire.ReqHistogramData:      {needsHistory, toHistory((*history.Session).ReqHistogramData)},
	wire.CancelHistogramData:   {needsNothing, toHistory((*history.Session).CancelHistogramData)},
	wire.ReqHistoricalTicks:    {needsHistory, toHistory((*history.Session).ReqHistoricalTicks)},
	wire.CancelHistoricalTicks: {needsNothing, toHistory((*history.Session).CancelHistoricalTicks)},

	// Reference data.
	wire.ReqContractDetails:    {needsContracts, toReference((*reference.Session).ReqContractDetails)},
	wire.CancelContractData:    {needsNothing, quiet},
	wire.ReqMatchingSymbols:    {needsContracts, toReference((*reference.Session).ReqMatchingSymbols)},
	wire.ReqSecDefOptParams:    {needsContracts, toReference((*reference.Session).ReqSecDefOptParams)},
	wire.ReqSmartComponents:    {needsNothing, toReference((*reference.Session).ReqSmartComponents)},
	wire.ReqMarketRule:         {needsNothing, toReference((*reference.Session).ReqMarketRule)},
	wire.ReqFamilyCodes:        {needsNothing, toReference((*reference.Session).ReqFamilyCodes)},
	wire.ReqSoftDollarTiers:    {needsNothing, toReference((*reference.Session).ReqSoftDollarTiers)},
	wire.ReqNewsProviders:      {needsNothing, toReference((*reference.Session).ReqNewsProviders)},
	wire.ReqHistoricalNews:     {needsNothing, toReference((*reference.Session).ReqHistoricalNews)},
	wire.ReqNewsArticle:        {needsNothing, toReference((*reference.Session).ReqNewsArticle)},
	wire.ReqNewsBulletins:      {needsNothing, quiet},
	wire.CancelNewsBulletins:   {needsNothing, quiet},
	wire.ReqWshMetaData:        {needsNothing, always(noNewsFeed)},
	wire.CancelWshMetaData:     {needsNothing, quiet},
	wire.ReqWshEventData:       {needsNothing, always(noNewsFeed)},
	wire.CancelWshEventData:    {needsNothing, quiet},
	wire.ReqFundamentalData:    {needsNothing, always(noFundamentals)},
	wire.CancelFundamentalData: {needsNothing, quiet},

	// An advisor's groups.
	wire.ReqFA:     {needsNothing, toAdvisor((*advisor.Session).ReqFA)},
	wire.ReplaceFA: {needsNothing, toAdvisor((*advisor.Session).ReplaceFA)},

	// The configuration window and the linked windows.
	wire.ReqConfig:                  {needsNothing, toSettings((*settings.Session).ReqConfig)},
	wire.UpdateConfig:               {needsNothing, toSettings((*settings.Session).UpdateConfig)},
	wire.QueryDisplayGroups:         {needsNothing, toDisplay((*display.Session).QueryDisplayGroups)},
	wire.SubscribeToGroupEvents:     {needsNothing, toDisplay((*display.Session).SubscribeToGroupEvents)},
	wire.UpdateDisplayGroup:         {needsNothing, toDisplay((*display.Session).UpdateDisplayGroup)},
	wire.UnsubscribeFromGroupEvents: {needsNothing, toDisplay((*display.Session).UnsubscribeFromGroupEvents)},
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
	needsNothing need = iota // the Gateway answers by itself
	needsOrders              // orders and books: it waits until the connection is restored
	needsQuotes              // live market data
	needsHistory
	needsContracts
)

// handler answers one kind of request.
type handler func(*Session, proto.Message)

// quiet is a request that a Gateway does not answer: there is nothing to tell, or an answer has
// always been sent by the time that it is cancelled.
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

func toAdvisor[P proto.Message](f func(*advisor.Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s.advisor, m.(P)) }
}

func toSettings[P proto.Message](f func(*settings.Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s.settings, m.(P)) }
}

func toDisplay[P proto.Message](f func(*display.Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s.display, m.(P)) }
}
