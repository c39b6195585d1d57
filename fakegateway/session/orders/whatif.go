package session

import (
	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

// whatIf answers with one openOrder that carries the margin and the commission, and no status.
func (s *Session) whatIf(m *protobuf.PlaceOrderRequest, r exchange.OrderRequest) {
	p, err := s.login.exchange.Preview(s.conn.Now(), r)
	if err != nil {
		s.reject(r.OrderID, err)
		return
	}
	open := s.openOrder(p.Order)
	open.Order.WhatIf = new(true)
	open.Order.PermId = nil
	st := open.OrderState
	before, after := p.Before, p.After
	change := func(from, to decimal.Decimal) *float64 { return float(must(to.Sub(from))) }
	st.InitMarginBefore, st.InitMarginAfter = float(before.Initial), float(after.Initial)
	st.InitMarginChange = change(before.Initial, after.Initial)
	st.MaintMarginBefore, st.MaintMarginAfter = float(before.Maintenance), float(after.Maintenance)
	st.MaintMarginChange = change(before.Maintenance, after.Maintenance)
	st.EquityWithLoanBefore, st.EquityWithLoanAfter = float(before.Equity), float(after.Equity)
	st.EquityWithLoanChange = change(before.Equity, after.Equity)
	st.CommissionAndFees = float(p.Commission)
	st.CommissionAndFeesCurrency, st.MarginCurrency = new(p.CommissionCurrency), new(currencyUSD)
	open.OrderId = m.OrderId
	s.send(wire.OpenOrder, open)
}
