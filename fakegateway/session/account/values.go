package account

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
)

// value is one account value on its way to a client.
type value struct{ account, key, value, currency string }

// centScale is how many digits amounts of money have.
const centScale = 2

// money writes an amount in whole cents.
func money(d decimal.Decimal) string { return d.Round(centScale).Pad(centScale).String() }

// zeroValues are in every account's list, and no position here ever moves them.
var zeroValues = []string{
	"AccruedCash", "AccruedDividend", "Billable", "Guarantee", "IncentiveCoupons",
	"IndianStockHaircut", "NetLiquidationUncertainty", "PASharesValue", "PhysicalCertificateValue",
	"PostExpirationExcess", "PostExpirationMargin", "TotalDebitCardPendingCharges",
}

// accountTags are what a Gateway says of an account as a whole, by name: the list of a login with
// one segment, as captured at 225, and what accounts in the United States have beside it.
func (s *Session) accountTags(v *exchange.View, c scope, b exchange.Balances) []value {
	var tags []value
	plain := func(key, text string) { tags = append(tags, value{c.name, key, text, ""}) }
	base := func(key string, d decimal.Decimal) {
		tags = append(tags, value{c.name, key, money(d), contract.USD})
	}
	plain("AccountCode", c.name)
	plain("AccountReady", "true")
	plain("AccountType", s.accountType(c))
	plain("ColumnPrio-S", "1")
	plain("Cushion", quotient(b.ExcessLiquidity, b.NetLiquidation, cushionScale))
	plain("DayTradesRemaining", "-1") // no limit
	plain("Leverage-S", quotient(b.GrossPositionValue, b.NetLiquidation, centScale))
	plain("LookAheadNextChange", strconv.FormatInt(nextMarginChange(v.Now()).Unix(), 10))
	plain("NLVAndMarginInReview", "false")
	plain("SegmentTitle-S", "US Securities")
	plain("TradingType-S", "STKNOPT")
	plain("WhatIfPMEnabled", "true")
	for _, key := range zeroValues {
		base(key, decimal.Zero)
	}
	for _, prefix := range []string{"", "Full", "LookAhead"} {
		base(prefix+"AvailableFunds", b.AvailableFunds)
		base(prefix+"ExcessLiquidity", b.ExcessLiquidity)
		base(prefix+"InitMarginReq", b.InitialMargin)
		base(prefix+"MaintMarginReq", b.MaintenanceMargin)
	}
	base("BuyingPower", b.BuyingPower)
	base("EquityWithLoanValue", b.NetLiquidation)
	base("GrossPositionValue", b.GrossPositionValue)
	base("NetLiquidation", b.NetLiquidation)
	base("PreviousDayEquityWithLoanValue", client.Must(b.NetLiquidation.Sub(s.profit(v, c, 0).daily)))
	base("RegTEquity", b.NetLiquidation)
	base("RegTMargin", b.InitialMargin)
	base("SMA", b.AvailableFunds)
	base("TotalCashValue", b.Cash)
	slices.SortStableFunc(tags, byKey)
	return tags
}

func byKey(a, b value) int { return strings.Compare(a.key, b.key) }

// accountType is IBKR's word for whose account it is.
func (s *Session) accountType(c scope) string {
	if own := s.login.accounts.Account(); own != "" && strings.HasPrefix(c.name, own) {
		return "ADVISOR"
	}
	return "INDIVIDUAL"
}

// cushionScale is how many digits a cushion has, as captured.
const cushionScale = 6

// quotient writes a quotient, and 0 for that of nothing.
func quotient(part, whole decimal.Decimal, scale int) string {
	if !whole.IsPos() {
		return "0"
	}
	return client.Must(part.Quo(whole)).Round(scale).String()
}

// nextMarginChange is when look-ahead margins apply: 20:00 in New York, as captured.
func nextMarginChange(now time.Time) time.Time {
	y, m, d := now.In(market.Eastern).Date()
	change := time.Date(y, m, d, 20, 0, 0, 0, market.Eastern)
	if !change.After(now) {
		change = change.AddDate(0, 0, 1)
	}
	return change
}

// baseCurrency is the pseudo-currency of sums over all currencies.
const baseCurrency = "BASE"

// ledgers are an account by currency, each in the order captured at 225: foreign ones by name, US
// dollars, and the sums.
func (s *Session) ledgers(v *exchange.View, c scope, b exchange.Balances) []value {
	realized := s.realized(v, c)
	var rows []value
	sum := exchange.CurrencyBalance{
		Currency: baseCurrency, Rate: decimal.One, Cash: b.Cash,
		NetValue: b.NetLiquidation, UnrealizedPnL: b.UnrealizedPnL,
	}
	currencies := slices.Clone(b.Currencies)
	slices.SortFunc(currencies, func(a, b exchange.CurrencyBalance) int {
		return strings.Compare(a.Currency, b.Currency)
	})
	for _, cur := range currencies {
		cur.RealizedPnL = realized[cur.Currency]
		rows = append(rows, ledger(c.name, cur)...)
		addAll(
			term{&sum.StockValue, convert(cur.StockValue, cur.Rate)},
			term{&sum.OptionValue, convert(cur.OptionValue, cur.Rate)},
			term{&sum.FuturesPnL, convert(cur.FuturesPnL, cur.Rate)},
			term{&sum.RealizedPnL, convert(cur.RealizedPnL, cur.Rate)},
		)
	}
	return append(rows, ledger(c.name, sum)...)
}

// realized is what a scope's accounts have earned today by closing positions, by currency.
func (s *Session) realized(v *exchange.View, c scope) map[string]decimal.Decimal {
	realized := make(map[string]decimal.Decimal)
	for _, account := range c.accounts {
		for _, p := range s.profits(v, account) {
			currency := p.instrument.Currency
			realized[currency] = client.Must(realized[currency].Add(p.realized))
		}
	}
	return realized
}

// rateScale is how many digits a rate of exchange has, as captured.
const rateScale = 7

// ledger is one currency's part of an account.
func ledger(account string, c exchange.CurrencyBalance) []value {
	zero := decimal.Zero
	rate := c.Rate.Round(rateScale).Trim(centScale).Pad(centScale).String()
	rows := []value{
		{key: "Currency", value: c.Currency},
		{key: "CashBalance", value: money(c.Cash)},
		{key: "TotalCashBalance", value: money(c.Cash)},
		{key: "AccruedCash", value: money(zero)},
		{key: "StockMarketValue", value: money(c.StockValue)},
		{key: "OptionMarketValue", value: money(c.OptionValue)},
		{key: "FutureOptionValue", value: money(zero)},
		{key: "FuturesPNL", value: money(c.FuturesPnL)},
		{key: "NetLiquidationByCurrency", value: money(c.NetValue)},
		{key: "UnrealizedPnL", value: money(c.UnrealizedPnL)},
		{key: "RealizedPnL", value: money(c.RealizedPnL)},
		{key: "ExchangeRate", value: rate},
	}
	for _, key := range []string{
		"FundValue", "NetDividend", "MutualFundValue", "MoneyMarketFundValue",
		"CorporateBondValue", "TBondValue", "TBillValue", "WarrantValue", "FxCashBalance",
	} {
		rows = append(rows, value{key: key, value: money(zero)})
	}
	rows = append(
		rows,
		value{key: "AccountOrGroup", value: account}, value{key: "RealCurrency", value: c.Currency},
		value{key: "IssuerOptionValue", value: money(zero)},
		value{key: "Cryptocurrency", value: money(zero)},
	)
	for i := range rows {
		rows[i].account, rows[i].currency = account, c.Currency
	}
	return rows
}
