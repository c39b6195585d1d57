package market

import (
	"fmt"
	"time"

	"github.com/govalues/decimal"
)

// Bar is what traded between Start and the next bar. Bars of weeks and months are dated by the last
// trading day that they hold so far, as IBKR dates them (nautilus_trader #2380, stoqey/ibkr #149).
type Bar struct {
	Start                  time.Time
	Open, High, Low, Close decimal.Decimal
	WAP                    decimal.Decimal // weighted by volume; exact over bars of 1 minute and up
	Volume                 int64           // shares
	Trades                 int
}

// Unit is the unit of a bar size or of a duration.
type Unit uint8

// The units. Months and years are the calendar's.
const (
	Second Unit = iota
	Day
	Week
	Month
	Year
)

// Span is a bar size or a duration: Count units.
type Span struct {
	Count int
	Unit  Unit
}

// Series says which prices bars are made of.
type Series uint8

// The series of IBKR's whatToShow.
const (
	Trades Series = iota
	Midpoint
	Bid
	Ask
	// BidAsk bars open at the average bid and close at the average ask; their high is the highest
	// ask and their low the lowest bid.
	BidAsk
	// AdjustedLast are trades, like Trades: the simulated stocks have no splits and pay no
	// dividends.
	AdjustedLast
	// HistoricalVolatility is of the last 30 daily closes, for a year.
	HistoricalVolatility
	// OptionImpliedVolatility is that of options at the money, for a year.
	OptionImpliedVolatility
)

// HistoryRequest asks for the bars of a stretch of time.
type HistoryRequest struct {
	Instrument Instrument
	End        time.Time // zero: now
	Duration   Span
	BarSize    Span // 1 second to 1 day, 1 week, 1 month
	RTHOnly    bool // regular trading hours only
	Series     Series
}

// History is the answer: bars in order of time. The last one may still be forming.
type History struct {
	Start, End time.Time // the window that was looked at
	Bars       []Bar
}

// MaxBars bounds an answer: 20 years of days, or a week of 10 seconds.
const MaxBars = 100_000

// maxHistory bounds the work of one request.
const maxHistory = 20 * 366 * 24 * time.Hour

// ErrTooMuch is a request for more than MaxBars bars or for more than 20 years.
var ErrTooMuch = fmt.Errorf("more than %d bars or 20 years", MaxBars)

// History computes bars. Bars start at multiples of their size after midnight in the market's
// zone, clipped to the session. A duration of N days is N sessions, the one that holds End
// included; when the market never closes it is N times 24 hours for bars below a day.
func (m Market) History(now time.Time, q HistoryRequest) (History, error) {
	end := q.End
	if end.IsZero() || end.After(now) {
		end = now
	}
	h := History{End: end, Start: m.start(end, q)}
	if end.Sub(h.Start) > maxHistory {
		return History{}, ErrTooMuch
	}
	if head := m.Earliest(q.Instrument, now, q.RTHOnly); h.Start.Before(head) {
		h.Start = head
	}
	if !h.Start.Before(h.End) {
		return h, nil
	}
	windows, err := m.windows(h, q)
	if err != nil {
		return History{}, err
	}
	h.Bars = m.series(windows, h.End, q)
	return h, nil
}

// windows are the stretches of trading that bars are made of: one for each trading date.
func (m Market) windows(h History, q HistoryRequest) ([]session, error) {
	s, size := q.Instrument.of().sessions, time.Duration(q.BarSize.Count)*time.Second
	intraday := q.BarSize.Unit == Second
	var windows []session
	most := 0
	for date := midnight(h.Start, s.zone); date.Before(h.End.Add(dayTime)); date = nextMidnight(date) {
		w, ok := m.Hours.of(s, date, !q.RTHOnly)
		if !ok || !w.Open.Before(h.End) || !w.Close.After(h.Start) {
			continue
		}
		origin := midnight(w.Open, s.zone)
		if intraday {
			// The first bar that begins inside the window; the first of a session may be short.
			if w.Open.Before(h.Start) {
				w.Open = origin.Add(ceilTo(h.Start.Sub(origin), size))
			}
			if !w.Open.Before(w.Close) || !w.Open.Before(h.End) {
				continue
			}
			if most += int(w.Close.Sub(w.Open)/size) + 1; most > MaxBars+maxShort {
				return nil, ErrTooMuch
			}
		}
		windows = append(windows, session{Window: w, date: date, origin: origin})
	}
	return windows, nil
}

// session is the trading of a date.
type session struct {
	Window
	date   time.Time
	origin time.Time // the midnight from which its bars are counted
}

const (
	dayTime = 24 * time.Hour
	// maxShort is how many bars at the ends of sessions may be counted too many.
	maxShort = 100
)

func ceilTo(d, size time.Duration) time.Duration { return (d + size - 1).Truncate(size) }

// start is where the window of a request begins.
func (m Market) start(end time.Time, q HistoryRequest) time.Time {
	n, s := q.Duration.Count, q.Instrument.of().sessions
	switch q.Duration.Unit {
	case Second:
		return m.lastOpen(end, q).Add(-time.Duration(n) * time.Second)
	case Day:
		if !m.Hours.SessionsOnly && q.BarSize.Unit == Second {
			return end.Add(-time.Duration(n) * dayTime)
		}
		w := m.Hours.last(s, end, !q.RTHOnly)
		for ; n > 1 && end.Sub(w.Open) <= maxHistory; n-- {
			w = m.Hours.last(s, w.Open, !q.RTHOnly)
		}
		return w.Open
	case Week:
		return end.AddDate(0, 0, -7*n)
	case Month:
		return end.AddDate(0, -n, 0)
	default:
		return end.AddDate(-n, 0, 0)
	}
}

// lastOpen is the last moment of trading up to end: seconds are counted back from there.
func (m Market) lastOpen(end time.Time, q HistoryRequest) time.Time {
	s := q.Instrument.of().sessions
	if w := m.Hours.last(s, end, !q.RTHOnly); w.Close.Before(end) {
		return w.Close
	}
	return end
}
