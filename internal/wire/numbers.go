package wire

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
)

// double is a double as Java prints it, "500.0", which is how Gateways send most prices.
func (f *fields) double(p **float64, unset string) {
	f.float(p, unset, appendJava)
}

// plain is a double without a needless fraction, "500": how clients send numbers, and Gateways
// strikes and order status prices.
func (f *fields) plain(p **float64, unset string) {
	f.float(p, unset, appendPlain)
}

func (f *fields) float(p **float64, unset string, spell func([]byte, float64) []byte) {
	if !f.reading {
		if *p == nil || **p == math.MaxFloat64 || math.IsNaN(**p) {
			f.put(unset)
		} else {
			f.n++
			f.buf = append(spell(f.buf, **p), 0)
		}
		return
	}
	*p = nil
	s := f.next()
	if len(s) == 0 {
		return
	}
	v, err := parseDouble(string(s))
	if err != nil {
		f.fail(err)
		return
	}
	if v != math.MaxFloat64 && !math.IsNaN(v) { // Double.MAX_VALUE, in any spelling, is unset
		set := v
		*p = &set
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

func appendPlain(dst []byte, v float64) []byte {
	if math.IsInf(v, 0) {
		return appendJava(dst, v)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

// appendJava is Double.toString: a fraction always, and "1.0E7" from ten million on and below a
// thousandth.
func appendJava(dst []byte, v float64) []byte {
	start := len(dst)
	abs := math.Abs(v)
	switch {
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	case abs == 0 || abs >= 1e-3 && abs < 1e7:
		dst = strconv.AppendFloat(dst, v, 'f', -1, 64)
		if bytes.IndexByte(dst[start:], '.') < 0 {
			dst = append(dst, ".0"...)
		}
		return dst
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', -1, 64), "E")
	dst = append(dst, mantissa...)
	if !strings.Contains(mantissa, ".") {
		dst = append(dst, ".0"...)
	}
	n, _ := strconv.Atoi(exponent) // strconv's own output: a number
	return strconv.AppendInt(append(dst, 'E'), int64(n), 10)
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
