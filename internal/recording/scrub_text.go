package recording

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	// learnable is the least length of an original that is replaced in texts: shorter ones are ordinary
	// words.
	learnable = 3
	// idDigits is the least length of a whole number in a text that is replaced as a permanent id.
	idDigits = 6
	// amountDigits is the least length of an amount that is replaced in texts: a shorter number can also
	// be an order's id.
	amountDigits = 5
)

// tokenForm is a word of a text, with the characters that originals consist of.
var tokenForm = regexp.MustCompile(`[\pL\pN_][\pL\pN_.\-]*`)

var (
	// accountIn finds accounts that no field has shown yet, also inside words.
	accountIn = regexp.MustCompile(`\b(?:DF|DU|DUP|DI|F|I|U|UP)\d{5,9}[A-Z]?`)
	execIDIn  = regexp.MustCompile(`^[0-9a-f]{4,}\.[0-9a-f]{4,}(?:\.\d{1,2}){1,3}$`)
	numberIn  = regexp.MustCompile(`\d+(?:\.\d+)?`)
	longIDIn  = regexp.MustCompile(`\d{6,}`) // idDigits
)

// learn remembers an original and its replacement for texts.
func (s *Scrubber) learn(original, replacement string) {
	if len(original) < learnable {
		return
	}
	if _, known := s.known[original]; known {
		return
	}
	s.known[original] = replacement
	if tokenForm.FindString(original) != original {
		s.phrases = append(s.phrases, original)
		slices.SortStableFunc(s.phrases, func(a, b string) int { return len(b) - len(a) })
	}
}

func (s *Scrubber) learnAmount(original string) {
	if len(original) < amountDigits {
		return
	}
	if _, known := s.known[original]; known {
		return
	}
	value, _ := strconv.ParseFloat(original, 64)
	if s.amounts == ZeroAmounts {
		value = 0
	}
	s.known[original] = strconv.FormatFloat(value*float64(s.factor)/factorUnit, 'f', -1, 64)
}

// text replaces private values in sentences: every original that a field has shown before, and
// whatever looks like an account, an execution id, a permanent id or an amount. Every number with
// decimal places is replaced as an amount: to change a price does no harm, to show a balance does.
func (s *Scrubber) text(original string) string {
	for _, phrase := range s.phrases {
		if before, after, found := strings.Cut(original, phrase); found {
			return s.text(before) + s.known[phrase] + s.text(after)
		}
	}
	return tokenForm.ReplaceAllStringFunc(original, s.token)
}

func (s *Scrubber) token(word string) string {
	bare := strings.TrimRight(word, ".-_")
	tail := word[len(bare):]
	for end := len(word); end >= len(bare); end-- { // an original can end with a full stop
		if r, known := s.known[word[:end]]; known {
			return r + word[end:]
		}
	}
	switch {
	case execIDIn.MatchString(bare):
		return s.execID(bare) + tail
	case accountForm.MatchString(bare) && accountIn.MatchString(bare):
		return s.account(bare) + tail
	}
	word = accountIn.ReplaceAllStringFunc(word, s.account)
	if strings.Trim(bare, "0123456789.-") == "" {
		return numberIn.ReplaceAllStringFunc(word, s.number)
	}
	return longIDIn.ReplaceAllStringFunc(word, s.number)
}

func (s *Scrubber) number(original string) string {
	if r, known := s.known[original]; known {
		return r
	}
	if strings.Contains(original, ".") {
		return s.decimal(original)
	}
	if len(original) < idDigits {
		return original
	}
	id, err := strconv.ParseInt(original, 10, 64)
	if err != nil || id == math.MaxInt64 {
		return s.name(original)
	}
	return strconv.FormatInt(s.permID(id), 10)
}

// xmlText is the text between tags and in attributes.
var xmlText = regexp.MustCompile(`>([^<>]+)<|="([^"]*)"`)

// faWords are IBKR's own words in the documents of advisors.
var faWords = map[string]bool{
	"AvailableEquity": true, "EqualQuantity": true, "NetLiq": true, "PctChange": true,
	"MonetaryAmount": true, "ContractsOrShares": true, "Ratio": true, "Percent": true,
	"Equal": true, "N": true, "Y": true, "String": true, "UTF-8": true, "1.0": true,
	"yes": true, "no": true, "true": true, "false": true,
}

// xml replaces accounts, names and shares in the documents of advisors, and keeps the tags.
func (s *Scrubber) xml(original string) string {
	return xmlText.ReplaceAllStringFunc(original, func(part string) string {
		open, end := part[:1], part[len(part)-1:]
		if part[0] == '=' {
			open = part[:2]
		}
		word := part[len(open) : len(part)-1]
		switch trimmed := strings.TrimSpace(word); {
		case trimmed == "", faWords[trimmed]:
			return part
		case isDecimal(trimmed):
			return open + s.decimal(trimmed) + end
		default:
			return open + s.account(trimmed) + end
		}
	})
}
