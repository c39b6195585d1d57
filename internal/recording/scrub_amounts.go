package recording

import (
	"encoding/binary"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

const (
	factorUnit   = 10_000
	factorPlaces = 4 // decimal places of a factor
)

// drawFactor chooses the number that all amounts are multiplied by: from 0.2 to 5, not near 1.
func (s *Scrubber) drawFactor() int64 {
	for attempt := 0; ; attempt++ {
		n := int64(binary.BigEndian.Uint64(s.digest(sortFactor, "", attempt)) % (5 * factorUnit))
		near := n > 9*factorUnit/10 && n < 11*factorUnit/10
		if n >= factorUnit/5 && !near && n%10 != 0 {
			return n
		}
	}
}

// amount replaces an amount. Zero and unset values stay as they are.
func (s *Scrubber) amount(original float64) float64 {
	switch {
	case original == 0, math.Abs(original) == math.MaxFloat64,
		math.IsInf(original, 0), math.IsNaN(original):
		return original
	}
	s.learnAmount(strconv.FormatFloat(math.Abs(original), 'f', -1, 64))
	if s.amounts == ZeroAmounts {
		return 0
	}
	return original * float64(s.factor) / factorUnit
}

// decimalForm is how Gateways write amounts.
var decimalForm = regexp.MustCompile(`^(-?)(\d{1,40})(?:\.(\d{0,40}))?$`)

// isDecimal reports whether a text is a number.
func isDecimal(original string) bool {
	_, err := strconv.ParseFloat(original, 64)
	return err == nil
}

// decimal replaces an amount that is a text. The product is exact, so that sums stay correct to the
// last digit; so it can have more digits than the original.
func (s *Scrubber) decimal(original string) string {
	parts := decimalForm.FindStringSubmatch(original)
	if parts == nil {
		value, err := strconv.ParseFloat(original, 64)
		if err != nil {
			return s.text(original)
		}
		if replaced := s.amount(value); replaced != value {
			return strconv.FormatFloat(replaced, 'f', -1, 64)
		}
		return original // unset
	}
	sign, whole, fraction := parts[1], parts[2], parts[3]
	unscaled, _ := new(big.Int).SetString(whole+fraction, 10) // digits only
	if unscaled.Sign() == 0 {
		return original
	}
	s.learnAmount(strings.TrimPrefix(original, "-"))
	if s.amounts == ZeroAmounts {
		return "0"
	}
	unscaled.Mul(unscaled, big.NewInt(s.factor))
	places := len(fraction) + factorPlaces
	text := unscaled.String()
	if short := places + 1 - len(text); short > 0 {
		text = strings.Repeat("0", short) + text
	}
	text = sign + text[:len(text)-places] + "." + text[len(text)-places:]
	return trimZeros(text, len(fraction))
}

// trimZeros removes zeros at the end of a number, but keeps this many decimal places.
func trimZeros(number string, places int) string {
	dot := strings.IndexByte(number, '.')
	for len(number) > dot+1+places && number[len(number)-1] == '0' {
		number = number[:len(number)-1]
	}
	return strings.TrimSuffix(number, ".")
}

// plainTags are the beginnings of the tags whose values are not amounts. Their numbers are not
// changed, and their words are IBKR's.
var plainTags = []string{
	"AccountReady", "AccountType", "Currency", "RealCurrency", "Cushion", "DayTradesRemaining",
	"ExchangeRate", "HighestSeverity", "Leverage", "LookAheadNextChange", "NLVAndMarginInReview",
	"ColumnPrio", "TradingType", "SegmentTitle", "WhatIfPMEnabled", "DayTradingStatus",
}

// tagged replaces an account value: numbers as amounts, texts as accounts or names.
func (s *Scrubber) tagged(tag, original string) string {
	for _, plain := range plainTags {
		if strings.HasPrefix(strings.TrimPrefix(tag, "$LEDGER"), plain) {
			if !isDecimal(original) && accountForm.MatchString(original) {
				return s.account(original)
			}
			return original
		}
	}
	if isDecimal(original) {
		return s.decimal(original)
	}
	return s.accounts(original)
}
