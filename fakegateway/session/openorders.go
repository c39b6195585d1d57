package session

import (
	"fmt"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

// reqOpenOrders lists this client's working orders. Client 0 gets those that were placed by hand
// too: they are bound to it.
func (s *Session) reqOpenOrders(*protobuf.OpenOrdersRequest) {
	if s.clientID == 0 {
		s.login.exchange.BindManual(s.conn.Now())
	}
	s.listOpenOrders(s.owns)
}

// reqAllOpenOrders lists every client's working orders; it binds none of them.
func (s *Session) reqAllOpenOrders(*protobuf.AllOpenOrdersRequest) {
	s.listOpenOrders(func(exchange.Order) bool { return true })
}

func (s *Session) listOpenOrders(which func(exchange.Order) bool) {
	s.login.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.sendOpenOrders(v, which)
		s.send(wire.OpenOrderEnd, &protobuf.OpenOrdersEnd{})
	})
}

func (s *Session) sendOpenOrders(v *exchange.View, which func(exchange.Order) bool) (sent int) {
	for _, o := range v.OpenOrders() {
		if which(o) {
			sent++
			s.sendOpenOrder(o)
			s.sendOrderStatus(o, o.ClientID)
		}
	}
	return sent
}

// reqAutoOpenOrders binds orders that are placed by hand from now on to client 0, which gets no
// answer; any other client gets the error that it gets from a Gateway.
func (s *Session) reqAutoOpenOrders(m *protobuf.AutoOpenOrdersRequest) {
	switch {
	case s.login.readOnly():
		s.fail(noRequest, codeReadOnly, textReadOnly)
	case s.clientID != 0:
		s.fail(noRequest, 327, "Only the default client (i.e 0) can auto bind orders")
	default:
		s.login.exchange.AutoBind(s.conn.Now(), m.GetAutoBind())
	}
}

// sendOrderBound tells client 0 of an order by hand that is its own from now on.
func (s *Session) sendOrderBound(o exchange.Order) {
	s.send(wire.OrderBound, &protobuf.OrderBound{
		PermId: proto.Int64(o.PermID), ClientId: num(o.ClientID), OrderId: num(o.OrderID),
	})
}

// reqCompletedOrders lists the orders of today's session that are done: all, or those from the API.
func (s *Session) reqCompletedOrders(m *protobuf.CompletedOrdersRequest) {
	s.login.exchange.View(s.conn.Now(), func(v *exchange.View) {
		today := s.day(v.Now())
		for _, o := range v.CompletedOrders() {
			if s.day(o.DoneAt) != today || o.Manual && m.GetApiOnly() {
				continue
			}
			order := s.orderOf(o)
			// Captured: a completed order has none of these.
			order.OrderId, order.ClientId, order.Submitter = nil, nil, nil
			if !o.AutoCancel.IsZero() { // captured: IBKR has set it for a GTC order
				order.AutoCancelDate = proto.String(stamp(s.version, o.AutoCancel))
			}
			s.send(wire.CompletedOrder, &protobuf.CompletedOrder{
				Contract: orderContract(o), Order: order,
				OrderState: s.orderState(o),
			})
		}
		s.send(wire.CompletedOrdersEnd, &protobuf.CompletedOrdersEnd{})
	})
}

func (s *Session) sendOpenOrder(o exchange.Order) { s.send(wire.OpenOrder, s.openOrder(o)) }

// sendOrderStatus writes zeros, which a Gateway at 225 does too.
func (s *Session) sendOrderStatus(o exchange.Order, clientID int) {
	status := &protobuf.OrderStatus{
		OrderId: num(o.OrderID), Status: proto.String(string(o.Shown())),
		Filled: proto.String(whole(o.Filled)), Remaining: proto.String(whole(o.Remaining)),
		AvgFillPrice: float(o.AvgFillPrice), PermId: proto.Int64(o.PermID),
		ParentId: num(o.ParentID), LastFillPrice: float(o.LastFillPrice),
		ClientId: num(clientID), MktCapPrice: proto.Float64(0),
	}
	if o.WhyHeld != "" {
		status.WhyHeld = proto.String(o.WhyHeld)
	}
	s.send(wire.OrderStatus, status)
}

