package broker

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The layouts of IBKR's times, zone apart. Up to server version 173 there are two blanks and no
// zone; from 214 on UTC times may be written with a Z.
var timeLayouts = []string{"20060102 15:04:05", "20060102  15:04:05", "20060102-15:04:05"}

const (
	dayLayout = "20060102"
	// minEpochDigits tells seconds since 1970 from a day: 20260409 has eight digits.
	minEpochDigits = 9
)

// parseTime reads a time in any form that Gateways write, and gives it in loc. Without a zone of
// its own it is read as being in loc; nil is UTC.
func parseTime(s string, loc *time.Location) (time.Time, error) {
	if loc == nil {
		loc = time.UTC
	}
	s = strings.TrimSpace(s)
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil {
		if len(s) >= minEpochDigits {
			return time.Unix(seconds, 0).In(loc), nil
		}
		return time.ParseInLocation(dayLayout, s, loc)
	}
	clock, zone := splitZone(s)
	in := loc
	if zone != "" {
		var err error
		if in, err = time.LoadLocation(zone); err != nil {
			return time.Time{}, fmt.Errorf("parse time %q: %w", s, err)
		}
	}
	for _, layout := range timeLayouts {
		if t, err := time.ParseInLocation(layout, clock, in); err == nil {
			return t.In(loc), nil
		}
	}
	return time.Time{}, fmt.Errorf("parse time %q: no known layout", s)
}

// splitZone cuts "20260413 15:27:04 US/Eastern" or "20260413-15:27:04Z" before its zone.
func splitZone(s string) (clock, zone string) {
	if cut, ok := strings.CutSuffix(s, "Z"); ok {
		return cut, "UTC"
	}
	i := strings.LastIndexByte(s, ' ')
	if i < 0 || strings.Contains(s[i:], ":") {
		return s, ""
	}
	return strings.TrimSpace(s[:i]), s[i+1:]
}

// location loads a zone by IBKR's name. Names that this machine does not know are UTC.
func location(name string) *time.Location {
	if loc, err := time.LoadLocation(name); err == nil {
		return loc
	}
	return time.UTC
}
