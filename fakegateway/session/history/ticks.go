package history

import (
	"fmt"
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/feed"
	"ibsoak/internal/wire"
)

const (
	codeHistoricalTicks = 10187
	textHistoricalTicks = "Failed to request historical ticks:"

	// MaxTicks is IBKR's limit of one answer.
	MaxTicks = 1000
)

// ReqHistoricalTicks gives the first ticks after a time, or the last ones before it.
func (s *Session) ReqHistoricalTicks(m *protobuf.HistoricalTicksRequest) {
	id := int(m.GetReqId())
	i, ok := s.contracts.Instrument(id, m.GetContract())
	if !ok {
		return
	}
	q, implied, bad := s.historicalTicks(i, m)
	if bad != nil {
		s.client.Refuse(id, bad)
		return
	}
	if implied && s.client.Version() >= client.ZonedVersion {
		s.client.Fail(id, codeImpliedZone, textImpliedZone)
	}
	if q.From.IsZero() {
		s.noticeHistory(id, i, q.Until)
	}
	show := strings.ToUpper(m.GetWhatToShow())
	ticks := s.login.exchange.Market().HistoricalTicks(s.client.Now(), q)
	kind, body := TickHistory(id, show, ticks, m.GetIgnoreSize())
	s.answerLater(feed.Key{Kind: feed.HistoricalTicks, ID: id}, kind, body)
}

// historicalTicks checks a request: one of start and end, and how many.
func (s *Session) historicalTicks(i market.Instrument, m *protobuf.HistoricalTicksRequest) (
	q market.TickRequest, implied bool, bad *client.Refusal,
) {
	now := s.client.Now()
	from, fromImplied, fromErr := ParseRequestTime(m.GetStartDateTime(), now, i.Zone())
	until, untilImplied, untilErr := ParseRequestTime(m.GetEndDateTime(), now, i.Zone())
	switch {
	case fromErr != nil || untilErr != nil:
		return q, false, InvalidTime
	case from.IsZero() == until.IsZero():
		return q, false, client.Invalid("Either start or end date/time must be specified, but not both.")
	case m.GetNumberOfTicks() < 1 || m.GetNumberOfTicks() > MaxTicks:
		return q, false, client.Invalid(fmt.Sprintf(
			"Number of ticks must be between 1 and %d.", MaxTicks))
	}
	switch strings.ToUpper(m.GetWhatToShow()) {
	case "TRADES", "BID_ASK", "MIDPOINT":
	default:
		return q, false, client.Invalid("What to show value of " + m.GetWhatToShow() + " rejected.")
	}
	if show := strings.ToUpper(m.GetWhatToShow()); !HasSeries(i, show) {
		return q, false, client.Refused(codeHistoricalTicks, textHistoricalTicks+AbsentSeries(i, show, "0"))
	}
	return market.TickRequest{
		Instrument: i, From: from, Until: until, Count: int(m.GetNumberOfTicks()),
		RTHOnly: m.GetUseRTH(), TradesOnly: strings.EqualFold(m.GetWhatToShow(), "TRADES"),
	}, fromImplied || untilImplied, nil
}

// TickHistory is a list of ticks in the message of its kind. It is always done: a Gateway leaves
// that out only of answers that it splits.
func TickHistory(id int, show string, ticks []market.Tick, pricesOnly bool) (wire.Kind, proto.Message) {
	switch show {
	case "BID_ASK":
		answer := &protobuf.HistoricalTicksBidAsk{ReqId: client.Num(id), IsDone: proto.Bool(true)}
		var was market.Tick
		for _, t := range ticks {
			if !pricesOnly || t.Bid != was.Bid || t.Ask != was.Ask {
				answer.HistoricalTicksBidAsk = append(answer.HistoricalTicksBidAsk, BidAskTick(t))
			}
			was = t
		}
		return wire.HistoricalTicksBidAsk, answer
	case "MIDPOINT":
		answer := &protobuf.HistoricalTicks{ReqId: client.Num(id), IsDone: proto.Bool(true)}
		for _, t := range ticks {
			answer.HistoricalTicks = append(answer.HistoricalTicks, MiddleTick(t))
		}
		return wire.HistoricalTicks, answer
	}
	answer := &protobuf.HistoricalTicksLast{ReqId: client.Num(id), IsDone: proto.Bool(true)}
	for _, t := range ticks {
		if t.LastSize > 0 {
			answer.HistoricalTicksLast = append(answer.HistoricalTicksLast, TradeTick(t))
		}
	}
	return wire.HistoricalTicksLast, answer
}

// TradeTick is a tick of TRADES.
func TradeTick(t market.Tick) *protobuf.HistoricalTickLast {
	return &protobuf.HistoricalTickLast{
		Time:           proto.Int64(t.At.Unix()),
		TickAttribLast: &protobuf.TickAttribLast{PastLimit: proto.Bool(false), Unreported: proto.Bool(false)},
		Price:          proto.Float64(client.PriceOf(t.Last)), Size: proto.String(client.Whole(t.LastSize)),
		Exchange: proto.String(t.Exchange), SpecialConditions: proto.String(t.Conditions),
	}
}

// BidAskTick is a tick of BID_ASK.
func BidAskTick(t market.Tick) *protobuf.HistoricalTickBidAsk {
	return &protobuf.HistoricalTickBidAsk{
		Time: proto.Int64(t.At.Unix()),
		TickAttribBidAsk: &protobuf.TickAttribBidAsk{
			BidPastLow: proto.Bool(false), AskPastHigh: proto.Bool(false),
		},
		PriceBid: proto.Float64(client.PriceOf(t.Bid)), PriceAsk: proto.Float64(client.PriceOf(t.Ask)),
		SizeBid: proto.String(client.Whole(t.BidSize)), SizeAsk: proto.String(client.Whole(t.AskSize)),
	}
}

// MiddleTick is a tick of MIDPOINT.
func MiddleTick(t market.Tick) *protobuf.HistoricalTick {
	return &protobuf.HistoricalTick{
		Time: proto.Int64(t.At.Unix()), Price: proto.Float64(client.PriceOf(t.Mid())), Size: proto.String("0"),
	}
}

// CancelHistoricalTicks is an error while the answer is on its way, and has none else.
func (s *Session) CancelHistoricalTicks(m *protobuf.CancelHistoricalTicks) {
	id := int(m.GetReqId())
	if s.feeds.Unsubscribe(feed.Key{Kind: feed.HistoricalTicks, ID: id}) != nil {
		s.client.Fail(id, codeHistoricalTicks, fmt.Sprintf(
			"%sAPI historical ticks query cancelled: %d", textHistoricalTicks, id))
	}
}