func (s *Session) openOrder(o exchange.Order) *protobuf.OpenOrder {
	return &protobuf.OpenOrder{
		OrderId: num(o.OrderID), Contract: orderContract(o),
		Order: s.orderOf(o), OrderState: s.orderState(o),
	}
}

// request is the client's own message behind an order.
func request(o exchange.Order) *protobuf.PlaceOrderRequest {
	m, _ := o.Echo.(*protobuf.PlaceOrderRequest)
	return m
}

// venueOf is where the client sent an order.
func venueOf(o exchange.Order) string {
	if venue := request(o).GetContract().GetExchange(); venue != "" {
		return venue
	}
	return o.Instrument.Exchange
}

// orderOf writes an order with the fields, and the explicit zeros, that were captured from a
// Gateway at 225, and repeats what else the client asked for.
func (s *Session) orderOf(o exchange.Order) *protobuf.Order {
	asked := request(o).GetOrder()
	order := &protobuf.Order{
		ClientId: num(o.ClientID), OrderId: num(o.OrderID), PermId: proto.Int64(o.PermID),
		ParentId: num(o.ParentID), Action: proto.String(string(o.Action)),
		TotalQuantity: proto.String(whole(o.Quantity)), OrderType: proto.String(string(o.Type)),
		LmtPrice: float(o.LimitPrice), AuxPrice: float(auxPrice(o)),
		Tif: proto.String(string(o.TIF)), Account: proto.String(o.Account),
		ClearingIntent: proto.String("IB"), OcaType: num(3), TriggerMethod: num(0),
		VolatilityType: num(0), ReferencePriceType: num(0),
		DeltaNeutralOrderType: proto.String("None"), DeltaNeutralShortSaleSlot: num(0),
		Origin: num(0), ShortSaleSlot: num(0), ExemptCode: num(-1),
		AdjustedOrderType: proto.String("None"), AdjustableTrailingUnit: num(0),
		DontUseAutoPriceForHedge: proto.Bool(true), FilledQuantity: proto.String(whole(o.Filled)),
		Shareholder:          proto.String("Not an insider or substantial shareholder"),
		RouteMarketableToBbo: num(0), UsePriceMgmtAlgo: num(0), MinCompeteSize: num(100),
		CompeteAgainstBestOffset: proto.Float64(0.02), Submitter: proto.String("fakegateway"),
		SeekPriceImprovement: num(0),
	}
	if o.OrderRef != "" {
		order.OrderRef = proto.String(o.OrderRef)
	}
	if o.OutsideRTH {
		order.OutsideRth = proto.Bool(true)
	}
	if o.OCAGroup != "" {
		order.OcaGroup = proto.String(o.OCAGroup)
	}
	if o.OCAType != 0 {
		order.OcaType = num(o.OCAType)
	}
	if o.ParentPermID != 0 {
		order.ParentPermId = proto.Int64(o.ParentPermID)
	}
	switch o.Type {
	case exchange.StopOrder, exchange.StopLimitOrder, // captured: a stop's price is also its trail's
		exchange.TrailOrder, exchange.TrailLimitOrder:
		order.TrailStopPrice = float(o.StopPrice)
	default:
	}
	if !o.TrailPercent.IsZero() {
		order.TrailingPercent = float(o.TrailPercent)
	}
	if !o.LimitOffset.IsZero() {
		order.LmtPriceOffset = float(o.LimitOffset)
	}
	repeat(order, asked)
	return order
}

// auxPrice is the trigger, the trail or the offset of an order, as its type has one.
func auxPrice(o exchange.Order) decimal.Decimal {
	switch o.Type {
	case exchange.TrailOrder, exchange.TrailLimitOrder:
		return o.TrailAmount
	case exchange.RelativeOrder:
		return o.Offset
	default:
		return o.StopPrice
	}
}

