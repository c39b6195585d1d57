package market

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// MaxReplayRows bounds a file of prices.
const MaxReplayRows = 10_000_000

// columns are the layouts that a file may have, by the names in its first row, in any order. A
// symbol column may be added to each.
var columns = []struct {
	name  string
	names []string
}{
	{"bars", []string{"date", "open", "high", "low", "close", "volume"}},
	{"trades", []string{"time", "price", "size"}},
	{"quotes", []string{"time", "bid", "ask", "bidSize", "askSize"}},
}

// Load reads a file of bars (date,open,high,low,close,volume), of trades (time,price,size) or of
// quotes (time,bid,ask,bidSize,askSize), each with an optional column symbol, whose first row names
// the columns. Without that column the file's name up to its first dot, dash or underscore is the
// symbol. A symbol is that of a US stock, of an index, a pair ("EUR.USD"), or one with its kind:
// "STK:CL", "FUT:CL", "IND:SPX", "CRYPTO:BTC".
//
// Dates are "2026-11-23", "2026-11-23 15:04:05", the same with a T and with a zone, "20261123",
// "20261123 15:04:05" or seconds since 1970; without a zone they are New York's. The rows of a
// symbol are in order of time, those of bars one each.
//
// Errors name the file, the line, the column and what is allowed there.
func Load(name string, r io.Reader) (Replay, error) {
	l := loader{name: name, csv: csv.NewReader(r), rows: map[string]*rawRows{}}
	l.csv.ReuseRecord = true
	if err := l.header(); err != nil {
		return Replay{}, err
	}
	for n := 0; ; n++ {
		record, err := l.csv.Read()
		switch {
		case errors.Is(err, io.EOF) && n == 0:
			return Replay{}, fmt.Errorf("%s:2:1: no rows: a file of prices has at least one", name)
		case errors.Is(err, io.EOF):
			return l.replay(), nil
		case err != nil:
			return Replay{}, l.broken(err)
		case n == MaxReplayRows:
			return Replay{}, l.at(0, "more than %d rows", MaxReplayRows)
		}
		if err := l.row(record); err != nil {
			return Replay{}, err
		}
	}
}

// loader reads one file.
type loader struct {
	name   string
	csv    *csv.Reader
	layout int            // of columns
	column map[string]int // by name
	symbol string         // of every row; "" if there is a column
	rows   map[string]*rawRows
}

// at is an error at a field of the row that was read last.
func (l *loader) at(field int, format string, args ...any) error {
	line, column := l.csv.FieldPos(field)
	return fmt.Errorf("%s:%d:%d: %s", l.name, line, column, fmt.Sprintf(format, args...))
}

// broken is an error of the CSV reader.
func (l *loader) broken(err error) error {
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		return fmt.Errorf("%s:%d:%d: %w", l.name, bad.Line, max(bad.Column, 1), bad.Err)
	}
	return fmt.Errorf("read %s: %w", l.name, err)
}

func (l *loader) header() error {
	record, err := l.csv.Read()
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s:1:1: empty file: the first row names the columns, %s", l.name, layouts())
	case err != nil:
		return l.broken(err)
	}
	l.column = make(map[string]int, len(record))
	for n, name := range record {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		if _, twice := l.column[strings.ToLower(name)]; twice {
			return l.at(n, "column %q is named twice", name)
		}
		l.column[strings.ToLower(name)] = n
	}
	for n, layout := range columns {
		if l.has(layout.names) {
			l.layout = n
			return l.known(record, layout.names)
		}
	}
	return l.at(0, "columns %q: the first row names the columns, %s", record, layouts())
}

func layouts() string {
	var all []string
	for _, layout := range columns {
		all = append(all, strings.Join(layout.names, ",")+" ("+layout.name+")")
	}
	return strings.Join(all, " or ") + ", each with symbol or without"
}

func (l *loader) has(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		_, ok := l.column[strings.ToLower(name)]
		return !ok
	})
}

// known checks that a layout has no other columns, and finds the symbol of a file without them.
func (l *loader) known(record, names []string) error {
	for n, name := range record {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		same := func(known string) bool { return strings.EqualFold(known, name) }
		if !same("symbol") && !slices.ContainsFunc(names, same) {
			return l.at(n, "unknown column %q: %s", record[n], layouts())
		}
	}
	if _, ok := l.column["symbol"]; ok {
		return nil
	}
	base := filepath.Base(l.name)
	if end := strings.IndexAny(base, ".-_"); end >= 0 {
		base = base[:end]
	}
	l.symbol = strings.ToUpper(base)
	if _, ok := recordable(l.symbol); !ok {
		return l.at(0, "no column symbol, and the file's name gives %q, which is %s", l.symbol, noSymbol)
	}
	return nil
}

const noSymbol = "not listed: symbols are those of US stocks, indices or pairs, or have their kind " +
	"before them, as in FUT:CL"

// recordable is the instrument whose path a file's symbol stands for.
func recordable(symbol string) (Instrument, bool) {
	kind, name, qualified := strings.Cut(symbol, ":")
	if !qualified {
		kind, name = string(Stock), symbol
		if strings.Contains(symbol, ".") {
			kind = string(Cash)
		} else if slices.ContainsFunc(indexList(), func(i Instrument) bool { return i.Symbol == symbol }) {
			kind = string(Index)
		}
	}
	switch SecType(kind) {
	case Stock:
		return LookupSymbol(name)
	case Future:
		for n, p := range products {
			if name == p.symbol {
				return p.underlying(n).root(), true
			}
		}
	case Index, Cash, Crypto:
		for _, i := range fixed {
			if string(i.SecType) == kind && (name == i.LocalSymbol || name == i.Symbol && i.SecType != Cash) {
				return i.root(), true
			}
		}
	default: // of these a file cannot tell
	}
	return Instrument{}, false
}

// row takes one row.
func (l *loader) row(record []string) error {
	field := func(name string) (int, string) {
		n := l.column[strings.ToLower(name)]
		return n, strings.TrimSpace(record[n])
	}
	symbol, at := l.symbol, 0
	if symbol == "" {
		at, symbol = field("symbol")
	}
	rows := l.rows[symbol]
	if rows == nil {
		i, ok := recordable(symbol)
		if !ok {
			return l.at(at, "symbol %q is %s", symbol, noSymbol)
		}
		rows = &rawRows{instrument: i}
		l.rows[symbol] = rows
	}
	names := columns[l.layout].names
	n, text := field(names[0])
	when, err := parseWhen(text)
	if err != nil {
		return l.at(n, "%s %q: %v", names[0], text, err)
	}
	if k := len(rows.times); k > 0 && (when.Before(rows.times[k-1]) || l.layout == 0 && when.Equal(rows.times[k-1])) {
		return l.at(n, "%s %q is not after the row before, %s: rows are in order of time", names[0],
			text, rows.times[k-1].Format(time.RFC3339Nano))
	}
	values := make([]int64, len(names))
	for k, name := range names[1:] {
		n, text := field(name)
		isSize := strings.Contains(strings.ToLower(name), "size") || name == "volume"
		if values[k+1], err = rows.value(text, isSize); err != nil {
			return l.at(n, "%s %q: %v", name, text, err)
		}
	}
	if name, why := rows.take(l.layout, when, values[1:]); why != "" {
		n, text := field(name)
		return l.at(n, "%s %q %s", name, text, why)
	}
	return nil
}
