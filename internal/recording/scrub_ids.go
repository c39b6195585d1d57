package recording

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// The sorts of replacements. Each looks different, so that none can be mistaken for another.
const (
	sortAccount = "account"
	sortName    = "name"
	sortPermID  = "perm"
	sortExecID  = "exec"
	sortFactor  = "factor"
)

// neverReplaced are values that IBKR itself puts into fields of names and accounts.
var neverReplaced = map[string]bool{
	"": true, "All": true, "None": true, "IB": true, "0": true, "?": true,
	"Not an insider or substantial shareholder": true,
}

// replacement returns the original's replacement: the same as before, or the first candidate that is
// not in use and is not an original itself.
func (s *Scrubber) replacement(sort, original string, candidate func(digest []byte) string) string {
	key := sort + "\x00" + original
	if r, ok := s.given[key]; ok {
		return r
	}
	for attempt := 0; ; attempt++ {
		r := candidate(s.digest(sort, original, attempt))
		if _, isOriginal := s.known[r]; r == original || s.taken[sort+"\x00"+r] || isOriginal {
			continue
		}
		s.given[key], s.taken[sort+"\x00"+r] = r, true
		s.learn(original, r)
		return r
	}
}

// accountForm is an account: DU1234567, U1234567, DUP770846, F1234567, DF…
var accountForm = regexp.MustCompile(`^([A-Z]{1,4})(\d{4,12})([A-Z]?)$`)

// account replaces an account and keeps its letters: D means a paper account, F an advisor's. Any
// other text in the place of an account is a group's name.
func (s *Scrubber) account(original string) string {
	parts := accountForm.FindStringSubmatch(original)
	if parts == nil {
		return s.name(original)
	}
	return s.replacement(sortAccount, original, func(digest []byte) string {
		return parts[1] + digits(digest, max(len(parts[2]), 7)) + parts[3]
	})
}

func (s *Scrubber) accounts(original string) string {
	parts := strings.Split(original, ",")
	for i, part := range parts {
		parts[i] = s.account(part)
	}
	return strings.Join(parts, ",")
}

func (s *Scrubber) name(original string) string {
	switch {
	case neverReplaced[original]:
		return original
	case accountForm.MatchString(original):
		return s.account(original)
	}
	return s.replacement(sortName, original, func(digest []byte) string {
		return "x" + hex.EncodeToString(digest[:6])
	})
}

// wordForm splits an invented word into numbers and other characters.
var wordForm = regexp.MustCompile(`\d+|[^\d]+`)

// mixed replaces, part by part, a word that can contain permanent ids, such as "OCA_<permId>".
func (s *Scrubber) mixed(original string) string {
	r := wordForm.ReplaceAllStringFunc(original, func(part string) string {
		if part[0] < '0' || part[0] > '9' {
			if strings.Trim(part, "_-. ") == "" {
				return part
			}
			return s.name(part)
		}
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return s.name(part)
		}
		return strconv.FormatInt(s.permID(id), 10)
	})
	s.learn(original, r)
	return r
}

// permIDDigits is the length of a replacement: it fits into a 32-bit integer.
const permIDDigits = 9

// permID replaces a permanent id. 0 and unset values stay as they are, and so does the sign.
func (s *Scrubber) permID(original int64) int64 {
	switch {
	case original == 0, original == math.MaxInt32, original == math.MaxInt64:
		return original
	case original < 0:
		if original == math.MinInt64 {
			return original
		}
		return -s.permID(-original)
	}
	r := s.replacement(sortPermID, strconv.FormatInt(original, 10), func(digest []byte) string {
		return digits(digest, permIDDigits)
	})
	id, _ := strconv.ParseInt(r, 10, 64) // nine digits
	return id
}

// execID replaces an execution id, but not its last two parts: they count the fills of an order and
// the corrections of a fill.
func (s *Scrubber) execID(original string) string {
	if neverReplaced[original] {
		return original
	}
	stem, tail := original, ""
	for range 2 {
		cut := strings.LastIndexByte(stem, '.')
		if cut <= 0 || len(stem)-cut > 3 || strings.Trim(stem[cut+1:], "0123456789") != "" {
			break
		}
		stem, tail = stem[:cut], stem[cut:]+tail
	}
	r := s.replacement(sortExecID, stem, func(digest []byte) string {
		return hex.EncodeToString(digest[:4]) + "." + hex.EncodeToString(digest[4:8])
	}) + tail
	s.learn(original, r)
	return r
}

// digits makes a decimal number of n digits, from 1 to 19, that does not begin with 0.
func digits(digest []byte, n int) string {
	low := uint64(math.Pow10(n - 1))
	return strconv.FormatUint(low+binary.BigEndian.Uint64(digest)%(9*low), 10)
}
