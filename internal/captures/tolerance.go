package main

import (
	"slices"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// Tolerance is a way in which an answer may differ from a captured one: what real Gateways do now
// one way and now another, or what a publisher has left out.
type Tolerance struct {
	Name string
	Why  string // a sentence
	// apply takes the difference out of both answers; nil for one that is about fields.
	apply func(exchange) exchange
}

// The tolerances about fields.
const (
	classNames   = "class names"
	passing      = "passing statuses"
	wording      = "wording of outages"
	competing    = "competing offsets"
	baseCurrency = "base currency"
	excerptList  = "excerpt of a list"
	fewerBars    = "excerpt of bars"
)

// Tolerances are all that there are, in the order in which they are tried.
var Tolerances = []Tolerance{
	{
		Name:  "farm notices",
		Why:   "farm notices come before, between or after managedAccounts and nextValidId",
		apply: eachSide(noticesLast),
	},
	{
		Name:  "statuses of a list",
		Why:   "publishers leave the orderStatus behind each openOrder of a list out",
		apply: listedStatuses,
	},
	{
		Name:  passing,
		Why:   "a Gateway says PreSubmitted before Submitted, and either before Filled, or does not",
		apply: eachSide(passingStatuses),
	},
	{
		Name:  "pending cancel",
		Why:   "a Gateway says PendingCancel before Cancelled, or does not",
		apply: eachSide(pendingCancel),
	},
	{
		Name:  "repetition",
		Why:   "a Gateway tells an order and its status once, or again with every change",
		apply: eachSide(repetition),
	},
	{
		Name:  "cut fill",
		Why:   "a transcript ends before a fill's commission, or has the commission alone",
		apply: cutFill,
	},
	{
		Name:  "excerpt of a stream",
		Why:   "a publisher shows a few ticks of a stream: others may come between them",
		apply: excerpt,
	},
	{
		Name:  excerptList,
		Why:   "a publisher shows some items of a list, or its end alone",
		apply: excerptOfList,
	},
	{Name: wording, Why: "builds say IB or IBKR, TWS or Trader Workstation, with a full stop or not"},
	{
		Name: competing,
		Why: "a Gateway adds minCompeteSize and competeAgainstBestOffset to one order and not to " +
			"the next",
	},
	{Name: classNames, Why: "the class in the text of error 321 has another name in every build"},
	{Name: baseCurrency, Why: "the fake's accounts are in US dollars"},
	{Name: fewerBars, Why: "a publisher shows fewer bars than were asked for"},
}

// eachSide applies a change to both answers.
func eachSide(change func([]item) []item) func(exchange) exchange {
	return func(e exchange) exchange {
		e.want, e.got = change(e.want), change(e.got)
		return e
	}
}

func without(all []item, drop func(at int) bool) (kept []item) {
	for at, i := range all {
		if !drop(at) {
			kept = append(kept, i)
		}
	}
	return kept
}

func isFarmNotice(i item) bool {
	e, ok := i.Body.(*protobuf.ErrorMessage)
	return ok && farmKinds[e.GetErrorCode()] != ""
}

func noticesLast(all []item) []item {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b item) int {
		switch {
		case isFarmNotice(a) == isFarmNotice(b):
			return 0
		case isFarmNotice(a):
			return 1
		}
		return -1
	})
	return sorted
}

// status is what an orderStatus says, of which order.
func status(i item) (id int32, text string) {
	s, ok := i.Body.(*protobuf.OrderStatus)
	if !ok {
		return 0, ""
	}
	return s.GetOrderId(), s.GetStatus()
}

// later reports whether one of the statuses of the same order follows.
func later(all []item, at int, statuses ...string) bool {
	id, _ := status(all[at])
	return slices.ContainsFunc(all[at+1:], func(i item) bool {
		other, text := status(i)
		return other == id && slices.Contains(statuses, text)
	})
}

