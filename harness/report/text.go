package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ibsoak/harness"
)

// visible replaces what is not printable: a control character by its picture, anything else, such as
// what turns the direction of writing round, by the replacement character.
func visible(text string) string {
	const pictures = 0x2400 // U+2400 is the picture of NUL, and so on up to 0x1F
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', unicode.IsPrint(r):
			return r
		case r < ' ':
			return pictures + r
		}
		return unicode.ReplacementChar
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
}

// clip is the beginning of a text.
func clip(text string) string { return clipTo(text, textShown) }

func clipTo(text string, characters int) string {
	if runes := []rune(text); len(runes) > characters {
		return string(runes[:characters]) + " …"
	}
	return text
}

// count says "1 life" and "3 lives".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func percent(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) + "%" }

// brief is a duration with three digits: "380 µs", "4.2 ms", "1.25 s", "2 m 05 s", "1 h 02 m".
func brief(d time.Duration) string {
	digits := func(unit time.Duration, name string) string {
		return strconv.FormatFloat(float64(d)/float64(unit), 'g', 3, 64) + " " + name
	}
	switch {
	case d < 0:
		return "-" + brief(-d)
	case d == 0:
		return "0"
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < 999500*time.Nanosecond:
		return digits(time.Microsecond, "µs")
	case d < 999500*time.Microsecond:
		return digits(time.Millisecond, "ms")
	case d < time.Minute:
		return digits(time.Second, "s")
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d m %02d s", d/time.Minute, d%time.Minute/time.Second)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%d h %02d m", d/time.Hour, d%time.Hour/time.Minute)
}

// moment is a moment of the run; "" for never.
func moment(m harness.Moment) string {
	if m == 0 {
		return ""
	}
	return fmt.Sprintf("%.3f s", time.Duration(m).Seconds())
}
