package market

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // IBKR names zones that a bare host may lack
)

// Session is one span in which a contract trades.
type Session struct {
	Open, Close time.Time
}

// Hours are a contract's sessions over the coming days, as IBKR's contract details give them.
type Hours struct {
	Zone     *time.Location
	Sessions []Session
	days     map[string]bool // days that were named, "20260102", closed ones too
}

// ErrHours says that the hours cannot be read; a caller then goes by freshness alone.
var ErrHours = errors.New("trading hours unreadable")

// MaxSessions bounds what is read out of one answer; a week of futures has about fifteen.
const MaxSessions = 200

// ParseHours reads IBKR's liquidHours or tradingHours in the contract's time zone:
// "20260105:0930-20260105:1600;20260106:CLOSED". The form is captured from Gateways at server
// versions 200 and 225.
func ParseHours(text, zone string) (Hours, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "" {
		return Hours{}, fmt.Errorf("time zone %q: %w", zone, ErrHours)
	}
	h := Hours{Zone: loc, days: map[string]bool{}}
	for part := range strings.SplitSeq(text, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if len(h.days) >= MaxSessions || len(h.Sessions) >= MaxSessions {
			return Hours{}, fmt.Errorf("more than %d sessions: %w", MaxSessions, ErrHours)
		}
		if err := h.add(part); err != nil {
			return Hours{}, err
		}
	}
	if len(h.days) == 0 {
		return Hours{}, fmt.Errorf("no session in %q: %w", text, ErrHours)
	}
	return h, nil
}

func (h *Hours) add(part string) error {
	if day, ok := strings.CutSuffix(part, ":CLOSED"); ok {
		h.days[day] = true
		return nil
	}
	from, to, ok := strings.Cut(part, "-")
	if !ok {
		return fmt.Errorf("session %q: %w", part, ErrHours)
	}
	const layout = "20060102:1504"
	begin, err := time.ParseInLocation(layout, from, h.Zone)
	if err != nil {
		return fmt.Errorf("session %q: %w", part, ErrHours)
	}
	end, err := time.ParseInLocation(layout, to, h.Zone)
	if err != nil || !end.After(begin) {
		return fmt.Errorf("session %q: %w", part, ErrHours)
	}
	h.Sessions = append(h.Sessions, Session{Open: begin, Close: end})
	h.days[from[:8]] = true
	h.days[to[:8]] = true
	return nil
}

// Open says whether the contract trades at now, and whether the hours cover that day at all: an
// answer that is a week old says nothing about today.
func (h Hours) Open(now time.Time) (open, known bool) {
	for _, s := range h.Sessions {
		if !now.Before(s.Open) && now.Before(s.Close) {
			return true, true
		}
	}
	if h.Zone == nil {
		return false, false
	}
	return false, h.days[now.In(h.Zone).Format("20060102")]
}

// DefaultZone is where an exchange day is counted when the contract names no zone.
const DefaultZone = "America/New_York"

// Day is the exchange's calendar day at now, "2026-01-05". Limits per day roll there, which is
// neither the host's midnight nor UTC's.
func Day(now time.Time, zone *time.Location) string {
	if zone == nil {
		if loc, err := time.LoadLocation(DefaultZone); err == nil {
			zone = loc
		} else {
			zone = time.UTC
		}
	}
	return now.In(zone).Format(time.DateOnly)
}
