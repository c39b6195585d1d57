package campaign_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"

	"ibsoak/trader/exit"
)

// notBare is what the trader's log says when it goes and a position may be left without its stop.
const notBare = "may be without its stop"

// termEach is that of so many lives without a fault one is ended by SIGTERM in place of SIGKILL.
const termEach = 2

// filledLate is how long before the end of a life an order may have filled, in real time, so that its stop can be there.
const filledLate = 500 * time.Millisecond

// stopped judges a life that began, and was sent SIGTERM, at times of the Gateway's clock, and has just ended; its log
// begins at an offset. It ends in good order, and leaves no position without its stop, or says so. One that had not
// ordered anything may not have known what is held, or what SIGTERM is. And of a contract with an order that worked
// until the end, or nearly, nobody can promise a stop: it may fill when the trader has gone.
func (l *lane) stopped(err error, began, at time.Time, log int64) {
	late := l.now().Add(-time.Duration(float64(filledLate) * l.clock.Scale))
	truth := l.gw.Books()
	ordered, works := false, map[string]bool{}
	for _, o := range truth.Orders {
		if o.OrderID == 0 {
			continue
		}
		ordered = ordered || o.PlacedAt.After(began) && o.PlacedAt.Before(at)
		works[o.Symbol] = works[o.Symbol] || !protective(o) && (o.DoneAt.IsZero() || o.DoneAt.After(late))
	}
	if !ordered {
		return
	}
	mine, berr := l.books()
	if berr != nil {
		l.find("stopped: the journal cannot be read after life %d: %v", l.lives, berr)
		return
	}
	for _, in := range mine.Intents { // of an order that may live nobody knows what it leaves to protect
		works[in.Symbol] = works[in.Symbol] || !in.State.Closed() && !in.Role.Resting()
	}
	l.stops++
	var ended *exec.ExitError
	if err != nil && (!errors.As(err, &ended) || exit.Code(ended.ExitCode()) != exit.OrderUnknown) {
		l.find("stopped: life %d: %v\n\t\t%s", l.lives, err, l.tail())
	}
	var bare []string
	for _, symbol := range laneSymbols {
		if protects() && !works[symbol] && truth.Holding(account, symbol) != stopsOf(truth, symbol) {
			bare = append(bare, symbol)
		}
	}
	if len(bare) == 0 {
		return
	}
	if said, err := os.ReadFile(l.log.Name()); err != nil || !bytes.Contains(said[log:], []byte(notBare)) {
		l.find("stopped: life %d left %s without a stop and did not say so (%v)", l.lives, strings.Join(bare, ", "), err)
	}
}
