package fakegateway

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqAccountSummary:    on((*session).reqAccountSummary),
		wire.CancelAccountSummary: on((*session).cancelAccountSummary),
	})
}

const (
	// maxSummaries is IBKR's limit of account summary requests of one client.
	maxSummaries    = 2
	textTooManySums = "Error processing request.-'Q' : cause - Maximum number of account summary " +
		"requests exceeded; desubscribe to previous request first"

	// accountEvery is how often a Gateway repeats account values that have changed.
	accountEvery = 3 * time.Minute

	ledgerTag = "$LEDGER"
	groupAll  = "All"
)

// value is one account value on its way to a client.
type value struct{ account, key, value, currency string }

// summarySub is an active reqAccountSummary.
type summarySub struct {
	accounts []string
	tags     []string
	due      time.Time
	sent     map[value]bool
}

// reqAccountSummary sends the values asked for and their end, and from then on those that have
// changed. A Gateway keeps at most two such requests of a client.
func (s *session) reqAccountSummary(m *protobuf.AccountSummaryRequest) {
	id := int(m.GetReqId())
	accounts := s.srv.cfg.Accounts
	if g := m.GetGroup(); g != "" && !strings.EqualFold(g, groupAll) {
		if accounts = []string{g}; !slices.Contains(s.srv.cfg.Accounts, g) {
			s.fail(id, codeValidating, validating("Invalid account group '"+g+"'"))
			return
		}
	}
	s.mu.Lock()
	known := s.accounts.summaries[id] != nil
	full := !known && len(s.accounts.summaries) >= maxSummaries
	s.mu.Unlock()
	switch {
	case known:
		s.fail(id, codeProcessing, "Error processing request.-'Q' : cause - Duplicate ticker id")
		return
	case full:
		s.fail(id, codeProcessing, textTooManySums)
		return
	}
	sub := &summarySub{accounts: accounts, tags: splitTags(m.GetTags()), sent: make(map[value]bool)}
	s.srv.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.accounts.summaries[id] = sub
		s.sendSummary(v, id, sub)
		s.send(wire.AccountSummaryEnd, &protobuf.AccountSummaryEnd{ReqId: num(id)})
	})
}

func splitTags(list string) []string {
	var tags []string
	for t := range strings.SplitSeq(list, ",") {
		if t = strings.TrimSpace(t); t != "" {
			tags = append(tags, t)
		}
	}
	return tags
}

// sendSummary sends the values that the client does not have yet, and plans the next look.
func (s *session) sendSummary(v *exchange.View, id int, sub *summarySub) {
	var rows []value
	for _, account := range sub.accounts {
		rows = append(rows, summaryRows(v, account, sub.tags)...)
	}
	for _, row := range news(rows, &sub.sent) {
		s.send(wire.AccountSummary, &protobuf.AccountSummary{
			ReqId: num(id), Account: proto.String(row.account), Tag: proto.String(row.key),
			Value: proto.String(row.value), Currency: proto.String(row.currency),
		})
	}
	sub.due = v.Now().Add(accountEvery)
	v.WakeAt(sub.due)
}

// news are the rows that were not sent the last time; from now on, all of rows were.
func news(rows []value, sent *map[value]bool) []value {
	var fresh []value
	now := make(map[value]bool, len(rows))
	for _, row := range rows {
		now[row] = true
		if !(*sent)[row] {
			fresh = append(fresh, row)
		}
	}
	*sent = now
	return fresh
}

// cancelAccountSummary has no answer; a Gateway ignores ids that it does not know.
func (s *session) cancelAccountSummary(m *protobuf.CancelAccountSummary) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.accounts.summaries, int(m.GetReqId()))
}

// summaryRows are the values of some tags, in alphabetical order as Gateways send them. Unknown
// tags have no value.
func summaryRows(v *exchange.View, account string, tags []string) []value {
	var rows []value
	for _, row := range accountValues(v, account) {
		if row.currency != baseCurrency && slices.Contains(tags, row.key) {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b value) int { return strings.Compare(a.key, b.key) })
	for _, tag := range tags {
		if strings.HasPrefix(tag, ledgerTag) {
			rows = append(rows, ledger(v, account, currencyUSD)...)
		}
	}
	return rows
}

