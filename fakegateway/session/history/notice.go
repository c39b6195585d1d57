package history

import (
	"time"

	"ibsoak/fakegateway/market"
)

const (
	codeNotice = 2188
	textNotice = "Up-to-the-second historical data requires additional subscription for the API."

	// noticeAge is from when on data needs no subscription: the age of delayed data.
	noticeAge = 15 * time.Minute
)

// noticeHistory tells a client, where the Gateway is set to, that what it is about to get of the last
// 15 minutes needs a subscription: a Gateway does so before bars, historical ticks and histograms and
// sends them all the same (rust-ibapi #764). A zero end is now.
func (s *Session) noticeHistory(id int, i market.Instrument, end time.Time) {
	cfg := s.login.cfg
	if !cfg.HistoryNotice || cfg.LiveMarketData || i.SecType.FreeData() {
		return
	}
	if now := s.client.Now(); end.IsZero() || end.After(now.Add(-noticeAge)) {
		s.client.Fail(id, codeNotice, textNotice)
	}
}
