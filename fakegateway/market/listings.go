package market

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
)

//go:embed listings.csv
var listingsTable string

// listings are the rows of the table, which says where its contract ids are from.
var listings = readListings(listingsTable)

// readListings reads the table. It panics over what cannot be read: the table is part of the program.
func readListings(table string) []Listing {
	r := csv.NewReader(strings.NewReader(table))
	r.Comment = '#'
	records, err := r.ReadAll()
	if err != nil {
		panic(fmt.Sprintf("market: listings: %v", err))
	}
	list := make([]Listing, len(records)-1)
	for n, record := range records[1:] {
		for column, text := range record {
			if text != "" {
				list[n].set(records[0][column], text)
			}
		}
	}
	return list
}

// set gives a listing the value of a column.
func (l *Listing) set(column, text string) {
	number := func() int {
		n, err := strconv.Atoi(text)
		if err != nil {
			panic(fmt.Sprintf("market: listings: %s %s of %s", column, text, l.Symbol))
		}
		return n
	}
	switch column {
	case "conId":
		l.ConID = number()
	case "symbol":
		l.Symbol = text
	case "secType":
		l.SecType = SecType(text)
	case "exchange":
		l.Exchange = text
	case "currency":
		l.Currency = text
	case "name":
		l.Name = text
	case "stockType":
		l.StockType = text
	case "isin":
		l.ISIN = text
	case "figi":
		l.FIGI = text
	case "hours":
		l.Hours = text
	case "price":
		l.Price = parse(text)
	case "tick":
		l.Tick = parse(text)
	case "priceMagnifier":
		l.PriceMagnifier = number()
	case "underConId":
		l.UnderConID = number()
	case "follows":
		l.follows = number()
	case "options":
		l.options = text == "yes"
	default:
		panic("market: listings: column " + column)
	}
}

// listedRows are the instruments of listings, in their order.
var listedRows = func() []Instrument {
	rows := make([]Instrument, len(listings))
	for n, l := range listings {
		if l.ConID == 0 {
			l.ConID = firstListingConID + n
		}
		follows := l.UnderConID
		if l.follows != 0 {
			follows = l.follows
		}
		rows[n] = l.instrument(followed(follows, rows[:n]))
	}
	return rows
}()

// followed is the instrument whose prices a listing has; of no kind if the listing has its own.
func followed(conID int, rows []Instrument) Instrument {
	if conID == 0 {
		return Instrument{}
	}
	lists := [][]Instrument{rows, listedStocks, pairs(), indexList(), foreignStocks()}
	for n, p := range products {
		lists = append(lists, []Instrument{p.underlying(n)})
	}
	for _, list := range lists {
		for _, i := range list {
			if i.ConID == conID {
				return i
			}
		}
	}
	return Instrument{}
}

// listingsOf are the instruments of some of the listings.
func listingsOf(is func(Listing) bool) []Instrument {
	var some []Instrument
	for n, l := range listings {
		if is(l) {
			some = append(some, listedRows[n])
		}
	}
	return some
}
