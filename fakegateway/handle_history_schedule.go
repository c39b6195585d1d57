package fakegateway

import (
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

// scheduleForm is local time: the zone is a field of its own.
const scheduleForm = "20060102-15:04:05"

// sendSchedule answers whatToShow SCHEDULE: the sessions of a stretch of time.
func (s *session) sendSchedule(id int, q historyQuery) {
	now := s.conn.Now()
	days, err := s.srv.exchange.Market().History(now, market.HistoryRequest{
		Instrument: q.Instrument, End: q.End, Duration: q.Duration, BarSize: oneDay, RTHOnly: q.RTHOnly,
	})
	if err != nil || len(days.Bars) == 0 {
		s.fail(id, codeHistory, q.noData())
		return
	}
	zone := q.Instrument.Zone()
	var sessions []*protobuf.HistoricalSession
	for _, day := range days.Bars {
		w := s.srv.sessionOf(q.Instrument, day.Start, !q.RTHOnly)
		sessions = append(sessions, &protobuf.HistoricalSession{
			StartDateTime: proto.String(w.Open.In(zone).Format(scheduleForm)),
			EndDateTime:   proto.String(w.Close.In(zone).Format(scheduleForm)),
			RefDate:       proto.String(day.Start.In(zone).Format(dayForm)),
		})
	}
	s.send(wire.HistoricalSchedule, &protobuf.HistoricalSchedule{
		ReqId: num(id), StartDateTime: sessions[0].StartDateTime,
		EndDateTime: sessions[len(sessions)-1].EndDateTime,
		TimeZone:    proto.String(q.Instrument.ZoneID), HistoricalSessions: sessions,
	})
}

// sessionOf is the session of a trading date, which may begin on the evening before.
func (s *Server) sessionOf(i market.Instrument, date time.Time, extended bool) market.Window {
	noon := date.Add(12 * time.Hour)
	return s.exchange.Market().Next(i, noon, extended)
}
