package session

import (
	"fmt"
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

const (
	codeHistoricalTicks = 10187
	textHistoricalTicks = "Failed to request historical ticks:"

	// maxHistoricalTicks is IBKR's limit of one answer.
	maxHistoricalTicks = 1000
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqHistoricalTicks:    on((*Session).reqHistoricalTicks),
		wire.CancelHistoricalTicks: on((*Session).cancelHistoricalTicks),
	})
}

// reqHistoricalTicks gives the first ticks after a time, or the last ones before it.
func (s *Session) reqHistoricalTicks(m *protobuf.HistoricalTicksRequest) {
	id := int(m.GetReqId())
	i, ok := s.instrument(id, m.GetContract())
	if !ok {
		return
	}
	q, implied, bad := s.historicalTicks(i, m)
	if bad != nil {
		s.refuse(id, bad)
		return
	}
	if implied && s.version >= zonedVersion {
		s.fail(id, codeImpliedZone, textImpliedZone)
	}
	if q.From.IsZero() {
		s.noticeHistory(id, i, q.Until)
	}
	show := strings.ToUpper(m.GetWhatToShow())
	ticks := s.login.exchange.Market().HistoricalTicks(s.conn.Now(), q)
	kind, body := tickHistory(id, show, ticks, m.GetIgnoreSize())
	s.answerLater(feedKey{historicalTicksFeed, id}, kind, body)
}

// historicalTicks checks a request: one of start and end, and how many.
func (s *Session) historicalTicks(i market.Instrument, m *protobuf.HistoricalTicksRequest) (
	q market.TickRequest, implied bool, bad *refusal,
) {
	now := s.conn.Now()
	from, fromImplied, fromErr := parseRequestTime(m.GetStartDateTime(), now, i.Zone())
	until, untilImplied, untilErr := parseRequestTime(m.GetEndDateTime(), now, i.Zone())
	switch {
	case fromErr != nil || untilErr != nil:
		return q, false, &refusal{codeEndTime, textEndTime}
	case from.IsZero() == until.IsZero():
		return q, false, refuse("Either start or end date/time must be specified, but not both.")
	case m.GetNumberOfTicks() < 1 || m.GetNumberOfTicks() > maxHistoricalTicks:
		return q, false, refuse(fmt.Sprintf(
			"Number of ticks must be between 1 and %d.", maxHistoricalTicks))
	}
	switch strings.ToUpper(m.GetWhatToShow()) {
	case "TRADES", "BID_ASK", "MIDPOINT":
	default:
		return q, false, refuse("What to show value of " + m.GetWhatToShow() + " rejected.")
	}
	if show := strings.ToUpper(m.GetWhatToShow()); !hasSeries(i, show) {
		return q, false, &refusal{codeHistoricalTicks, textHistoricalTicks + absentHistory(i, show, "0")}
	}
	return market.TickRequest{
		Instrument: i, From: from, Until: until, Count: int(m.GetNumberOfTicks()),
		RTHOnly: m.GetUseRTH(), TradesOnly: strings.EqualFold(m.GetWhatToShow(), "TRADES"),
	}, fromImplied || untilImplied, nil
}

// tickHistory is a list of ticks in the message of its kind. It is always done: a Gateway leaves
// that out only of answers that it splits.
func tickHistory(id int, show string, ticks []market.Tick, pricesOnly bool) (wire.Kind, proto.Message) {
	switch show {
	case "BID_ASK":
		answer := &protobuf.HistoricalTicksBidAsk{ReqId: num(id), IsDone: proto.Bool(true)}
		var was market.Tick
		for _, t := range ticks {
			if !pricesOnly || t.Bid != was.Bid || t.Ask != was.Ask {
				answer.HistoricalTicksBidAsk = append(answer.HistoricalTicksBidAsk, bidAskTick(t))
			}
			was = t
		}
		return wire.HistoricalTicksBidAsk, answer
	case "MIDPOINT":
		answer := &protobuf.HistoricalTicks{ReqId: num(id), IsDone: proto.Bool(true)}
		for _, t := range ticks {
			answer.HistoricalTicks = append(answer.HistoricalTicks, middleTick(t))
		}
		return wire.HistoricalTicks, answer
	}
	answer := &protobuf.HistoricalTicksLast{ReqId: num(id), IsDone: proto.Bool(true)}
	for _, t := range ticks {
		if t.LastSize > 0 {
			answer.HistoricalTicksLast = append(answer.HistoricalTicksLast, tradeTick(t))
		}
	}
	return wire.HistoricalTicksLast, answer
}

func tradeTick(t market.Tick) *protobuf.HistoricalTickLast {
	return &protobuf.HistoricalTickLast{
		Time:           proto.Int64(t.At.Unix()),
		TickAttribLast: &protobuf.TickAttribLast{PastLimit: proto.Bool(false), Unreported: proto.Bool(false)},
		Price:          proto.Float64(priceOf(t.Last)), Size: proto.String(whole(t.LastSize)),
		Exchange: proto.String(t.Exchange), SpecialConditions: proto.String(t.Conditions),
	}
}

func bidAskTick(t market.Tick) *protobuf.HistoricalTickBidAsk {
	return &protobuf.HistoricalTickBidAsk{
		Time: proto.Int64(t.At.Unix()),
		TickAttribBidAsk: &protobuf.TickAttribBidAsk{
			BidPastLow: proto.Bool(false), AskPastHigh: proto.Bool(false),
		},
		PriceBid: proto.Float64(priceOf(t.Bid)), PriceAsk: proto.Float64(priceOf(t.Ask)),
		SizeBid: proto.String(whole(t.BidSize)), SizeAsk: proto.String(whole(t.AskSize)),
	}
}

func middleTick(t market.Tick) *protobuf.HistoricalTick {
	return &protobuf.HistoricalTick{
		Time: proto.Int64(t.At.Unix()), Price: proto.Float64(priceOf(t.Mid())), Size: proto.String("0"),
	}
}

// cancelHistoricalTicks is an error while the answer is on its way, and has none else.
func (s *Session) cancelHistoricalTicks(m *protobuf.CancelHistoricalTicks) {
	id := int(m.GetReqId())
	if s.unsubscribe(feedKey{historicalTicksFeed, id}) != nil {
		s.fail(id, codeHistoricalTicks, fmt.Sprintf(
			"%sAPI historical ticks query cancelled: %d", textHistoricalTicks, id))
	}
}
