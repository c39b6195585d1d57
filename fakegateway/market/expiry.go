package market

import "time"

const dateForm = "20060102"

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
