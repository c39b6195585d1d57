package fakegateway

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

// zonedVersion is the first version whose times carry a zone.
const zonedVersion wire.Version = 174

// stamp writes a time as a Gateway does: "20260413 15:27:04 US/Eastern", and up to version 173
// "20230224  12:04:56".
func stamp(v wire.Version, t time.Time) string {
	t = t.In(market.Eastern)
	if v < zonedVersion {
		return t.Format(dayForm + "  15:04:05")
	}
	return t.Format(stampForm) + " " + market.ZoneName
}

// parseTime reads the times that clients send: "20260412 12:00:00 US/Eastern", the same without a
// zone (the market's), with two blanks, and "20260412-12:00:00" (UTC). Empty is the zero time.
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse("20060102-15:04:05", text); err == nil {
		return t, nil
	}
	fields := strings.SplitN(strings.Join(strings.Fields(text), " "), " ", 3)
	zone := market.Eastern
	switch len(fields) {
	case 1:
		return time.ParseInLocation(dayForm, fields[0], zone)
	case 3:
		named, err := time.LoadLocation(fields[2])
		if err != nil || strings.EqualFold(fields[2], "local") {
			return time.Time{}, fmt.Errorf("parse time %q: no zone of that name", text)
		}
		zone = named
	}
	return time.ParseInLocation(stampForm, fields[0]+" "+fields[1], zone)
}

// title writes "TRADES" as "Trades".
func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.ToLower(s[1:])
}

// barFormat is how a request wants its bars' dates.
type barFormat struct {
	version wire.Version
	daily   bool // "20260409"
	epoch   bool // seconds since 1970, except for days
}

func (f barFormat) date(t time.Time) string {
	switch {
	case f.daily:
		return t.In(market.Eastern).Format(dayForm)
	case f.epoch:
		return strconv.FormatInt(t.Unix(), 10)
	}
	return stamp(f.version, t)
}

func (f barFormat) bar(b market.Bar) *protobuf.HistoricalDataBar {
	return &protobuf.HistoricalDataBar{
		Date: proto.String(f.date(b.Start)),
		Open: float(b.Open), High: float(b.High), Low: float(b.Low), Close: float(b.Close),
		Volume: proto.String(whole(b.Volume)), WAP: proto.String(b.WAP.String()),
		BarCount: num(b.Trades),
	}
}
