package cli

import (
	"fmt"
	"strings"

	"ibsoak/trader/config"
	"ibsoak/trader/exit"
)

// configEnv names the configuration file when --config does not.
const configEnv = "TRADER_CONFIG"

const intro = `Usage: trader --symbols A,B [flags]
       trader books [--state DIR]
       trader resolve INTENT filled|absent --reason TEXT [--price X] [--state DIR]
       trader backup FILE [--state DIR]
       trader restore FILE [--state DIR]
       trader halt --reason TEXT [--state DIR]
       trader resume --reason TEXT [--accept-loss] [--state DIR]
       trader backtest --bars FILE.csv [flags]
       trader status [--watch] [--json] [--state DIR]
       trader doctor [--json] [--doctor-client-id N] [flags]
       trader config [--json] [flags]
       trader --version
       trader keeper --listen HOST:PORT --gateway HOST:PORT [flags]

trader trades stocks through an Interactive Brokers Gateway. Each cycle it reads
closed one-minute bars, asks its strategy for a position, checks its limits, and
sends at most one order for each symbol. Between cycles it keeps one connection,
and gets it back when it is lost.

Every order is in the journal before it is sent, and is sent at most once. When
its outcome is not known, the trader asks the Gateway until it is, and trades
nothing else in that symbol meanwhile. It buys and sells its own shares only:
what the account held before stays.

Beside every position of its own a stop rests at the broker, 5 % below its entry unless
--stop says otherwise, and a target if --target asks for one. What cannot be protected
within --protect-within is closed. An exit is sent when the stop has given way.

It trades paper accounts (those that begin with D). For any other, three things
must agree: --live, --account, and the account that is logged in.

"trader books" prints the journal in a state directory as JSON, also while a
trader runs on it.

"trader resolve" settles an order of which the Gateway cannot tell what became of it,
by the word of a person who found out. The trader must be stopped. "filled" books
what is left of it, at the price of the decision unless --price says better; the
true execution replaces that if the Gateway ever tells it.

"trader backup" copies the journal, also while a trader runs on it; "trader restore"
puts the copy where the journal is missing. A trader whose journal is lost takes its
orders of the last seven days over from the Gateway's record; one whose directory
was emptied does not start.

"trader halt" closes the kill switch, also while a trader runs on the journal: from
its next order on it buys nothing, and cancels what it is buying; it still sells. So
do limits on losses, on refused orders and on cash that nobody explains. It holds
over restarts and days until "trader resume", which after a loss needs --accept-loss.

These commands and "trader status" find the state directory as the trader does: by
--state, else TRADER_STATE, else the state in the file of --config or TRADER_CONFIG. All
but restore refuse a directory without a journal.

"trader backtest" runs the same code over a file of one-minute bars; see its --help.

"trader status" shows what the trader on a state directory does, or what the last one
left. --status-listen serves the same as a page, with metrics, /healthz and /readyz.

"trader doctor" examines the Gateway, and says what is wrong and what to do; it places
nothing. "trader config" prints every setting, and where it comes from.

"trader keeper" keeps sessions at a Gateway for clients that come and go; see
trader keeper --help.

`

const outro = `
A risk limit that is not given has its default; a negative one is off, and 0 is refused.

A flag beats the environment variable below it, which beats the file. So --host or
--port beats an address that the environment or the file gives.

SIGINT, SIGTERM and SIGHUP stop the trader within three seconds, and five more for
--at-stop cancel or flatten; the alert of an end that is not clean may take ten more.
A second signal ends it at once. What is left working at the Gateway is named on the
last line.

Exit codes, also in exit.json in the state directory. Until then that says running, and
whether the trader is ready: that it decides on every symbol, or why it is blind.

`

const examples = `
Examples:
  trader --symbols AAPL
      trade AAPL every 30 s through the paper Gateway on this host
  trader --symbols AAPL,NVDA --once
      one cycle, then exit: for cron, and for a first try
  trader --symbols AAPL --strategy hold --shares 10 --on-zombies fail
      hold ten shares; refuse to dial a Gateway that leaks sockets
  trader --config /etc/trader.yaml --live --account U1234567
      trade the live account that the file and the Gateway agree on
`

// usage is what --help prints: prose, then the flags, then the codes, then examples.
func usage() string {
	var b strings.Builder
	b.WriteString(intro)
	fmt.Fprintf(&b, "  %-28s %s\n  %-28s %s\n", "--config FILE", "settings in YAML; an unknown key is an error",
		"", configEnv)
	for _, o := range config.Options() {
		head := "--" + o.Flag
		if o.Kind != "" {
			head += " " + o.Kind
		}
		notes := o.Usage
		if d := o.Default(); d != "" && o.Kind != "" {
			notes += " (default " + d + ")"
		}
		fmt.Fprintf(&b, "  %-28s %s\n", head, notes)
		if o.Env != "" {
			fmt.Fprintf(&b, "  %-28s %s\n", "", o.Env)
		}
	}
	b.WriteString(outro)
	for _, r := range exit.Table {
		fmt.Fprintf(&b, "  %2d %-20s %s\n", r.Code, r.Name, r.Meaning)
	}
	b.WriteString(examples)
	return b.String()
}
