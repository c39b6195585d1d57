package market

import (
	"errors"
	"time"

	"github.com/govalues/decimal"
)

// forms are those of dates; without a zone they are New York's.
var forms = []string{
	"2006-01-02", "20060102", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "20060102 15:04:05",
	"2006-01-02 15:04", "2006-01-02 15:04:05Z07:00", time.RFC3339,
}

func parseWhen(text string) (time.Time, error) {
	for _, form := range forms {
		if t, err := time.ParseInLocation(form, text, Eastern); err == nil && timely(t) {
			return t, nil
		}
	}
	const digitsOfDate = 8
	if d, err := decimal.Parse(text); err == nil && len(text) > digitsOfDate {
		seconds, nanos, ok := d.Int64(9)
		if t := time.Unix(seconds, nanos); ok && timely(t) {
			return t, nil
		}
	}
	return time.Time{}, errors.New("a time is 2026-11-23, 2026-11-23 15:04:05, one of these with a T " +
		"or a zone, 20261123, 20261123 15:04:05 or seconds since 1970, up to the year 2100")
}

// timely bounds the years of a file.
func timely(t time.Time) bool { return t.Unix() >= 0 && t.Year() <= 2100 }
