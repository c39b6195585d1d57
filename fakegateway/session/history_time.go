package session

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

// utcForm has a dash where local times have a blank.
const utcForm = "20060102-15:04:05"

// parseRequestTime reads the times that requests for data carry: "20260412-12:00:00" is UTC;
// "20260412 12:00:00 US/Eastern" is in the zone that it names, and without one in the instrument's,
// which is then implied; without a date it is that of now. Empty is the zero time.
func parseRequestTime(text string, now time.Time, zone *time.Location) (t time.Time, implied bool, err error) {
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
		fields = []string{now.In(zone).Format(dayForm), fields[0]}
	}
	t, err = time.ParseInLocation(stampForm, strings.Join(fields, " "), zone)
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
		return t.In(f.instrument.Zone()).Format(dayForm)
	case f.style == epochStyle:
		return strconv.FormatInt(t.Unix(), 10)
	case f.style == yearlessStyle:
		return f.stamp(t)[len("2006"):]
	}
	return f.stamp(t)
}

// stamp writes a time in the instrument's zone.
func (f barFormat) stamp(t time.Time) string {
	return stampIn(f.version, t, f.instrument.Zone(), f.instrument.ZoneID)
}

func (f barFormat) bar(b market.Bar) *protobuf.HistoricalDataBar {
	b = unweighted(f.instrument, b)
	return &protobuf.HistoricalDataBar{
		Date: proto.String(f.date(b.Start)),
		Open: float(b.Open), High: float(b.High), Low: float(b.Low), Close: float(b.Close),
		Volume: proto.String(whole(b.Volume)), WAP: proto.String(b.WAP.String()),
		BarCount: num(b.Trades),
	}
}

// unweighted takes the volume, and the average over it, from the bars of an index, which is computed
// and does not trade.
func unweighted(i market.Instrument, b market.Bar) market.Bar {
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
