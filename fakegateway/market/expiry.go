package market

import (
	"strings"
	"time"
)

const dateForm = "20060102"

// ParseExpiry is the date, or the month, of a contract's end as clients write it: yyyyMM, yyyyMMdd,
// yyyyMMdd HH:mm:ss with or without a time zone, or yyyyMMdd-HH:mm:ss (in UTC). These are the forms
// that error 10330 names, https://github.com/ib-api-reloaded/ib_async/issues/120; with a time and
// zone is how Gateways write it themselves. ok is false for any other text, "" too.
func ParseExpiry(text string) (date string, ok bool) {
	const month, day = len("200601"), len(dateForm)
	text = strings.TrimSpace(text)
	switch len(text) {
	case month:
		_, err := time.Parse(dateForm, text+"01")
		return text, err == nil
	case day:
		_, err := time.Parse(dateForm, text)
		return text, err == nil
	}
	if _, err := time.Parse(dateForm+"-15:04:05", text); err == nil {
		return text[:day], true
	}
	clock, zone, zoned := strings.Cut(strings.TrimPrefix(text, firstField(text)+" "), " ")
	_, err := time.Parse(dateForm+" 15:04:05", firstField(text)+" "+clock)
	if err != nil || zoned && !knownZone(zone) {
		return "", false
	}
	return text[:day], true
}

func firstField(text string) string {
	first, _, _ := strings.Cut(text, " ")
	return first
}

// knownZone reports a time zone that can be loaded or that an exchange has here: "US/Central", "MET".
func knownZone(name string) bool {
	for _, s := range calendars {
		if s.zoneID == name {
			return true
		}
	}
	_, err := time.LoadLocation(name)
	return err == nil && name != ""
}

// expiring fills in when an instrument with a last trading day ends.
func (i Instrument) expiring() Instrument {
	s := i.kind.sessions
	date, err := time.ParseInLocation(dateForm, i.LastTradeDate, s.zone)
	if err != nil {
		return i
	}
	y, m, d := date.Date()
	i.lastDay = time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
	end := nextMidnight(date)
	if w, ok := s.on(date, true); ok {
		end = w.Close
	}
	i.ends = end.Unix()
	return i
}

// LastTrade is when trading in an instrument ends for ever; ok is false for one that does not
// expire.
func (i Instrument) LastTrade() (t time.Time, ok bool) {
	if i.ends == 0 {
		return time.Time{}, false
	}
	return time.Unix(i.ends, 0).In(i.Zone()), true
}

// expired reports whether an instrument's last trading day is over.
func (i Instrument) expired(now time.Time) bool {
	last, ok := i.LastTrade()
	return ok && !now.Before(last)
}
