package wire

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// escape writes characters outside ASCII as \uXXXX, in UTF-16 as Java does, and so a backslash
// that would look like one of these.
func escape(s string) string {
	var b strings.Builder
	for i, r := range s {
		if r < utf8.RuneSelf && !strings.HasPrefix(s[i:], `\u`) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// unescape undoes escape. What only looks like an escape is kept.
func unescape(s string) string {
	const mark, width = `\u`, len(`\u0000`)
	if !strings.Contains(s, mark) {
		return s
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, mark)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		s = mark + after
		var units []uint16
		for strings.HasPrefix(s, mark) && len(s) >= width {
			unit, err := strconv.ParseUint(s[len(mark):width], 16, 16)
			if err != nil || unit == 0 {
				break
			}
			units = append(units, uint16(unit))
			s = s[width:]
		}
		b.WriteString(string(utf16.Decode(units)))
		if len(units) == 0 {
			b.WriteString(mark)
			s = after
		}
	}
}
