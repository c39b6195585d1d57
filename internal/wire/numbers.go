package wire

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// double is a double as Java prints it, "500.0", which is how Gateways send most prices.
func (f *fields) double(p **float64, unset string) {
	f.float(p, unset, javaDouble)
}

// plain is a double without a needless fraction, "500": how clients send numbers, and Gateways
// strikes and order status prices.
func (f *fields) plain(p **float64, unset string) {
	f.float(p, unset, plainDouble)
}

func (f *fields) float(p **float64, unset string, format func(float64) string) {
	if !f.reading {
		if *p == nil || **p == math.MaxFloat64 || math.IsNaN(**p) {
			f.put(unset)
		} else {
			f.put(format(**p))
		}
		return
	}
	*p = nil
	s := f.get()
	if s == "" {
		return
	}
	v, err := parseDouble(s)
	if err != nil {
		f.fail(err)
		return
	}
	if v != math.MaxFloat64 && !math.IsNaN(v) { // Double.MAX_VALUE, in any spelling, is unset
		*p = &v
	}
}

var errNumber = errors.New("want a number")

// parseDouble reads what the clients in the field send: decimal and exponent forms, the 309-digit
// spelling of Double.MAX_VALUE, and the infinities of IBKR ("Infinity"), ib_async ("Infinite")
// and Go ("+Inf").
func parseDouble(s string) (float64, error) {
	switch s {
	case "Infinite", "Infinity", "+Inf", "Inf", "inf":
		return math.Inf(1), nil
	case "-Infinite", "-Infinity", "-Inf", "-inf":
		return math.Inf(-1), nil
	case "NaN", "nan", "None", unsetInt:
		return math.NaN(), nil
	}
	if !digitsOnly(s) {
		return 0, errNumber
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, errNumber
	}
	return v, nil
}

// digitsOnly keeps out Go's own spellings of numbers: hexadecimal and underscores.
func digitsOnly(s string) bool {
	return strings.Trim(s, "+-.0123456789eE") == "" && strings.Trim(s, "+-.eE") != ""
}

func plainDouble(v float64) string {
	if math.IsInf(v, 0) {
		return javaDouble(v)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// javaDouble is Double.toString: a fraction always, and "1.0E7" from ten million on and below a
// thousandth.
func javaDouble(v float64) string {
	abs := math.Abs(v)
	switch {
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	case abs == 0 || abs >= 1e-3 && abs < 1e7:
		s := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', -1, 64), "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent) // strconv's own output: a number
	return mantissa + "E" + strconv.Itoa(n)
}

// decimal is a number of any precision, kept as it was spelled. Clients say "unset" in many ways.
func (f *fields) decimal(p **string, unset string) {
	f.strOr(p, unset)
	if !f.reading || *p == nil {
		return
	}
	switch s := **p; {
	case s == "NaN", s == unsetInt, s == unsetLong, s == unsetSize, s == unsetDouble:
		*p = nil
	case !digitsOnly(s):
		f.fail(errNumber)
		*p = nil
	default:
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			f.fail(errNumber)
		}
		if err != nil || v == math.MaxFloat64 {
			*p = nil
		}
	}
}

// escaped is a string whose characters outside ASCII travel as \uXXXX, as Gateways from version
// 153 on send names and error texts.
func (f *fields) escaped(p **string) {
	if f.reading {
		f.str(p)
		if *p != nil {
			s := unescape(**p)
			*p = &s
		}
		return
	}
	if *p == nil {
		f.put(empty)
		return
	}
	f.put(escape(**p))
}
