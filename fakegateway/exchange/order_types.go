package exchange

// OrderType is how an order is priced, in IBKR's words.
type OrderType string

// The order types that the exchange trades.
const (
	MarketOrder     OrderType = "MKT"
	LimitOrder      OrderType = "LMT"
	StopOrder       OrderType = "STP"
	StopLimitOrder  OrderType = "STP LMT"
	TrailOrder      OrderType = "TRAIL"       // a stop that follows the market
	TrailLimitOrder OrderType = "TRAIL LIMIT" // and becomes a limit order LimitOffset behind it
	MarketIfTouched OrderType = "MIT"
	LimitIfTouched  OrderType = "LIT"
	MarketOnClose   OrderType = "MOC"
	LimitOnClose    OrderType = "LOC"
	RelativeOrder   OrderType = "REL"      // follows its own side's quote, Offset better than it
	MidpriceOrder   OrderType = "MIDPRICE" // trades at the midpoint
	MarketToLimit   OrderType = "MTL"      // what is left of a first fill rests at its price

	// ExerciseOrder and LapseOrder are instructions to the clearing house about a long option;
	// they come from Exercise, not from Place.
	ExerciseOrder OrderType = "EXERC"
	LapseOrder    OrderType = "LAPSE"
)

// trigger is what has to happen before an order works.
type trigger uint8

const (
	untriggered trigger = iota // nothing
	onStop                     // the last price gets as bad as the stop
	onTouch                    // the last price gets as good as the stop
	onTrail                    // the last price turns by the trail
)

// manner is what sets orders of a type apart.
type manner struct {
	trigger trigger
	limited bool // never trades worse than LimitPrice, which it must have
	capped  bool // the same, if it has one
	atClose bool // trades in the closing auction only
	follows bool // its price follows the quotes: nothing trades the moment it arrives
	rests   bool // a Gateway says PreSubmitted, then Submitted
}

var manners = map[OrderType]manner{
	MarketOrder:     {},
	LimitOrder:      {limited: true, rests: true},
	StopOrder:       {trigger: onStop},
	StopLimitOrder:  {trigger: onStop, limited: true},
	TrailOrder:      {trigger: onTrail},
	TrailLimitOrder: {trigger: onTrail, capped: true}, // its limit is known when it triggers
	MarketIfTouched: {trigger: onTouch},
	LimitIfTouched:  {trigger: onTouch, limited: true},
	MarketOnClose:   {atClose: true},
	LimitOnClose:    {atClose: true, limited: true},
	RelativeOrder:   {follows: true, capped: true, rests: true},
	MidpriceOrder:   {follows: true, capped: true, rests: true},
	MarketToLimit:   {capped: true},
	ExerciseOrder:   {},
	LapseOrder:      {},
}

func (t OrderType) manner() manner { return manners[t] }

// placeable reports whether Place takes orders of the type.
func (t OrderType) placeable() bool {
	_, known := manners[t]
	return known && t != ExerciseOrder && t != LapseOrder
}

func (t OrderType) limited() bool { return manners[t].limited }

// stopped reports whether something has to happen before an order of the type works.
func (t OrderType) stopped() bool { return manners[t].trigger != untriggered }

// TIF is how long an order works.
type TIF string

// The times in force.
const (
	DAY TIF = "DAY" // until the session ends; in a market that never closes, until midnight
	GTC TIF = "GTC"
	IOC TIF = "IOC"
	FOK TIF = "FOK"
	GTD TIF = "GTD" // until OrderRequest.GoodTill
	OPG TIF = "OPG" // in the next opening auction only
)

// atOnce reports a time in force that does not wait.
func (t TIF) atOnce() bool { return t == IOC || t == FOK }

// Status is an order's state, in IBKR's words.
type Status string

// The states. An order goes from ApiPending (not transmitted) or PreSubmitted (held) to Submitted
// and ends in Filled, Cancelled or Inactive.
const (
	APIPending    Status = "ApiPending"
	PreSubmitted  Status = "PreSubmitted"
	Submitted     Status = "Submitted"
	PendingCancel Status = "PendingCancel"
	Filled        Status = "Filled"
	Cancelled     Status = "Cancelled"
	Inactive      Status = "Inactive"
)

// Done reports whether the order will never trade again.
func (s Status) Done() bool { return s == Filled || s == Cancelled || s == Inactive }
