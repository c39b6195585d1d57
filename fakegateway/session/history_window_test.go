package session

import (
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// The window of an answer is the duration before its end by the calendar, with the time of the day,
// not the dates of its bars: rust-ibapi issue 93 has it below version 196 (7 days that end on
// 2023-06-27 20:26:08 begin on 2023-06-20 20:26:08, the first bar is of 2023-06-16), and a capture at
// 200 the same.
func TestWindowOfHistory(t *testing.T) {
	for v, want := range map[wire.Version][2]string{
		170: {"20261115  10:30:00", "20261122  10:30:00"},
		193: {"20261115 10:30:00 US/Eastern", "20261122 10:30:00 US/Eastern"},
		200: {"20261115 10:30:00 US/Eastern", "20261122 10:30:00 US/Eastern"},
		225: {"20261115 10:30:00 US/Eastern", "20261122 10:30:00 US/Eastern"},
	} {
		l := login(t, testLogin(t, Semantics{SessionsOnly: true}), v, 1)
		got := l.ask(wire.ReqHistoricalData, bars(1, "7 D", "1 day"))
		answer := body[*protobuf.HistoricalData](t, got, wire.HistoricalData)
		from, to := wire.HistoryWindow(answer)
		if v >= wire.HistoryWindowVersion {
			end := body[*protobuf.HistoricalDataEnd](t, got, wire.HistoricalDataEnd)
			from, to = end.GetStartDateStr(), end.GetEndDateStr()
		}
		if from != want[0] || to != want[1] {
			t.Errorf("version %d: from %q to %q, want %q", v, from, to, want)
		}
		rows := answer.GetHistoricalDataBars()
		if len(rows) != 7 || rows[0].GetDate() != "20261112" {
			t.Errorf("version %d: %d bars, the first of %s", v, len(rows), rows[0].GetDate())
		}
	}
}

func TestWindowOfEveryUnit(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	at := func(back time.Time) string {
		return back.Format("20060102 15:04:05") + " US/Eastern"
	}
	end := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC) // as it is written in New York
	for duration, want := range map[string]time.Time{
		"600 S": end.Add(-10 * time.Minute), "2 W": end.AddDate(0, 0, -14),
		"3 M": end.AddDate(0, -3, 0), "1 Y": end.AddDate(-1, 0, 0),
	} {
		size := "1 day"
		if duration == "600 S" {
			size = "1 min"
		}
		got := body[*protobuf.HistoricalDataEnd](t, l.ask(wire.ReqHistoricalData, bars(1, duration, size)),
			wire.HistoricalDataEnd)
		if got.GetStartDateStr() != at(want) || got.GetEndDateStr() != at(end) {
			t.Errorf("%s: from %s to %s", duration, got.GetStartDateStr(), got.GetEndDateStr())
		}
	}
}
