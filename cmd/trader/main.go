// Command trader trades stocks through an Interactive Brokers Gateway. See trader --help.
package main

import (
	"context"
	"os"

	"ibsoak/backtest"
	"ibsoak/internal/manual"
	"ibsoak/trader/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args[1:], os.Stdout, os.Stderr, backtest.Command(), manual.Command()))
}
