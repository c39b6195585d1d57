package market

// Contract ids that are not IBKR's own are computed from the contract, and the contract from them,
// so that an id which was seen anywhere can be asked for, by any client, with no memory of it.
// They lie above all that IBKR has given out, in ranges that do not meet:
//
//	  900,000,000   US stocks, by symbol
//	1,230,000,000   futures, by product and month
//	1,240,000,000   other instruments that always exist, by their place in a list
//	1,250,000,000   contracts of a settings file, by their place in it
//	1,300,000,000   options, by underlying, week of expiry, strike and right
//	1,929,145,600   options on futures, the same way
const (
	firstStockConID   = 900_000_000
	firstFutureConID  = 1_230_000_000
	firstBondConID    = 1_240_000_000
	firstCFDConID     = 1_241_000_000
	firstForeignConID = 1_242_000_000
	firstProductConID = 1_243_000_000
	firstListingConID = 1_244_000_000
	firstOptionConID  = 1_300_000_000

	futuresPerProduct = 10_000
	conIDEpoch        = 2000 // the year of the first month that has ids

	// stockSymbols is how many symbols there are of 1 to 6 capital letters: 26 + 26² + ... + 26⁶.
	stockSymbols   = 321_272_406
	maxSymbolChars = 6

	// Neighbours in the alphabet are no neighbours as ids: the factor has no divisor in common
	// with stockSymbols = 2·3³·7·13·19·31·... and unfactor is its inverse.
	symbolFactor = 200_560_490_131 % stockSymbols
)

// symbolUnfactor is the inverse of symbolFactor modulo stockSymbols.
var symbolUnfactor = inverse(symbolFactor, stockSymbols)

// inverse of a modulo n by Euclid's algorithm; a and n must have no divisor in common.
func inverse(a, n int64) int64 {
	t, next, r, rest := int64(0), int64(1), n, a
	for rest != 0 {
		q := r / rest
		t, next = next, t-q*next
		r, rest = rest, r-q*rest
	}
	if r != 1 {
		panic("market: a factor of contract ids has no inverse")
	}
	return floorMod(t, n)
}

func symbolToConID(symbol string) (conID int, ok bool) {
	if symbol == "" || len(symbol) > maxSymbolChars {
		return 0, false
	}
	n := int64(0) // bijective base 26
	for k := range len(symbol) {
		c := symbol[k]
		if c < 'A' || c > 'Z' {
			return 0, false
		}
		n = n*26 + int64(c-'A') + 1
	}
	return firstStockConID + int((n-1)*symbolFactor%stockSymbols), true
}

func conIDToSymbol(conID int) (symbol string, ok bool) {
	n := int64(conID) - firstStockConID
	if n < 0 || n >= stockSymbols {
		return "", false
	}
	var letters [maxSymbolChars]byte
	at := len(letters)
	for n = n*symbolUnfactor%stockSymbols + 1; n > 0; n = (n - 1) / 26 {
		at--
		letters[at] = 'A' + byte((n-1)%26)
	}
	return string(letters[at:]), true
}
