package session

import (
	"time"

	"ibsoak/fakegateway/market"
)

const (
	codeHistoryNotice = 2188
	textHistoryNotice = "Up-to-the-second historical data requires additional subscription for the API."
)

// noticeHistory tells a client, where the Gateway is set to, that what it is about to get of the last
// 15 minutes needs a subscription: a Gateway does so before bars, historical ticks and histograms and
// sends them all the same (rust-ibapi #764). A zero end is now.
func (s *Session) noticeHistory(id int, i market.Instrument, end time.Time) {
	if !s.login.cfg.HistoryNotice || s.entitled(i) {
		return
	}
	if now := s.conn.Now(); end.IsZero() || end.After(now.Add(-delay)) {
		s.fail(id, codeHistoryNotice, textHistoryNotice)
	}
}
