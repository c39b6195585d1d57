package fakegateway

// Digest says what a message is about, so that whoever follows the Gateway's events need not decode
// frames. A zero field is one that the message does not have. Names and values are IBKR's.
type Digest struct {
	ReqID     int    `json:"reqId,omitempty"`
	OrderID   int    `json:"orderId,omitempty"`
	PermID    int64  `json:"permId,omitempty"`
	ParentID  int    `json:"parentId,omitempty"`
	Account   string `json:"account,omitempty"`
	Symbol    string `json:"symbol,omitempty"`
	SecType   string `json:"secType,omitempty"`
	Action    string `json:"action,omitempty"` // BUY or SELL
	OrderType string `json:"orderType,omitempty"`
	Quantity  string `json:"quantity,omitempty"` // shares, as a decimal
	OrderRef  string `json:"orderRef,omitempty"`
	OCAGroup  string `json:"ocaGroup,omitempty"`
	WhatIf    bool   `json:"whatIf,omitempty"` // an order that only asks what it would cost
	ExecID    string `json:"execId,omitempty"`
	Status    string `json:"status,omitempty"` // of an order
	Code      int    `json:"code,omitempty"`   // of an error or a notice
	// KeepUpToDate marks a history request whose answer goes on with updates.
	KeepUpToDate bool `json:"keepUpToDate,omitempty"`
}