// baseCurrency is the pseudo-currency of sums over all currencies.
const baseCurrency = "BASE"

// accountValues are all values of an account as reqAccountUpdates sends them.
func accountValues(v *exchange.View, account string) []value {
	b := v.Balances(account)
	zero := decimal.MustNew(0, 2)
	money := func(key string, d decimal.Decimal) value {
		return value{account, key, d.String(), currencyUSD}
	}
	plain := func(key, text string) value { return value{account: account, key: key, value: text} }
	cushion := "1"
	if b.NetLiquidation.IsPos() {
		if q, err := b.AvailableFunds.Quo(b.NetLiquidation); err == nil {
			cushion = q.Round(6).String()
		}
	}
	leverage := zero
	if b.NetLiquidation.IsPos() {
		if q, err := b.GrossPositionValue.Quo(b.NetLiquidation); err == nil {
			leverage = q.Round(2)
		}
	}
	margin := must(b.NetLiquidation.Sub(b.AvailableFunds))
	rows := []value{
		plain("AccountCode", account), plain("AccountOrGroup", account),
		plain("AccountReady", "true"), plain("AccountType", "INDIVIDUAL"),
		money("AccruedCash", zero), money("AvailableFunds", b.AvailableFunds),
		money("BuyingPower", b.AvailableFunds), plain("Cushion", cushion),
		plain("DayTradesRemaining", "-1"), money("EquityWithLoanValue", b.NetLiquidation),
		money("ExcessLiquidity", b.AvailableFunds), money("FullAvailableFunds", b.AvailableFunds),
		money("FullExcessLiquidity", b.AvailableFunds), money("FullInitMarginReq", margin),
		money("FullMaintMarginReq", margin), money("GrossPositionValue", b.GrossPositionValue),
		money("InitMarginReq", margin), plain("Leverage", leverage.String()),
		money("LookAheadAvailableFunds", b.AvailableFunds),
		money("LookAheadExcessLiquidity", b.AvailableFunds),
		money("LookAheadInitMarginReq", margin), money("LookAheadMaintMarginReq", margin),
		plain("LookAheadNextChange", "0"), money("MaintMarginReq", margin),
		money("NetLiquidation", b.NetLiquidation),
		money("PreviousDayEquityWithLoanValue", b.NetLiquidation), money("SMA", b.AvailableFunds),
		money("SettledCash", b.Cash), money("TotalCashValue", b.Cash),
	}
	rows = append(rows, ledger(v, account, baseCurrency)...)
	return append(rows, ledger(v, account, currencyUSD)...)
}

// ledger is the account by currency.
func ledger(v *exchange.View, account, currency string) []value {
	b := v.Balances(account)
	row := func(key string, d decimal.Decimal) value {
		return value{account, key, d.String(), currency}
	}
	return []value{
		{account, "Currency", currency, currency},
		row("CashBalance", b.Cash), row("TotalCashBalance", b.Cash),
		row("StockMarketValue", b.PositionValue), row("OptionMarketValue", decimal.Decimal{}),
		row("FutureOptionValue", decimal.Decimal{}), row("FuturesPNL", decimal.Decimal{}),
		row("NetLiquidationByCurrency", b.NetLiquidation),
		row("UnrealizedPnL", b.UnrealizedPnL), row("RealizedPnL", b.RealizedPnL),
		{account, "ExchangeRate", "1.00", currency},
		row("NetDividend", decimal.Decimal{}),
		{account, "RealCurrency", currency, currency},
	}
}

// must is for sums of balances, which the exchange bounds.
func must(d decimal.Decimal, err error) decimal.Decimal {
	if err != nil {
		panic(fmt.Sprintf("fakegateway: balances out of range: %v", err))
	}
	return d
}
