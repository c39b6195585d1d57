package account

import (
	"slices"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/internal/wire"
)

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

// ReqAccountSummary sends the values asked for and their end, and from then on those that have
// changed. A Gateway keeps at most two such requests of a client.
func (s *Session) ReqAccountSummary(m *protobuf.AccountSummaryRequest) {
	id := int(m.GetReqId())
	scopes, ok := s.summaryScopes(id, m.GetGroup())
	if !ok {
		return
	}
	s.client.Lock()
	known := s.summaries[id] != nil
	full := !known && len(s.summaries) >= maxSummaries
	s.client.Unlock()
	switch {
	case known:
		s.client.Fail(id, client.CodeProcessing, "Error processing request.-'Q' : cause - Duplicate ticker id")
		return
	case full:
		s.client.Fail(id, client.CodeProcessing, textTooManySums)
		return
	}
	sub := &summarySub{scopes: scopes, tags: splitTags(m.GetTags()), sent: make(map[value]bool)}
	s.login.exchange.View(s.client.Now(), func(v *exchange.View) {
		s.client.Lock()
		defer s.client.Unlock()
		s.summaries[id] = sub
		s.sendSummary(v, id, sub)
		s.client.Send(wire.AccountSummaryEnd, &protobuf.AccountSummaryEnd{ReqId: client.Num(id)})
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
		s.client.Send(wire.AccountSummary, &protobuf.AccountSummary{
			ReqId: client.Num(id), Account: proto.String(row.account), Tag: proto.String(row.key),
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

// CancelAccountSummary has no answer; a Gateway ignores ids that it does not know.
func (s *Session) CancelAccountSummary(m *protobuf.CancelAccountSummary) {
	s.client.Lock()
	defer s.client.Unlock()
	delete(s.summaries, int(m.GetReqId()))
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
		{c.name, "SettledCash", money(b.Cash), contract.USD},
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