// repeat copies what a Gateway keeps of an order without acting on it here.
func repeat(order, asked *protobuf.Order) {
	if asked == nil {
		return
	}
	order.Hidden = asked.Hidden
	if asked.GetDisplaySize() > 0 {
		order.DisplaySize = asked.DisplaySize
	}
	order.AllOrNone, order.MinQty = asked.AllOrNone, asked.MinQty
	order.GoodAfterTime, order.GoodTillDate = asked.GoodAfterTime, asked.GoodTillDate
	order.ModelCode, order.CustomerAccount = asked.ModelCode, asked.CustomerAccount
	order.AlgoStrategy, order.AlgoParams = asked.AlgoStrategy, asked.AlgoParams
	order.AlgoId, order.CashQty = asked.AlgoId, asked.CashQty
	order.DiscretionaryAmt, order.Rule80A = asked.DiscretionaryAmt, asked.Rule80A
	order.BlockOrder, order.SweepToFill = asked.BlockOrder, asked.SweepToFill
	order.ActiveStartTime, order.ActiveStopTime = asked.ActiveStartTime, asked.ActiveStopTime
	order.HedgeType, order.HedgeParam = asked.HedgeType, asked.HedgeParam
	order.SmartComboRoutingParams = asked.SmartComboRoutingParams
	order.Solicited, order.NotHeld = asked.Solicited, asked.NotHeld
	order.RandomizeSize, order.RandomizePrice = asked.RandomizeSize, asked.RandomizePrice
	order.FaGroup, order.FaMethod = asked.FaGroup, asked.FaMethod
	order.FaPercentage = asked.FaPercentage
	order.ExtOperator = asked.ExtOperator
	if proto.Size(asked.GetSoftDollarTier()) > 0 { // official clients send an empty one
		order.SoftDollarTier = asked.SoftDollarTier
	}
	order.ManualOrderTime, order.AutoCancelParent = asked.ManualOrderTime, asked.AutoCancelParent
	order.IncludeOvernight, order.ImbalanceOnly = asked.IncludeOvernight, asked.ImbalanceOnly
	order.PostToAts, order.Duration = asked.PostToAts, asked.Duration
	order.AutoCancelDate = asked.AutoCancelDate
	order.Conditions = asked.Conditions
	order.ConditionsCancelOrder = asked.ConditionsCancelOrder
	order.ConditionsIgnoreRth = asked.ConditionsIgnoreRth
	repeatAdjustment(order, asked)
}

// repeatAdjustment copies how a stop is to be adjusted later, which is not acted on here.
func repeatAdjustment(order, asked *protobuf.Order) {
	if asked.GetAdjustedOrderType() == "" {
		return
	}
	order.AdjustedOrderType, order.TriggerPrice = asked.AdjustedOrderType, asked.TriggerPrice
	order.AdjustedStopPrice = asked.AdjustedStopPrice
	order.AdjustedStopLimitPrice = asked.AdjustedStopLimitPrice
	order.AdjustedTrailingAmount = asked.AdjustedTrailingAmount
	order.AdjustableTrailingUnit = asked.AdjustableTrailingUnit
}

func (s *Session) orderState(o exchange.Order) *protobuf.OrderState {
	state := &protobuf.OrderState{Status: proto.String(string(o.Shown()))}
	if s.login.cfg.RepeatFilled && o.Status == exchange.Filled && !o.Commission.IsZero() {
		state.CommissionAndFees = float(o.Commission)
		state.CommissionAndFeesCurrency = proto.String(o.Instrument.Currency)
	}
	if o.Code != 0 && o.Status == exchange.Inactive {
		state.RejectReason = proto.String(o.Reason)
	}
	if !o.Status.Done() {
		return state
	}
	state.CompletedTime = proto.String(stamp(s.version, o.DoneAt))
	switch o.Status {
	case exchange.Filled:
		state.CompletedStatus = proto.String(fmt.Sprintf("Filled Size: %d", o.Filled))
	case exchange.Cancelled:
		state.CompletedStatus = proto.String("Cancelled by System:\n")
		if o.CanceledByClient {
			state.CompletedStatus = proto.String("Cancelled by Trader")
		}
	default:
		state.CompletedStatus = proto.String("Rejected by System:" + o.Reason)
	}
	return state
}