func passingStatuses(all []item) []item {
	return without(all, func(at int) bool {
		switch _, text := status(all[at]); text {
		case "PreSubmitted":
			return later(all, at, "Submitted", "Filled", "Cancelled", "PendingCancel")
		case "Submitted":
			return later(all, at, "Filled")
		}
		return false
	})
}

func pendingCancel(all []item) []item {
	return without(all, func(at int) bool {
		_, text := status(all[at])
		return text == "PendingCancel" && later(all, at, "Cancelled")
	})
}

// repetition drops an order that was told before in the same answer, and a status that did not
// change.
func repetition(all []item) []item {
	told := make(map[int32]bool)
	last := make(map[int32]string)
	return without(all, func(at int) bool {
		switch b := all[at].Body.(type) {
		case *protobuf.OpenOrder:
			before := told[b.GetOrderId()]
			told[b.GetOrderId()] = true
			return before
		case *protobuf.OrderStatus:
			before := last[b.GetOrderId()]
			last[b.GetOrderId()] = b.GetStatus()
			return before == b.GetStatus()
		}
		return false
	})
}

func has(all []item, k wire.Kind) bool {
	return slices.ContainsFunc(all, func(i item) bool { return i.Kind == k })
}

func dropKind(all []item, kinds ...wire.Kind) []item {
	return without(all, func(at int) bool { return slices.Contains(kinds, all[at].Kind) })
}

func listedStatuses(e exchange) exchange {
	switch e.request {
	case wire.ReqOpenOrders, wire.ReqAllOpenOrders, wire.ReqAutoOpenOrders, 0:
	default:
		return e
	}
	if has(e.want, wire.OpenOrderEnd) && !has(e.want, wire.OrderStatus) {
		e.got = dropKind(e.got, wire.OrderStatus)
	}
	return e
}

// cutFill takes out of the fake's fill what the transcript's lacks.
func cutFill(e exchange) exchange {
	fill, commission := has(e.want, wire.ExecutionDetails), has(e.want, wire.CommissionReport)
	switch {
	case e.request != wire.PlaceOrder:
	case fill && !commission:
		e.got = dropKind(e.got, wire.CommissionReport)
	case commission && !fill:
		e.got = dropKind(e.got, wire.ExecutionDetails)
		e = eachSide(func(all []item) []item {
			return without(all, func(at int) bool {
				_, text := status(all[at])
				return text == "Filled" || text == "Submitted" || text == "PreSubmitted"
			})
		})(e)
	}
	return e
}

// excerptOfList drops what the fake's list has and the publisher's does not show.
func excerptOfList(e exchange) exchange {
	if !slices.ContainsFunc(e.want, func(i item) bool { return i.partial }) {
		return e
	}
	e.got = asShown(e, []wire.Kind{wire.AccountSummary, wire.CompletedOrder})
	return e
}

// asShown is the fake's answer without the messages of some kinds that the transcript lacks.
func asShown(e exchange, kinds []wire.Kind) (kept []item) {
	for _, p := range align(e.want, e.got) {
		if p.got != nil && (p.want != nil || !slices.Contains(kinds, p.got.Kind)) {
			kept = append(kept, *p.got)
		}
	}
	return kept
}

// ofStream are the messages of a stream.
var ofStream = []wire.Kind{
	wire.TickPrice, wire.TickSize, wire.TickString, wire.TickGeneric, wire.TickReqParams,
	wire.MarketDataType, wire.HistoricalDataUpdate,
}

// excerpt drops what the fake's stream has between what the transcript shows of it.
func excerpt(e exchange) exchange {
	shown := slices.ContainsFunc(e.want, func(i item) bool {
		return i.partial && slices.Contains(ofStream, i.Kind)
	})
	stops := []wire.Kind{wire.ReqMktData, wire.CancelMktData, wire.CancelHistoricalData}
	if !shown && !slices.Contains(stops, e.request) {
		return e
	}
	e.got = asShown(e, ofStream)
	return e
}
