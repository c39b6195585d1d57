package history

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// utcForm has a dash where local times have a blank.
const utcForm = "20060102-15:04:05"

// ParseRequestTime reads the times that requests for data carry: "20260412-12:00:00" is UTC;
// "20260412 12:00:00 US/Eastern" is in the zone that it names, and without one in the instrument's,
// which is then implied; without a date it is that of now. Empty is the zero time.
func ParseRequestTime(text string, now time.Time, zone *time.Location) (t time.Time, implied bool, err error) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return time.Time{}, false, nil
	}
	if t, err := time.Parse(utcForm, fields[0]); err == nil && len(fields) == 1 {
		return t, false, nil
	}
	implied = true
	if last := fields[len(fields)-1]; last[0] < '0' || last[0] > '9' {
		zone, err = time.LoadLocation(last)
		if err != nil || strings.EqualFold(last, "local") {
			return time.Time{}, false, fmt.Errorf("parse time %q: no zone of that name", text)
		}
		fields, implied = fields[:len(fields)-1], false
	}
	if len(fields) == 1 {
		fields = []string{now.In(zone).Format(client.DayForm), fields[0]}
	}
	t, err = time.ParseInLocation(client.StampForm, strings.Join(fields, " "), zone)
	return t, implied, err
}

// barFormat is how a request wants its bars' dates.
type barFormat struct {
	version    wire.Version
	daily      bool  // "20260409", whatever the style
	style      int32 // formatDate: 1 or 0 with zone, 2 seconds since 1970, 3 as 1 without the year
	instrument market.Instrument
}

// The values of formatDate that are not the default.
const (
	epochStyle    = 2
	yearlessStyle = 3
)

func (f barFormat) date(t time.Time) string {
	switch {
	case f.daily:
		return t.In(f.instrument.Zone()).Format(client.DayForm)
	case f.style == epochStyle:
		return strconv.FormatInt(t.Unix(), 10)
	case f.style == yearlessStyle:
		return f.stamp(t)[len("2006"):]
	}
	return f.stamp(t)
}

// stamp writes a time in the instrument's zone.
func (f barFormat) stamp(t time.Time) string {
	return client.StampIn(f.version, t, f.instrument.Zone(), f.instrument.ZoneID)
}

func (f barFormat) bar(b market.Bar) *protobuf.HistoricalDataBar {
	b = Unweighted(f.instrument, b)
	return &protobuf.HistoricalDataBar{
		Date: proto.String(f.date(b.Start)),
		Open: client.Float(b.Open), High: client.Float(b.High), Low: client.Float(b.Low), Close: client.Float(b.Close),
		Volume: proto.String(client.Whole(b.Volume)), WAP: proto.String(b.WAP.String()),
		BarCount: client.Num(b.Trades),
	}
}

// window is what an answer says of its time: from a duration before its end, by the calendar in the
// instrument's zone, whatever the first bar is. Of 7 D that ended on 2023-06-27 20:26:08 it began on
// 2023-06-20 20:26:08, and the first bar was of 2023-06-16 (rust-ibapi issue 93); at 200 it is the
// same ("20260407 10:23:05 US/Eastern" for 5 D).
func (q historyQuery) window(end time.Time) (from, to string) {
	n, start := q.Duration.Count, end.In(q.Instrument.Zone())
	switch q.Duration.Unit {
	case market.Second:
		start = start.Add(-time.Duration(n) * time.Second)
	case market.Day:
		start = start.AddDate(0, 0, -n)
	case market.Week:
		const days = 7
		start = start.AddDate(0, 0, -days*n)
	case market.Month:
		start = start.AddDate(0, -n, 0)
	case market.Year:
		start = start.AddDate(-n, 0, 0)
	}
	return q.format.stamp(start), q.format.stamp(end)
}

// Unweighted takes the volume, and the average over it, from the bars of an index, which is computed
// and does not trade.
func Unweighted(i market.Instrument, b market.Bar) market.Bar {
	if i.SecType == market.Index && b.Volume > 0 {
		b.Volume, b.WAP = 0, decimal.Zero
	}
	return b
}

// title writes "BID_ASK" as "Bid_ask".
func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.ToLower(s[1:])
}
