package fakegateway

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/market"
)

// Daily is what a Gateway does by itself at a time of the day: restart, lose its connection while
// IBKR resets its servers, get its second factor.
type Daily struct {
	At TimeOfDay `yaml:"at"`
	// On is a day of the week in English, "sunday". "": every day.
	On Weekday `yaml:"on"`
	// What is an action on the whole Gateway: restart, operate, refuse or backlog-full.
	What fault.What `yaml:"what"`
}

// TimeOfDay is a wall-clock time in New York, "23:45" or "23:45:30".
type TimeOfDay string

// Weekday is a day's English name in lower case.
type Weekday string

// clock reads the time of day as hours, minutes and seconds.
func (t TimeOfDay) clock() (hour, minute, second int, err error) {
	for _, layout := range []string{"15:04", time.TimeOnly} {
		if at, err := time.Parse(layout, string(t)); err == nil {
			return at.Hour(), at.Minute(), at.Second(), nil
		}
	}
	return 0, 0, 0, fmt.Errorf("time of day %q: want HH:MM or HH:MM:SS, in New York", t)
}

func (d Weekday) matches(t time.Time) bool {
	return d == "" || string(d) == strings.ToLower(t.Weekday().String())
}

const daysOfWeek = 7

func (d Weekday) validate() error {
	names := make([]string, daysOfWeek)
	for i := range names {
		names[i] = strings.ToLower(time.Weekday(i).String())
	}
	if d != "" && !slices.Contains(names, string(d)) {
		return fmt.Errorf("day %q: want one of %s", d, strings.Join(names, ", "))
	}
	return nil
}

func (d Daily) validate() error {
	if _, _, _, err := d.At.clock(); err != nil {
		return fmt.Errorf("daily: %w", err)
	}
	if err := d.On.validate(); err != nil {
		return fmt.Errorf("daily %s: %w", d.At, err)
	}
	if !d.What.Do.OnListener() {
		return fmt.Errorf("daily %s: action %q: want one on the whole Gateway: "+
			"restart, operate, refuse or backlog-full", d.At, d.What.Do)
	}
	if err := (fault.Schedule{Faults: []fault.Fault{d.fault()}}).Validate(); err != nil {
		return fmt.Errorf("daily %s: %w", d.At, err)
	}
	return nil
}

// fault is the daily event as a schedule would have it.
func (d Daily) fault() fault.Fault {
	name := "daily " + string(d.At)
	if d.On != "" {
		name += " " + string(d.On)
	}
	return fault.Fault{ID: name, When: fault.When{At: new(fault.Duration)}, What: d.What}
}

// next is the first time after a moment at which d is due. d is valid.
func (d Daily) next(after time.Time) time.Time {
	hour, minute, second, _ := d.At.clock()
	day := after.In(market.Eastern)
	for i := 0; ; i++ {
		t := time.Date(day.Year(), day.Month(), day.Day()+i, hour, minute, second, 0,
			market.Eastern)
		if t.After(after) && d.On.matches(t) {
			return t
		}
	}
}

// runDaily lets happen what is daily, until the Gateway is closed.
func (s *Server) runDaily(list []Daily) {
	last := s.clock.Now()
	for {
		var at time.Time
		for _, d := range list {
			if t := d.next(last); at.IsZero() || t.Before(at) {
				at = t
			}
		}
		timer := time.NewTimer(s.clock.Until(at))
		select {
		case <-timer.C:
		case <-s.stop:
			timer.Stop()
			return
		}
		for _, d := range list {
			if d.next(last).Equal(at) {
				s.order(fault.Hit{Fault: d.fault(), Point: at.Format("Mon 2006-01-02 15:04:05 MST")})
			}
		}
		last = at
	}
}
