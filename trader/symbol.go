package trader

import (
	"fmt"
	"slices"
	"strings"

	"ibsoak/trader/broker"
)

// maxSymbol bounds a symbol's length; IBKR's longest have about twenty characters.
const maxSymbol = 32

// ParseSymbol reads a stock as it is configured: SYMBOL, SYMBOL:EXCHANGE or SYMBOL:EXCHANGE:CURRENCY, where
// an empty part is the default. Class shares have a blank, as IBKR writes them: BRK B.
func ParseSymbol(text, exchange, currency string) (broker.Contract, error) {
	parts := strings.Split(text, ":")
	const most = 3 // parts
	c := broker.Contract{Symbol: parts[0], SecType: "STK", Exchange: exchange, Currency: currency}
	if len(parts) > 1 && parts[1] != "" {
		c.Exchange = parts[1]
	}
	if len(parts) == most && parts[2] != "" {
		c.Currency = parts[2]
	}
	bad := len(parts) > most || len(text) > maxSymbol || c.Symbol == "" ||
		strings.Join(strings.Fields(c.Symbol), " ") != c.Symbol
	for _, r := range text {
		bad = bad || r < ' ' || r > '~'
	}
	if bad {
		return c, fmt.Errorf("symbols: %q is not a symbol: want SYMBOL, SYMBOL:EXCHANGE or "+
			"SYMBOL:EXCHANGE:CURRENCY", text)
	}
	return c, nil
}

// trades says whether one of the configured symbols is the broker's symbol.
func (c Config) trades(symbol string) bool {
	return slices.ContainsFunc(c.Symbols, func(text string) bool {
		name, _, _ := strings.Cut(text, ":")
		return name == symbol
	})
}
