package orders

import (
	"strings"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
)

// presetPercent is how far from its parent's price TWS's presets put an attached order here; in
// TWS that is the user's setting.
const presetPercent = 1

// attaches reports whether a client asks for orders that TWS's presets make.
func attaches(a *protobuf.AttachedOrders) bool {
	return a.GetSlOrderId() > 0 || a.GetPtOrderId() > 0
}

// placeAttached places an order with a profit taker, a stop loss, or both, as children under the
// ids that the client gives them. They go out together with their parent.
func (s *Session) placeAttached(a *protobuf.AttachedOrders, parent exchange.OrderRequest) {
	staged := parent.Staged
	parent.Staged = true
	if !s.place(parent) {
		return
	}
	var children []exchange.OrderRequest
	if id := a.GetPtOrderId(); id > 0 {
		children = append(children, s.attached(parent, int(id), a.GetPtOrderType(), exchange.LimitOrder))
	}
	if id := a.GetSlOrderId(); id > 0 {
		children = append(children, s.attached(parent, int(id), a.GetSlOrderType(), exchange.StopOrder))
	}
	placed := false
	for i, child := range children {
		child.Staged = staged || i < len(children)-1
		placed = s.place(child)
	}
	if !placed && !staged { // nothing has taken the parent along
		parent.Staged = false
		s.place(parent)
	}
}

// attached is a child on the other side of its parent: preset is its type when the client leaves
// it to TWS.
func (s *Session) attached(parent exchange.OrderRequest, id int, named string,
	preset exchange.OrderType,
) exchange.OrderRequest {
	child := exchange.OrderRequest{
		ClientID: parent.ClientID, OrderID: id, ParentID: parent.OrderID, Account: parent.Account,
		Instrument: parent.Instrument, Action: exchange.Sell, Type: preset, TIF: exchange.GTC,
		Quantity: parent.Quantity, OutsideRTH: parent.OutsideRTH, OrderRef: parent.OrderRef,
		Echo: &protobuf.PlaceOrderRequest{Contract: echoContract(parent)},
	}
	away := decimal.MustNew(100+presetPercent, 2)
	if named != "" && !strings.EqualFold(named, "PRESET") {
		child.Type = orderType(named)
	}
	gains := child.Type == exchange.LimitOrder
	if parent.Action == exchange.Sell {
		child.Action = exchange.Buy
	}
	if gains != (parent.Action == exchange.Buy) {
		away = decimal.MustNew(100-presetPercent, 2)
	}
	from := parent.LimitPrice
	if from.IsZero() {
		from = s.login.exchange.Market().Quote(parent.Instrument, s.client.Now()).Last
	}
	to := onTick(client.Must(from.Mul(away)), parent.Instrument.Tick())
	child.LimitPrice, child.StopPrice = to, to
	child.TrailAmount = client.Must(from.Sub(to)).Abs()
	if child.Type == exchange.TrailOrder || child.Type == exchange.TrailLimitOrder {
		child.StopPrice = decimal.Decimal{}
	}
	return child
}

func onTick(price, tick decimal.Decimal) decimal.Decimal {
	return client.Must(client.Must(price.Quo(tick)).Round(0).Mul(tick))
}

func echoContract(r exchange.OrderRequest) *protobuf.Contract {
	if m, ok := r.Echo.(*protobuf.PlaceOrderRequest); ok {
		return proto.CloneOf(m.GetContract())
	}
	return nil
}
