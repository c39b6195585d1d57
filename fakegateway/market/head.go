package market

import "time"

const (
	// futuresListed and optionsListed are how long before its last trading day a contract is
	// listed: longer than any is that the universe has, with some weeks to spare.
	futuresListed = 6 * 366
	optionsListed = 3*366 + 60

	secondsPerDay = 86400
)

// Earliest is the head timestamp of an instrument: the opening of the first session that History
// has bars of at now. That is 20 years ago, or when the instrument was listed or issued, or when
// a replay that is played once begins.
func (m Market) Earliest(i Instrument, now time.Time, rthOnly bool) time.Time {
	first := now.Add(-maxHistory).Add(dayTime)
	if listed := i.listedOn(); first.Before(listed) {
		first = listed
	}
	if m.Replay.of(i.source) != nil && m.Replay.Once && first.Before(m.Replay.begins()) {
		first = m.Replay.begins()
	}
	return m.next(i, first, !rthOnly).Open
}

// listedOn is when an instrument came to be; the zero time when that is too long ago to matter. A
// continuous future is older than any of its contracts.
func (i Instrument) listedOn() time.Time {
	if issued, err := time.ParseInLocation("20060102", i.IssueDate, i.Zone()); err == nil {
		return issued
	}
	days := int64(0)
	switch i.SecType {
	case Future:
		days = futuresListed
	case Option, FutureOption:
		days = optionsListed
	default:
		return time.Time{}
	}
	return time.Unix((i.lastDay-days)*secondsPerDay, 0).UTC()
}
