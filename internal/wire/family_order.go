package wire

import (
	"errors"

	pb "github.com/scmhub/ibapi/protobuf"
)

// orderFamily places, cancels and reports orders.
var orderFamily = []spec{
	row(PlaceOrder, "placeOrder", 203, placeOrder),
	row(CancelOrder, "cancelOrder", 203, cancelOrder),
	row(ReqGlobalCancel, "reqGlobalCancel", 203, globalCancel),
	row(ReqOpenOrders, "reqOpenOrders", 204, versionOnly[*pb.OpenOrdersRequest]("1")),
	row(ReqAllOpenOrders, "reqAllOpenOrders", 204, versionOnly[*pb.AllOpenOrdersRequest]("1")),
	row(ReqAutoOpenOrders, "reqAutoOpenOrders", 204, autoOpenOrders),
	row(ReqCompletedOrders, "reqCompletedOrders", 204, reqCompletedOrders),
	row(OrderStatus, "orderStatus", 203, orderStatus),
	row(OpenOrder, "openOrder", 203, openOrder),
	row(OpenOrderEnd, "openOrderEnd", 203, versionOnly[*pb.OpenOrdersEnd]("1")),
	row(OrderBound, "orderBound", 204, orderBound),
	row(CompletedOrder, "completedOrder", 204, completedOrder),
	row(CompletedOrdersEnd, "completedOrdersEnd", 204, noFields[*pb.CompletedOrdersEnd]),
}

// cancelOrder lost its layout version at 192; 187 to 189 had three fields for quotes that were
// taken out again.
func cancelOrder(f *fields, m *pb.CancelOrderRequest) {
	if f.version < 192 {
		f.fixed("1")
	}
	f.int(&m.OrderId, zero)
	f.required()
	cancel := part(f, &m.OrderCancel)
	if f.version >= 169 {
		f.str(&cancel.ManualOrderCancelTime)
	}
	if quoteFields(f.version) {
		f.fixed(empty)
		f.fixed(empty)
		f.fixed(unsetInt)
	}
	if f.version >= 192 {
		manualFields(f, cancel)
	}
}

// quoteFields says whether orders carry the request-for-quote fields: 187 brought them, 190
// removed them.
func quoteFields(v Version) bool { return v >= 187 && v < 190 }

func manualFields(f *fields, cancel *pb.OrderCancel) {
	f.str(&cancel.ExtOperator)
	f.int(&cancel.ManualOrderIndicator, unsetInt)
}

func globalCancel(f *fields, m *pb.GlobalCancelRequest) {
	cancel := part(f, &m.OrderCancel)
	if f.version < 192 {
		f.fixed("1")
		return
	}
	manualFields(f, cancel)
}

func autoOpenOrders(f *fields, m *pb.AutoOpenOrdersRequest) {
	f.fixed("1")
	f.flag(&m.AutoBind)
	f.required()
}

func reqCompletedOrders(f *fields, m *pb.CompletedOrdersRequest) {
	f.flag(&m.ApiOnly)
	f.required()
}

func orderStatus(f *fields, m *pb.OrderStatus) {
	f.int(&m.OrderId, zero)
	f.str(&m.Status)
	f.decimal(&m.Filled, zero)
	f.decimal(&m.Remaining, zero)
	f.plain(&m.AvgFillPrice, zero)
	f.long(&m.PermId, zero)
	f.int(&m.ParentId, zero)
	f.plain(&m.LastFillPrice, zero)
	f.int(&m.ClientId, zero)
	f.required()
	f.str(&m.WhyHeld)
	f.plain(&m.MktCapPrice, zero)
}

func orderBound(f *fields, m *pb.OrderBound) {
	f.long(&m.PermId, zero)
	f.int(&m.ClientId, zero)
	f.int(&m.OrderId, zero)
	f.required()
}

// legPrices are the legs' own prices: none, or one a leg.
func legPrices(f *fields, legs []*pb.ComboLeg) {
	n := 0
	for _, leg := range legs {
		if leg.PerLegPrice != nil {
			n = len(legs)
		}
	}
	n = f.count(n, 1)
	if n > len(legs) {
		f.fail(errors.New("more leg prices than legs"))
		return
	}
	for _, leg := range legs[:n] {
		f.plain(&leg.PerLegPrice, empty)
	}
}
