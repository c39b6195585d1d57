package orders

import (
	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/internal/wire"
)

// whatIf answers with one openOrder that carries the margin and the commission, and no status.
func (s *Session) whatIf(m *protobuf.PlaceOrderRequest, r exchange.OrderRequest) {
	p, err := s.login.exchange.Preview(s.client.Now(), r)
	if err != nil {
		s.reject(r.OrderID, err)
		return
	}
	open := s.openOrder(p.Order)
	open.Order.WhatIf = new(true)
	open.Order.PermId = nil
	st := open.OrderState
	before, after := p.Before, p.After
	change := func(from, to decimal.Decimal) *float64 { return client.Float(client.Must(to.Sub(from))) }
	st.InitMarginBefore, st.InitMarginAfter = client.Float(before.Initial), client.Float(after.Initial)
	st.InitMarginChange = change(before.Initial, after.Initial)
	st.MaintMarginBefore, st.MaintMarginAfter = client.Float(before.Maintenance), client.Float(after.Maintenance)
	st.MaintMarginChange = change(before.Maintenance, after.Maintenance)
	st.EquityWithLoanBefore, st.EquityWithLoanAfter = client.Float(before.Equity), client.Float(after.Equity)
	st.EquityWithLoanChange = change(before.Equity, after.Equity)
	st.CommissionAndFees = client.Float(p.Commission)
	if s.login.cfg.CommissionRange {
		st.CommissionAndFees = nil
		st.MinCommissionAndFees = client.Float(p.LeastCommission)
		st.MaxCommissionAndFees = client.Float(p.Commission)
	}
	st.CommissionAndFeesCurrency, st.MarginCurrency = new(p.CommissionCurrency), new(contract.USD)
	open.OrderId = m.OrderId
	s.client.Send(wire.OpenOrder, open)
}
