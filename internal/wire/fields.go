package wire

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// fields walks the NUL-terminated fields of one text message. A layout names each field once, in
// order, and the same walk reads or writes it, so that the two directions cannot drift apart.
//
// Reading: the first error sticks, and every later field reads as unset. Fields missing at the
// end read as unset too, because clients of older API releases leave trailing ones out; required
// says up to where they must be there.
//
// Writing: an unset (nil) value is written as the spelling that the layout gives, which differs
// from field to field in what real Gateways and clients send.
type fields struct {
	version Version
	reading bool

	buf []byte // written so far

	rest  []byte // still to read
	last  []byte // the field read last, for errors
	n     int    // fields passed so far; the message id is not counted
	short bool   // a field was asked for after the last one
	err   error
}

// How IBKR's programs spell "unset".
const (
	unsetInt    = "2147483647"             // Integer.MAX_VALUE
	unsetLong   = "9223372036854775807"    // Long.MAX_VALUE
	unsetDouble = "1.7976931348623157E308" // Double.MAX_VALUE
	unsetSize   = "-9223372036854775808"   // Long.MIN_VALUE, of a decimal
	empty       = ""
	zero        = "0"
)

var (
	errUnterminated = errors.New("field without its NUL")
	errInt          = errors.New("want a 32-bit integer")
	errLong         = errors.New("want a 64-bit integer")
	errFlag         = errors.New("want 0 or 1")
	errShort        = errors.New("message ends before its required fields")
	errNotUTF8      = errors.New("not UTF-8")
	errSeparator    = errors.New("a separator inside an option cannot travel in text")
	errNUL          = errors.New("a NUL inside a text field would shift all later fields")
)

func (f *fields) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// get reads the next field as it is.
func (f *fields) get() string { return string(f.next()) }

// next reads the next field without a copy; nil when there is none.
func (f *fields) next() []byte {
	if f.err != nil {
		return nil
	}
	if len(f.rest) == 0 {
		f.short = true
		return nil
	}
	f.n++
	field, rest, found := bytes.Cut(f.rest, []byte{0})
	f.last = field
	switch {
	case !found:
		f.fail(errUnterminated)
		return nil
	case !utf8.Valid(field):
		f.fail(errNotUTF8)
		return nil
	}
	f.rest = rest
	return field
}

// put writes one field.
func (f *fields) put(s string) {
	f.n++
	switch {
	case strings.IndexByte(s, 0) >= 0:
		f.fail(fmt.Errorf("field %d %q: %w", f.n, clip([]byte(s)), errNUL))
	case !utf8.ValidString(s):
		f.fail(fmt.Errorf("field %d %q: %w", f.n, clip([]byte(s)), errNotUTF8))
	}
	f.buf = append(f.buf, s...)
	f.buf = append(f.buf, 0)
}

// putInt writes one field that is a number.
func (f *fields) putInt(n int64) {
	f.n++
	f.buf = append(strconv.AppendInt(f.buf, n, 10), 0)
}

// required says that all fields before it must be there.
func (f *fields) required() {
	if f.reading && f.short {
		f.fail(errShort)
	}
}

// fixed is a field without a meaning for us: a message's layout version or a deprecated field.
func (f *fields) fixed(s string) {
	if f.reading {
		f.next()
		return
	}
	f.put(s)
}

// str is a string. Empty is unset.
func (f *fields) str(p **string) { f.strOr(p, empty) }

// strOr is a string that is written as unset when it is nil. Reading keeps what is there, because
// IBKR's protobuf messages carry literals like "None" too.
func (f *fields) strOr(p **string, unset string) {
	if !f.reading {
		if *p == nil {
			f.put(unset)
		} else {
			f.put(**p)
		}
		return
	}
	*p = nil
	if field := f.next(); len(field) > 0 {
		s := string(field)
		*p = &s
	}
}

// mark is a string for which a Gateway writes unset when there is none, in text only: "?".
func (f *fields) mark(p **string, unset string) {
	f.strOr(p, unset)
	if f.reading && *p != nil && **p == unset {
		*p = nil
	}
}

// int is a 32-bit integer.
func (f *fields) int(p **int32, unset string) {
	if !f.reading {
		if *p == nil {
			f.put(unset)
		} else {
			f.putInt(int64(**p))
		}
		return
	}
	*p = nil
	n, ok := f.number(32)
	if ok {
		v := int32(n)
		*p = &v
	}
}

// long is a 64-bit integer.
func (f *fields) long(p **int64, unset string) {
	if !f.reading {
		if *p == nil {
			f.put(unset)
		} else {
			f.putInt(**p)
		}
		return
	}
	*p = nil
	n, ok := f.number(64)
	if ok {
		v := n
		*p = &v
	}
}

// number reads an integer of the given width; not ok is unset or failed.
func (f *fields) number(bits int) (int64, bool) {
	s := f.next()
	if len(s) == 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(s), 10, 64)
	if err != nil || bits == 32 && n != int64(int32(n)) && n != math.MaxInt64 {
		if bits == 32 {
			f.fail(errInt)
		} else {
			f.fail(errLong)
		}
		return 0, false
	}
	return n, n != math.MaxInt32 && n != math.MaxInt64 // in any spelling, as "+2147483647"
}

// flag is a bool: "1" or "0". Unset is written as "0".
func (f *fields) flag(p **bool) {
	if !f.reading {
		if *p != nil && **p {
			f.put("1")
		} else {
			f.put(zero)
		}
		return
	}
	*p = nil
	switch s := f.next(); string(s) {
	case "":
	case "0", "1", "false", "true":
		v := string(s) == "1" || string(s) == "true"
		*p = &v
	default:
		f.fail(errFlag)
	}
}

// mask is a field of flags, from the lowest bit on. Reading ignores bits above them.
func (f *fields) mask(flags ...**bool) {
	if !f.reading {
		n := int64(0)
		for i, p := range flags {
			if *p != nil && **p {
				n |= 1 << i
			}
		}
		f.putInt(n)
		return
	}
	n, ok := f.number(32)
	for i, p := range flags {
		*p = nil
		if ok {
			v := n&(1<<i) != 0
			*p = &v
		}
	}
}

// part gives a nested message to walk: allocated when reading; when writing an absent one, an
// empty one that the caller's body does not get to see.
func part[T any](f *fields, p **T) *T {
	if *p != nil && !f.reading {
		return *p
	}
	v := new(T)
	if f.reading {
		*p = v
	}
	return v
}

// partOf is part for a nested message that hangs on a oneof: the caller sets what was read.
func partOf[T any](f *fields, present *T) *T {
	if present != nil && !f.reading {
		return present
	}
	return new(T)
}
