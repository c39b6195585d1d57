package fakegateway

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

const (
	codeHistory   = 162
	textHistory   = "Historical Market Data Service error message:"
	codeEndTime   = 10314
	codeNoHistory = 366

	// updateEvery is how often keepUpToDate sends the forming bar.
	updateEvery = 5 * time.Second
	// maxHistories is IBKR's limit of open historical data requests of one client.
	maxHistories = 50

	stampForm = "20060102 15:04:05"
	dayForm   = "20060102"

	textEndTime = "End Date/Time: The date, time, or time-zone entered is invalid. The correct " +
		"format is yyyymmdd hh:mm:ss xx/xxxx where yyyymmdd and xx/xxxx are optional. E.g.: " +
		"20031126 15:59:00 US/Eastern  Note that there is a space between the date and time, " +
		"and between the time and time-zone. You can also provide yyyymmddd-hh:mm:ss time is in " +
		"UTC. Note that there is a dash between the date and time in UTC notation."
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqHistoricalData:    on((*session).reqHistoricalData),
		wire.CancelHistoricalData: on((*session).cancelHistoricalData),
		wire.ReqHeadTimestamp:     on((*session).reqHeadTimestamp),
		wire.CancelHeadTimestamp:  quiet,
	})
}

// historySub is a keepUpToDate request.
type historySub struct {
	query    market.HistoryRequest
	bars     barFormat
	lastOpen time.Time
	due      time.Time
}

// reqHistoricalData answers with all bars in one frame, and from version 196 on with their end.
func (s *session) reqHistoricalData(m *protobuf.HistoricalDataRequest) {
	id := int(m.GetReqId())
	q, format, err := s.historyQuery(m)
	if err != nil {
		s.fail(id, err.code, err.text)
		return
	}
	if s.violatesPacing(m, q) {
		s.fail(id, codeHistory, textPacing)
		return
	}
	s.mu.Lock()
	known, open := s.histories[id] != nil, len(s.histories)
	s.mu.Unlock()
	if known {
		s.fail(id, codeProcessing, "Error processing request.-'bG' : cause - Duplicate ticker id")
		return
	}
	if m.GetKeepUpToDate() && open >= maxHistories {
		s.fail(id, codeProcessing, "Error processing request.-'bG' : cause - "+
			"Max number of historical data requests reached")
		return
	}
	h, histErr := s.srv.exchange.Market().History(s.conn.Now(), q)
	switch {
	case histErr != nil:
		s.fail(id, codeHistory, textHistory+"invalid step: "+histErr.Error())
		return
	case len(h.Bars) == 0:
		s.fail(id, codeHistory, fmt.Sprintf("%sHMDS query returned no data: %s@%s %s", textHistory,
			q.Instrument.Symbol, exchSMART, title(m.GetWhatToShow())))
		return
	}
	s.sendHistory(id, h, format)
	if m.GetKeepUpToDate() {
		s.keepUpToDate(id, &historySub{
			query: q, bars: format, lastOpen: h.Bars[len(h.Bars)-1].Start,
		})
	}
}

func (s *session) sendHistory(id int, h market.History, format barFormat) {
	bars := make([]*protobuf.HistoricalDataBar, len(h.Bars))
	for i, b := range h.Bars {
		bars[i] = format.bar(b)
	}
	s.send(wire.HistoricalData, &protobuf.HistoricalData{ReqId: num(id), HistoricalDataBars: bars})
	if s.version >= historyEndVersion {
		s.send(wire.HistoricalDataEnd, &protobuf.HistoricalDataEnd{
			ReqId:        num(id),
			StartDateStr: proto.String(stamp(s.version, h.Start)),
			EndDateStr:   proto.String(stamp(s.version, h.End)),
		})
	}
}

// historyEndVersion is the first version with historicalDataEnd.
const historyEndVersion wire.Version = 196

func (s *session) keepUpToDate(id int, sub *historySub) {
	s.srv.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.histories[id] = sub
		sub.due = v.Now().Add(updateEvery)
		v.WakeAt(sub.due)
	})
}

// wakeHistories sends the bars of keepUpToDate requests that have changed.
func (s *session) wakeHistories(v *exchange.View) {
	for _, id := range sortedKeys(s.histories) {
		sub := s.histories[id]
		if sub.due.After(v.Now()) {
			continue
		}
		h, err := s.srv.exchange.Market().History(v.Now(), sub.query)
		if err == nil {
			for _, b := range h.Bars {
				if b.Start.Before(sub.lastOpen) {
					continue
				}
				sub.lastOpen = b.Start
				s.send(wire.HistoricalDataUpdate, &protobuf.HistoricalDataUpdate{
					ReqId: num(id), HistoricalDataBar: sub.bars.bar(b),
				})
			}
		}
		sub.due = v.Now().Add(updateEvery)
		v.WakeAt(sub.due)
	}
}

// cancelHistoricalData of a finished or unknown request is error 366.
func (s *session) cancelHistoricalData(m *protobuf.CancelHistoricalData) {
	id := int(m.GetReqId())
	s.mu.Lock()
	known := s.histories[id] != nil
	delete(s.histories, id)
	s.mu.Unlock()
	if known {
		s.fail(id, codeHistory,
			fmt.Sprintf("%sAPI historical data query cancelled: %d", textHistory, id))
		return
	}
	s.fail(id, codeNoHistory, fmt.Sprintf("No historical data query found for ticker id:%d", id))
}

