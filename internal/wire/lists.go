package wire

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// options is a map in one field: "tag=value;tag=value;", written in the order of the tags.
func (f *fields) options(m *map[string]string) {
	if !f.reading {
		var s strings.Builder
		for _, tag := range slices.Sorted(maps.Keys(*m)) {
			value := (*m)[tag]
			if strings.ContainsAny(tag, "=;") || strings.Contains(value, ";") {
				f.fail(fmt.Errorf("option %q=%q: %w", tag, value, errSeparator))
			}
			s.WriteString(tag + "=" + value + ";")
		}
		f.put(s.String())
		return
	}
	*m = nil
	for part := range strings.SplitSeq(f.get(), ";") {
		if tag, value, found := strings.Cut(part, "="); found {
			if *m == nil {
				*m = make(map[string]string)
			}
			(*m)[tag] = value
		}
	}
}

// countedOptions is options to which the official Python client before API 10.20 prefixed their
// number in a field of its own; the others, and this codec, do not.
func (f *fields) countedOptions(m *map[string]string) {
	if f.reading {
		number, _, more := bytes.Cut(f.rest, []byte{0})
		if _, err := strconv.ParseUint(string(number), 10, 16); err == nil && more {
			f.next()
		}
	}
	f.options(m)
}

// pairs is a map as a count followed by a tag and a value each, in the order of the tags.
func (f *fields) pairs(m *map[string]string) {
	if !f.reading {
		f.putInt(int64(len(*m)))
		for _, tag := range slices.Sorted(maps.Keys(*m)) {
			f.put(tag)
			f.put((*m)[tag])
		}
		return
	}
	*m = nil
	n := f.count(0, 2)
	for range n {
		if *m == nil {
			*m = make(map[string]string)
		}
		tag := f.get()
		(*m)[tag] = f.get()
	}
}

// count is the number of entries that follow, each of at least fieldsEach fields. A count that
// the rest of the message cannot hold is an error, so nothing is ever allocated on its word.
func (f *fields) count(n, fieldsEach int) int {
	if !f.reading {
		f.putInt(int64(n))
		return n
	}
	s := f.next()
	if len(s) == 0 || f.err != nil {
		return 0
	}
	n, err := strconv.Atoi(string(s))
	switch {
	case err != nil || n < 0:
		f.fail(errors.New("want a count"))
		return 0
	case n > len(f.rest)/fieldsEach: // a field has one byte at least
		f.fail(fmt.Errorf("%d entries do not fit in the %d bytes left", n, len(f.rest)))
		return 0
	}
	return n
}

// list is a count and that many entries of at least fieldsEach fields.
func list[T any](f *fields, items *[]*T, fieldsEach int, each func(*T)) {
	n := f.count(len(*items), fieldsEach)
	if f.reading {
		*items = nil
		for range n {
			if f.err != nil {
				return
			}
			item := new(T)
			each(item)
			*items = append(*items, item)
		}
		return
	}
	for _, item := range *items {
		each(item)
	}
}

// words is a count and that many strings.
func (f *fields) words(items *[]string) {
	n := f.count(len(*items), 1)
	if !f.reading {
		for _, item := range *items {
			f.put(item)
		}
		return
	}
	*items = nil
	for range n {
		*items = append(*items, f.get())
	}
}

// doubles is a count and that many numbers, all of which must be there.
func (f *fields) doubles(items *[]float64) {
	n := f.count(len(*items), 1)
	if !f.reading {
		for _, item := range *items {
			f.n++
			f.buf = append(appendPlain(f.buf, item), 0)
		}
		return
	}
	*items = nil
	for range n {
		var item *float64
		f.plain(&item, empty)
		if item == nil {
			f.fail(errNumber)
			return
		}
		*items = append(*items, *item)
	}
}
