package session

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
		wire.ReqAccountSummary:    on((*Session).reqAccountSummary),
		wire.CancelAccountSummary: on((*Session).cancelAccountSummary),
	})
}

const (
	// maxSummaries is IBKR's limit of account summary requests of one client.
	maxSummaries    = 2
	textTooManySums = "Error processing request.-'Q' : cause - Maximum number of account summary " +
		"requests exceeded; desubscribe to previous request first"

	// accountEvery is how often a Gateway repeats account values that have changed.
	accountEvery = 3 * time.Minute

	// ledgerTag asks for the ledger in the base currency, with ":EUR" in that one, and with
	// ledgerOfAll in each.
	ledgerTag   = "$LEDGER"
	ledgerOfAll = "ALL"
)

// summarySub is an active reqAccountSummary.
type summarySub struct {
	scopes []scope
	tags   []string
	due    time.Time
	sent   map[value]bool
}

// reqAccountSummary sends the values asked for and their end, and from then on those that have
// changed. A Gateway keeps at most two such requests of a client.
func (s *Session) reqAccountSummary(m *protobuf.AccountSummaryRequest) {
	id := int(m.GetReqId())
	scopes, ok := s.summaryScopes(id, m.GetGroup())
	if !ok {
		return
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
	sub := &summarySub{scopes: scopes, tags: splitTags(m.GetTags()), sent: make(map[value]bool)}
	s.login.exchange.View(s.conn.Now(), func(v *exchange.View) {
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
func (s *Session) sendSummary(v *exchange.View, id int, sub *summarySub) {
	var rows []value
	for _, c := range sub.scopes {
		rows = append(rows, s.summaryRows(v, c, sub.tags)...)
	}
	for _, row := range news(rows, &sub.sent) {
		s.send(wire.AccountSummary, &protobuf.AccountSummary{
			ReqId: num(id), Account: proto.String(row.account), Tag: proto.String(row.key),
			Value: proto.String(row.value), Currency: currencyField(row),
		})
	}
	sub.due = v.Now().Add(accountEvery)
	v.WakeAt(sub.due)
}

// currencyField leaves the currency out of what is no amount, as captured.
func currencyField(row value) *string {
	if row.currency == "" {
		return nil
	}
	return proto.String(row.currency)
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
func (s *Session) cancelAccountSummary(m *protobuf.CancelAccountSummary) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.accounts.summaries, int(m.GetReqId()))
}

// summaryRows are the values of some tags, in alphabetical order as captured, then the ledgers.
// Unknown tags have no value.
func (s *Session) summaryRows(v *exchange.View, c scope, tags []string) []value {
	b := c.balances(v)
	var rows []value
	all := s.accountTags(v, c, b)
	for _, row := range append(all, summaryTags(c, b)...) {
		if slices.Contains(tags, row.key) {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, byKey)
	for _, tag := range tags {
		if currency, ok := ledgerCurrency(tag); ok {
			for _, row := range s.ledgers(v, c, b) {
				if currency == ledgerOfAll || currency == row.currency {
					rows = append(rows, row)
				}
			}
		}
	}
	return rows
}

// summaryTags are the values that only a summary has.
func summaryTags(c scope, b exchange.Balances) []value {
	return []value{
		{c.name, "HighestSeverity", "0", ""},
		{c.name, "Leverage", quotient(b.GrossPositionValue, b.NetLiquidation, centScale), ""},
		{c.name, "SettledCash", money(b.Cash), currencyUSD},
	}
}

// ledgerCurrency is the currency of a $LEDGER tag.
func ledgerCurrency(tag string) (string, bool) {
	rest, ok := strings.CutPrefix(tag, ledgerTag)
	switch {
	case !ok:
		return "", false
	case rest == "":
		return baseCurrency, true
	}
	currency, ok := strings.CutPrefix(rest, ":")
	return strings.ToUpper(currency), ok
}

// must is for sums of balances, which the exchange bounds.
func must(d decimal.Decimal, err error) decimal.Decimal {
	if err != nil {
		panic(fmt.Sprintf("session: balances out of range: %v", err))
	}
	return d
}
