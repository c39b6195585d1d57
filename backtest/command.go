package backtest

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"ibsoak/trader/cli"
	"ibsoak/trader/exit"
)

const usage = `Usage: trader backtest --bars FILE.csv [flags]

trader backtest runs the trader over a file of prices: the same strategies, sizes,
limits, reconciling and journal, with the fake Gateway's exchange in place of a
Gateway. After each bar it decides, as it would have done then, and its orders
trade at the quotes of that moment, around the first price of the next bar.
Nothing that comes later is known, and nothing is sent anywhere.

It prints the trades, the equity as a chart, and the return, the deepest drawdown,
the Sharpe ratio, the exposure and the fees. The exchange's books, the journal and
the report must agree to the last digit, or there is no result.

FILE.csv names its columns in the first row:
  date,open,high,low,close,volume   one-minute bars
  time,price,size                   trades
and symbol, if its rows are of several; else the file is named by its symbol, as in
AAPL-2026.csv. Times are 2026-11-23 15:04:05, the same with a zone, or seconds since
1970; without a zone they are New York's. What is outside regular hours is left out.

  --bars FILE      the prices
  --html FILE      write the report as a page that needs no network, too
  --journal DIR    keep the journal in a new directory; see trader books
  --spread-seed N  other spreads around the file's prices (default 0)
  --verbose        the trader's own log, on stderr

All other flags, their environment variables and the file of --config are those of
the trader, see trader --help. What concerns a Gateway, a live account or the host's
clock is not read. --symbols are those of the file by default. --capital is 100,000.

Example:
  trader backtest --bars AAPL.csv --strategy donchian --sizing atr --html report.html
`

// Command is the subcommand "backtest" of the trader.
func Command() *cobra.Command {
	var cfg Config
	var html string
	var verbose bool
	cmd := &cobra.Command{Use: "backtest", Args: cobra.NoArgs}
	settings := cli.Settings(cmd.Flags())
	flags := cmd.Flags()
	flags.StringVar(&cfg.Bars, "bars", "", "")
	flags.StringVar(&html, "html", "", "")
	flags.StringVar(&cfg.Journal, "journal", "", "")
	flags.Uint64Var(&cfg.Seed, "spread-seed", 0, "")
	flags.BoolVar(&verbose, "verbose", false, "")
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { _, _ = io.WriteString(cmd.OutOrStdout(), usage) })
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if cfg.Bars == "" {
			return exit.Because(exit.Usage, errors.New("no bars: give --bars FILE.csv; see trader backtest --help"))
		}
		if cfg.Settings, err = settings(); err != nil {
			return err
		}
		if verbose {
			cfg.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
		}
		r, err := Run(cmd.Context(), cfg)
		if _, known := exit.Of(err); err != nil && !known {
			err = exit.Because(exit.Usage, err)
		}
		if err != nil {
			return err
		}
		if err := r.Print(cmd.OutOrStdout()); err != nil {
			return exit.Because(exit.State, fmt.Errorf("print the report: %w", err))
		}
		if html == "" {
			return nil
		}
		if err := r.save(html); err != nil {
			return exit.Because(exit.State, err)
		}
		return nil
	}
	return cmd
}

// save writes the page.
func (r *Result) save(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	if err := errors.Join(r.HTML(f), f.Close()); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
