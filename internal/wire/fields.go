package wire

import (
	"bytes"
	"errors"
	"strconv"
)

// fieldWriter appends NUL-terminated fields.
type fieldWriter struct {
	version Version
	buf     []byte
}

func (w *fieldWriter) field(s string) {
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, 0)
}

// fieldReader consumes NUL-terminated fields. The first error sticks, and every later read gives
// "unset", so that a codec reads one field a line. Fields missing at the end read as unset:
// clients of older API releases leave trailing ones out.
type fieldReader struct {
	version Version
	rest    []byte
	last    []byte
	n       int
	err     error
}

var errUnterminated = errors.New("field without its NUL")

// more reports whether another field is there.
func (r *fieldReader) more() bool { return r.err == nil && len(r.rest) > 0 }

func (r *fieldReader) field() string {
	if r.err != nil || len(r.rest) == 0 {
		return ""
	}
	r.n++
	field, rest, found := bytes.Cut(r.rest, []byte{0})
	r.last = field
	if !found {
		r.err = errUnterminated
		return ""
	}
	r.rest = rest
	return string(field)
}

// str reads a string; an empty field is unset.
func (r *fieldReader) str() *string {
	s := r.field()
	if s == "" {
		return nil
	}
	return &s
}

// int32 reads an int; empty and IBKR's 2147483647 are unset.
func (r *fieldReader) int32() *int32 {
	s := r.field()
	if s == "" || s == unsetInt {
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		r.fail(errors.New("want a 32-bit integer"))
		return nil
	}
	v := int32(n)
	return &v
}

func (r *fieldReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// unsetInt is Integer.MAX_VALUE, with which IBKR's clients say "unset".
const unsetInt = "2147483647"