// reqHeadTimestamp gives the earliest time of which there are bars.
func (s *session) reqHeadTimestamp(m *protobuf.HeadTimestampRequest) {
	id := int(m.GetReqId())
	if _, ok := s.lookup(m.GetContract()); !ok {
		s.fail(id, codeNoSecurity, textNoSecurity)
		return
	}
	first := s.srv.exchange.Market().Earliest(s.conn.Now(), m.GetUseRTH())
	text := first.UTC().Format("20060102-15:04:05")
	if m.GetFormatDate() == 2 {
		text = strconv.FormatInt(first.Unix(), 10)
	}
	s.send(wire.HeadTimestamp, &protobuf.HeadTimestamp{
		ReqId: num(id), HeadTimestamp: proto.String(text),
	})
}

// refusal is an errMsg in the making.
type refusal struct {
	code int
	text string
}

func refuse(cause string) *refusal { return &refusal{codeValidating, validating(cause)} }

func (s *session) historyQuery(m *protobuf.HistoricalDataRequest) (
	q market.HistoryRequest, format barFormat, bad *refusal,
) {
	q.RTHOnly = m.GetUseRTH()
	var ok bool
	if q.Instrument, ok = s.lookup(m.GetContract()); !ok {
		return q, format, &refusal{codeNoSecurity, textNoSecurity}
	}
	if q.BarSize, ok = barSizes[strings.Join(strings.Fields(m.GetBarSizeSetting()), " ")]; !ok {
		return q, format, refuse("Historical data bar size setting is invalid. Legal ones are: " +
			legalBarSizes)
	}
	var cause string
	if q.Duration, cause = parseDuration(m.GetDuration()); cause != "" {
		return q, format, refuse(cause)
	}
	if q.Series, ok = seriesByName[m.GetWhatToShow()]; !ok {
		return q, format, refuse("Incorrect 'What to show' value: " + m.GetWhatToShow())
	}
	var err error
	if q.End, err = parseTime(m.GetEndDateTime()); err != nil {
		return q, format, &refusal{codeEndTime, textEndTime}
	}
	if m.GetKeepUpToDate() && !q.End.IsZero() {
		return q, format, refuse("Historical data query end date/time string must be empty " +
			"when the data is to be kept up to date")
	}
	switch m.GetFormatDate() {
	case 0, 1, 2:
	default:
		return q, format, refuse(fmt.Sprintf("Invalid date format %d", m.GetFormatDate()))
	}
	format = barFormat{
		version: s.version, daily: q.BarSize.Unit != market.Second,
		epoch: m.GetFormatDate() == 2,
	}
	return q, format, nil
}

var seriesByName = map[string]market.Series{
	"TRADES": market.Trades, "ADJUSTED_LAST": market.Trades,
	"MIDPOINT": market.Midpoint, "BID": market.Bid, "ASK": market.Ask,
}

const legalBarSizes = "5 secs, 10 secs, 15 secs, 30 secs, 1 min, 2 mins, 3 mins, 5 mins, " +
	"10 mins, 15 mins, 20 mins, 30 mins, 1 hour, 2 hours, 3 hours, 4 hours, 8 hours, 1 day, " +
	"1 week, 1 month"

// barSizes are IBKR's names, as far as the market knows prices: not "1 secs".
var barSizes = func() map[string]market.Span {
	sizes := map[string]market.Span{
		"1 day":  {Count: 1, Unit: market.Day},
		"1 week": {Count: 1, Unit: market.Week}, "1W": {Count: 1, Unit: market.Week},
		"1 month": {Count: 1, Unit: market.Month}, "1M": {Count: 1, Unit: market.Month},
	}
	units := map[string]int{
		"secs": 1, "min": 60, "mins": 60, "hour": 3600, "hours": 3600,
	}
	for name := range strings.SplitSeq(legalBarSizes, ", ") {
		count, unit, _ := strings.Cut(name, " ")
		n, _ := strconv.Atoi(count)
		if seconds := units[unit]; seconds > 0 {
			sizes[name] = market.Span{Count: n * seconds, Unit: market.Second}
		}
	}
	return sizes
}()

// parseDuration reads "1 D", "300 S", "2 W", "6 M", "1 Y". bad is the cause of a refusal.
func parseDuration(text string) (d market.Span, bad string) {
	units := map[string]struct {
		unit market.Unit
		most int
	}{
		"S": {market.Second, 86400}, "D": {market.Day, 365}, "W": {market.Week, 52},
		"M": {market.Month, 60}, "Y": {market.Year, 20},
	}
	fields := strings.Fields(text)
	if len(fields) != 2 || units[fields[1]].most == 0 {
		return d, "Historical data query duration string is invalid. " +
			"Use format: 'DURATION TIMEUNIT' with a time unit of S, D, W, M or Y"
	}
	u := units[fields[1]]
	n, err := strconv.Atoi(fields[0])
	if err != nil || n < 1 || n > u.most {
		return d, fmt.Sprintf("Historical data requests for a duration of %s are not possible: "+
			"1..%d %s", text, u.most, fields[1])
	}
	return market.Span{Count: n, Unit: u.unit}, ""
}
