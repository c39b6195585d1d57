package marketdata

import (
	"fmt"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
)

// Denial is why a login without live data of an instrument does not get it.
type Denial string

// The denials.
const (
	// DeniedToAPI has a subscription, but none for the API: 10089, and 10091 for a part. Delayed
	// data is there for who asks for it. Captured from paper accounts at 200 to 225.
	DeniedToAPI Denial = ""
	// DeniedUntilDelayed has none: 10168 until the client asks for delayed data, 10090 for a part.
	DeniedUntilDelayed Denial = "not-subscribed"
	// DeniedAltogether has none, and no delayed data either: 354.
	DeniedAltogether Denial = "no-data"
)

// denial is what clients are answered.
type denial struct {
	all, part client.Notice
	named     bool // the text ends with the instrument
	noDelayed bool
}

const textDialog = " See link in 'Market Data Connections' dialog for more details."

var (
	partNotSubscribed = client.Notice{
		Code: 10090, Text: "Part of requested market data is not subscribed. " +
			"Subscription-independent ticks are still active.",
	}
	denials = map[Denial]denial{
		DeniedToAPI: {
			all: client.Notice{
				Code: 10089,
				Text: "Requested market data requires additional subscription for API." + textDialog,
			},
			part: client.Notice{
				Code: 10091, Text: "Part of requested market data requires additional subscription for API." +
					textDialog,
			},
			named: true,
		},
		DeniedUntilDelayed: {
			all: client.Notice{
				Code: 10168, Text: textNotSubscribed + " Delayed market data is not enabled.",
			},
			part: partNotSubscribed,
		},
		DeniedAltogether: {
			all: client.Notice{
				Code: codeNotListed, Text: textNotSubscribed + " Delayed market data is not available.",
			},
			part:      partNotSubscribed,
			noDelayed: true,
		},
	}
)

func (d denial) text(n client.Notice, i market.Instrument) string {
	if !d.named {
		return n.Text
	}
	return fmt.Sprintf("%sDelayed market data is available.%s %s/TOP/ALL", n.Text, i.Symbol, i.Venue())
}
