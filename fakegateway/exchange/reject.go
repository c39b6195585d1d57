package exchange

import "fmt"

// IBKR's codes and texts of refused, held and cancelled orders.
const (
	codeDuplicateID  = 103
	codeFilled       = 104
	codeMismatch     = 105
	codeMinTick      = 110
	codeIncompatible = 111
	codeCloseTIF     = 113
	codeNoParent     = 135
	codeNotCancel    = 161
	codeRejected     = 201
	codeCanceled     = 202
	codeInvalid      = 321
	codeTypeChange   = 329
	codeGoodTill     = 334
	codeTime         = 337
	codeExpired      = 392
	codeHeldUntil    = 399
	codeNotTraded    = 412
	codeIgnoredRTH   = 2109
	codeTIF          = 10052
	codeNoOrder      = 10147
	codeDone         = 10148
	codeGroupChange  = 10326

	textDuplicateID  = "Duplicate order id"
	textFilled       = "Cannot modify a filled order."
	textMismatch     = "Order being modified does not match original order."
	textTypeChange   = "Order modify failed. Cannot change to the new order type."
	textTick         = "The price does not conform to the minimum price variation for this contract."
	textIncompatible = "The TIF (Tif type) and the order type are incompatible."
	textCloseTIF     = "The Tif option should be set to DAY for MOC and LOC orders."
	textTIF          = "Invalid time in force"
	textGoodTill     = "Invalid Good Till Date order."
	textCanceled     = "Order Canceled - reason:"
	textNotTraded    = "The contract is not available for trading."
	textTime         = "The date, time, or time-zone entered is invalid. The correct format is " +
		"yyyymmdd hh:mm:ss xxx where yyyymmdd and xxx are optional."
	textExpired     = "Invalid order: contract expired."
	textGroupChange = "OCA group revision is not allowed."
	textIgnoredRTH  = "Order Event Warning:Attribute 'Outside Regular Trading Hours' is ignored " +
		"based on the order type and destination. PlaceOrder is now being processed."

	validating = "Error validating request.-'bF' : cause - "
	rejected   = "Order rejected - reason:"
)

// Reject is the error for a request that the exchange refuses, with IBKR's code and text.
type Reject struct {
	Code int
	Text string
	// Recorded is true when the order is in the books as Inactive; its events say so to the client.
	Recorded bool
}

// Error gives the text.
func (r *Reject) Error() string { return r.Text }

func invalid(cause string) *Reject { return &Reject{Code: codeInvalid, Text: validating + cause} }

func refused(format string, args ...any) *Reject {
	return &Reject{Code: codeRejected, Text: rejected + fmt.Sprintf(format, args...)}
}

func notFound(orderID int) *Reject {
	return &Reject{Code: codeNoOrder, Text: fmt.Sprintf(
		"OrderId %d that needs to be cancelled is not found.", orderID)}
}
