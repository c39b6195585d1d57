package wire

import (
	"fmt"

	pb "github.com/scmhub/ibapi/protobuf"
)

// ticksFamily tells single ticks: live ones (tick by tick) and those of the past.
var ticksFamily = []spec{
	row(ReqTickByTickData, "reqTickByTickData", 208, reqTickByTickData),
	row(CancelTickByTickData, "cancelTickByTickData", 208, cancelTickByTickData),
	row(TickByTick, "tickByTick", 208, tickByTick),
	row(ReqHistoricalTicks, "reqHistoricalTicks", 208, reqHistoricalTicks),
	protobufRow[pb.CancelHistoricalTicks](CancelHistoricalTicks, "cancelHistoricalTicks", 215),
	row(HistoricalTicks, "historicalTicks", 208, historicalTicks),
	row(HistoricalTicksBidAsk, "historicalTicksBidAsk", 208, historicalTicksBidAsk),
	row(HistoricalTicksLast, "historicalTicksLast", 208, historicalTicksLast),
}

func reqTickByTickData(f *fields, m *pb.TickByTickRequest) {
	f.int(&m.ReqId, zero)
	requestContract(f, part(f, &m.Contract))
	f.str(&m.TickType)
	f.required()
	f.int(&m.NumberOfTicks, zero)
	f.flag(&m.IgnoreSize)
}

func cancelTickByTickData(f *fields, m *pb.CancelTickByTick) { f.onlyID(&m.ReqId) }

// The kinds of live ticks, as TickByTickData.TickType numbers them.
const (
	tickNone     = 0
	tickLast     = 1
	tickAllLast  = 2
	tickBidAsk   = 3
	tickMidPoint = 4
)

// tickByTick is laid out by its kind; a body whose tick is of another kind travels as an empty one.
func tickByTick(f *fields, m *pb.TickByTickData) {
	f.int(&m.ReqId, zero)
	f.int(&m.TickType, zero)
	switch m.GetTickType() {
	case tickNone:
		f.fixed(zero) // a time
	case tickLast, tickAllLast:
		t := partOf(f, m.GetHistoricalTickLast())
		lastTick(f, t)
		if f.reading {
			m.Tick = &pb.TickByTickData_HistoricalTickLast{HistoricalTickLast: t}
		}
	case tickBidAsk:
		t := partOf(f, m.GetHistoricalTickBidAsk())
		bidAskTick(f, t)
		if f.reading {
			m.Tick = &pb.TickByTickData_HistoricalTickBidAsk{HistoricalTickBidAsk: t}
		}
	case tickMidPoint:
		t := partOf(f, m.GetHistoricalTickMidPoint())
		f.long(&t.Time, zero)
		f.plain(&t.Price, zero)
		if f.reading {
			m.Tick = &pb.TickByTickData_HistoricalTickMidPoint{HistoricalTickMidPoint: t}
		}
	default:
		f.fail(fmt.Errorf("tick type %d is none of 0 to 4", m.GetTickType()))
	}
	f.required()
}

func lastTick(f *fields, t *pb.HistoricalTickLast) {
	a := part(f, &t.TickAttribLast)
	f.long(&t.Time, zero)
	f.plain(&t.Price, zero)
	f.decimal(&t.Size, zero)
	f.mask(&a.PastLimit, &a.Unreported)
	f.str(&t.Exchange)
	f.str(&t.SpecialConditions)
}

func bidAskTick(f *fields, t *pb.HistoricalTickBidAsk) {
	a := part(f, &t.TickAttribBidAsk)
	f.long(&t.Time, zero)
	f.plain(&t.PriceBid, zero)
	f.plain(&t.PriceAsk, zero)
	f.decimal(&t.SizeBid, zero)
	f.decimal(&t.SizeAsk, zero)
	f.mask(&a.BidPastLow, &a.AskPastHigh)
}

func reqHistoricalTicks(f *fields, m *pb.HistoricalTicksRequest) {
	f.int(&m.ReqId, zero)
	c := part(f, &m.Contract)
	requestContract(f, c)
	f.flag(&c.IncludeExpired)
	f.str(&m.StartDateTime)
	f.str(&m.EndDateTime)
	f.int(&m.NumberOfTicks, zero)
	f.str(&m.WhatToShow)
	f.flag(&m.UseRTH)
	f.required()
	f.flag(&m.IgnoreSize)
	f.options(&m.MiscOptions)
}

func historicalTicks(f *fields, m *pb.HistoricalTicks) {
	f.int(&m.ReqId, zero)
	const fieldsEach = 4
	list(f, &m.HistoricalTicks, fieldsEach, func(t *pb.HistoricalTick) {
		f.long(&t.Time, zero)
		f.fixed(zero) // a mask, as the other two kinds have
		f.plain(&t.Price, zero)
		f.decimal(&t.Size, zero)
	})
	f.flag(&m.IsDone)
	f.required()
}

// historicalTicksBidAsk has the bits of its mask the other way round than live ticks, in the
// official clients and in github.com/scmhub/ibapi. @stoqey/ib reads them as those of live ticks.
func historicalTicksBidAsk(f *fields, m *pb.HistoricalTicksBidAsk) {
	f.int(&m.ReqId, zero)
	const fieldsEach = 6
	list(f, &m.HistoricalTicksBidAsk, fieldsEach, func(t *pb.HistoricalTickBidAsk) {
		a := part(f, &t.TickAttribBidAsk)
		f.long(&t.Time, zero)
		f.mask(&a.AskPastHigh, &a.BidPastLow)
		f.plain(&t.PriceBid, zero)
		f.plain(&t.PriceAsk, zero)
		f.decimal(&t.SizeBid, zero)
		f.decimal(&t.SizeAsk, zero)
	})
	f.flag(&m.IsDone)
	f.required()
}

func historicalTicksLast(f *fields, m *pb.HistoricalTicksLast) {
	f.int(&m.ReqId, zero)
	const fieldsEach = 6
	list(f, &m.HistoricalTicksLast, fieldsEach, func(t *pb.HistoricalTickLast) {
		a := part(f, &t.TickAttribLast)
		f.long(&t.Time, zero)
		f.mask(&a.PastLimit, &a.Unreported)
		f.plain(&t.Price, zero)
		f.decimal(&t.Size, zero)
		f.str(&t.Exchange)
		f.str(&t.SpecialConditions)
	})
	f.flag(&m.IsDone)
	f.required()
}
