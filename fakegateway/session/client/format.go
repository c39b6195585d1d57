package client

import (
	"fmt"
	"strings"
	"time"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

// ZonedVersion is the first version whose times carry a zone.
const ZonedVersion wire.Version = 174

// The layouts of times and days, as package time wants them.
const (
	StampForm = "20060102 15:04:05"
	DayForm   = "20060102"
)

// Stamp writes a time as a Gateway does: "20260413 15:27:04 US/Eastern", and up to version 173
// "20230224  12:04:56".
func Stamp(v wire.Version, t time.Time) string {
	return StampIn(v, t, market.Eastern, market.ZoneName)
}

// StampIn does so in another zone than New York's.
func StampIn(v wire.Version, t time.Time, zone *time.Location, zoneID string) string {
	t = t.In(zone)
	if v < ZonedVersion {
		return t.Format(DayForm + "  15:04:05")
	}
	return t.Format(StampForm) + " " + zoneID
}

// ParseTime reads the times that clients send: "20260412 12:00:00 US/Eastern", the same without a
// zone (the market's), with two blanks, and "20260412-12:00:00" (UTC). Empty is the zero time.
func ParseTime(text string) (time.Time, error) {
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
		return time.ParseInLocation(DayForm, fields[0], zone)
	case 3:
		named, err := time.LoadLocation(fields[2])
		if err != nil || strings.EqualFold(fields[2], "local") {
			return time.Time{}, fmt.Errorf("parse time %q: no zone of that name", text)
		}
		zone = named
	}
	return time.ParseInLocation(StampForm, fields[0]+" "+fields[1], zone)
}
