package session

import (
	"fmt"
	"strings"
	"time"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

// zonedVersion is the first version whose times carry a zone.
const zonedVersion wire.Version = 174

const (
	stampForm = "20060102 15:04:05"
	dayForm   = "20060102"
)

// stamp writes a time as a Gateway does: "20260413 15:27:04 US/Eastern", and up to version 173
// "20230224  12:04:56".
func stamp(v wire.Version, t time.Time) string {
	return stampIn(v, t, market.Eastern, market.ZoneName)
}

// stampIn does so in another zone than New York's.
func stampIn(v wire.Version, t time.Time, zone *time.Location, zoneID string) string {
	t = t.In(zone)
	if v < zonedVersion {
		return t.Format(dayForm + "  15:04:05")
	}
	return t.Format(stampForm) + " " + zoneID
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
