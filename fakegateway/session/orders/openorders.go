package orders

import (
	"fmt"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// ReqOpenOrders lists this client's working orders. Client 0 gets those that were placed by hand
// too: they are bound to it.
func (s *Session) ReqOpenOrders(*protobuf.OpenOrdersRequest) {
	if s.client.ID() == 0 {
		s.login.exchange.BindManual(s.client.Now())
	}
	s.listOpenOrders(s.owns)
}

// ReqAllOpenOrders lists every client's working orders; it binds none of them.
func (s *Session) ReqAllOpenOrders(*protobuf.AllOpenOrdersRequest) {
	s.listOpenOrders(func(exchange.Order) bool { return true })
}

func (s *Session) listOpenOrders(which func(exchange.Order) bool) {
	s.login.exchange.View(s.client.Now(), func(v *exchange.View) {
		s.sendOpenOrders(v, which)
		s.client.Send(wire.OpenOrderEnd, &protobuf.OpenOrdersEnd{})
	})
}

// SendOwnOpenOrders lists this client's working orders, and their end if there are any.
func (s *Session) SendOwnOpenOrders(v *exchange.View) {
	if s.sendOpenOrders(v, s.owns) > 0 {
		s.client.Send(wire.OpenOrderEnd, &protobuf.OpenOrdersEnd{})
	}
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

// ReqAutoOpenOrders binds orders that are placed by hand from now on to client 0, which gets no
// answer; any other client gets the error that it gets from a Gateway.
func (s *Session) ReqAutoOpenOrders(m *protobuf.AutoOpenOrdersRequest) {
	switch {
	case s.login.window.ReadOnly():
		s.client.Refuse(client.NoRequest, client.ReadOnly)
	case s.client.ID() != 0:
		s.client.Fail(client.NoRequest, 327, "Only the default client (i.e 0) can auto bind orders")
	default:
		s.login.exchange.AutoBind(s.client.Now(), m.GetAutoBind())
	}
}

// sendOrderBound informs client 0 that an order by hand is its own from now on.
func (s *Session) sendOrderBound(o exchange.Order) {
	s.client.Send(wire.OrderBound, &protobuf.OrderBound{
		PermId: proto.Int64(o.PermID), ClientId: client.Num(o.ClientID), OrderId: client.Num(o.OrderID),
	})
}

// ReqCompletedOrders lists the orders of today's session that are done: all, or those from the API.
func (s *Session) ReqCompletedOrders(m *protobuf.CompletedOrdersRequest) {
	s.login.exchange.View(s.client.Now(), func(v *exchange.View) {
		today := s.day(v.Now())
		for _, o := range v.CompletedOrders() {
			if s.day(o.DoneAt) != today || o.Manual && m.GetApiOnly() {
				continue
			}
			order := s.orderOf(o)
			// Captured: a completed order has none of these.
			order.OrderId, order.ClientId, order.Submitter = nil, nil, nil
			if !o.AutoCancel.IsZero() { // captured: IBKR has set it for a GTC order
				order.AutoCancelDate = proto.String(client.Stamp(s.client.Version(), o.AutoCancel))
			}
			s.client.Send(wire.CompletedOrder, &protobuf.CompletedOrder{
				Contract: orderContract(o), Order: order,
				OrderState: s.orderState(o),
			})
		}
		s.client.Send(wire.CompletedOrdersEnd, &protobuf.CompletedOrdersEnd{})
	})
}

func (s *Session) sendOpenOrder(o exchange.Order) { s.client.Send(wire.OpenOrder, s.openOrder(o)) }

// sendOrderStatus writes zeros, which a Gateway at 225 does too.
func (s *Session) sendOrderStatus(o exchange.Order, clientID int) {
	status := &protobuf.OrderStatus{
		OrderId: client.Num(o.OrderID), Status: proto.String(string(o.Shown())),
		Filled: proto.String(client.Whole(o.Filled)), Remaining: proto.String(client.Whole(o.Remaining)),
		AvgFillPrice: client.Float(o.AvgFillPrice), PermId: proto.Int64(o.PermID),
		ParentId: client.Num(o.ParentID), LastFillPrice: client.Float(o.LastFillPrice),
		ClientId: client.Num(clientID), MktCapPrice: proto.Float64(0),
	}
	if o.WhyHeld != "" {
		status.WhyHeld = proto.String(o.WhyHeld)
	}
	s.client.Send(wire.OrderStatus, status)
}

func (s *Session) openOrder(o exchange.Order) *protobuf.OpenOrder {
	return &protobuf.OpenOrder{
		OrderId: client.Num(o.OrderID), Contract: orderContract(o),
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
		ClientId: client.Num(o.ClientID), OrderId: client.Num(o.OrderID), PermId: proto.Int64(o.PermID),
		ParentId: client.Num(o.ParentID), Action: proto.String(string(o.Action)),
		TotalQuantity: proto.String(client.Whole(o.Quantity)), OrderType: proto.String(string(o.Type)),
		LmtPrice: client.Float(o.LimitPrice), AuxPrice: client.Float(auxPrice(o)),
		Tif: proto.String(string(o.TIF)), Account: proto.String(o.Account),
		ClearingIntent: proto.String("IB"), OcaType: client.Num(3), TriggerMethod: client.Num(0),
		VolatilityType: client.Num(0), ReferencePriceType: client.Num(0),
		DeltaNeutralOrderType: proto.String("None"), DeltaNeutralShortSaleSlot: client.Num(0),
		Origin: client.Num(0), ShortSaleSlot: client.Num(0), ExemptCode: client.Num(-1),
		AdjustedOrderType: proto.String("None"), AdjustableTrailingUnit: client.Num(0),
		DontUseAutoPriceForHedge: proto.Bool(true), FilledQuantity: proto.String(client.Whole(o.Filled)),
		Shareholder:          proto.String("Not an insider or substantial shareholder"),
		RouteMarketableToBbo: client.Num(0), UsePriceMgmtAlgo: client.Num(0), MinCompeteSize: client.Num(100),
		CompeteAgainstBestOffset: proto.Float64(0.02), Submitter: proto.String("fakegateway"),
		SeekPriceImprovement: client.Num(0),
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
		order.OcaType = client.Num(o.OCAType)
	}
	if o.ParentPermID != 0 {
		order.ParentPermId = proto.Int64(o.ParentPermID)
	}
	switch o.Type {
	case exchange.StopOrder, exchange.StopLimitOrder, // captured: a stop's price is also its trail's
		exchange.TrailOrder, exchange.TrailLimitOrder:
		order.TrailStopPrice = client.Float(o.StopPrice)
	default:
	}
	if !o.TrailPercent.IsZero() {
		order.TrailingPercent = client.Float(o.TrailPercent)
	}
	if !o.LimitOffset.IsZero() {
		order.LmtPriceOffset = client.Float(o.LimitOffset)
	}
	repeat(order, asked)
	if s.client.Version() >= wire.OvernightConditionsVersion && wire.ConditionsIncludeOvernight(asked) {
		wire.IncludeOvernightConditions(order)
	}
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
		state.CommissionAndFees = client.Float(o.Commission)
		state.CommissionAndFeesCurrency = proto.String(o.Instrument.Currency)
	}
	if o.Code != 0 && o.Status == exchange.Inactive {
		state.RejectReason = proto.String(o.Reason)
	}
	if !o.Status.Done() {
		return state
	}
	state.CompletedTime = proto.String(client.Stamp(s.client.Version(), o.DoneAt))
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
