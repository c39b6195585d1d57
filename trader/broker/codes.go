package broker

import "fmt"

// Class says what an error code of the Gateway means for the session.
type Class uint8

// The classes of error codes.
const (
	// ClassRequest refuses or ends the request or order that the message's id names.
	ClassRequest Class = iota
	// ClassWarning informs about a request or order that goes on.
	ClassWarning
	// ClassFarm is about a data farm: data may be stale, the order channel stays open.
	ClassFarm
	// ClassConnectivity is about the Gateway's own connection to IBKR.
	ClassConnectivity
	// ClassFatal ends the session.
	ClassFatal
	// ClassUnlisted is in no table: it refuses what its id names only if no answer comes.
	ClassUnlisted
)

// String names the class.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class %d", uint8(c))
}

var classNames = [...]string{"request", "warning", "farm", "connectivity", "fatal", "unlisted"}

// The sources of the table's rows.
const (
	documented = "IBKR's message code list"
	captured   = "captured from a Gateway at 225"
	logged     = "users' Gateway logs"
)

// codeRow is what is known of one code.
type codeRow struct {
	code   int
	class  Class
	source string
	what   string
}

// codes lists the codes whose class is not told by their number. Classify has the rules for the
// others. Texts are ours; IBKR's change from build to build and must not be matched.
var codes = []codeRow{
	{100, ClassWarning, documented, "too many messages in a second; the third time ends the session"},
	{326, ClassFatal, logged, "client id in use"},
	{502, ClassFatal, documented, "could not connect (made by API clients)"},
	{503, ClassFatal, documented, "Gateway too old (made by API clients)"},
	{504, ClassFatal, documented, "not connected (made by API clients)"},
	{1100, ClassConnectivity, logged, "connection between IBKR and the Gateway lost"},
	{1101, ClassConnectivity, documented, "connection restored, subscriptions lost"},
	{1102, ClassConnectivity, logged, "connection restored, subscriptions kept"},
	{1300, ClassFatal, documented, "the Gateway's API port changed"},
	{2110, ClassConnectivity, documented, "Gateway not connected to IBKR; it will reconnect by itself"},

	{2101, ClassRequest, documented, "account values are refused: other clients follow another account"},
	{2103, ClassFarm, captured, "market data farm broken"},
	{2104, ClassFarm, captured, "market data farm ok"},
	{2105, ClassFarm, captured, "historical data farm broken"},
	{2106, ClassFarm, captured, "historical data farm ok"},
	{2107, ClassFarm, captured, "historical data farm inactive, wakes on demand"},
	{2108, ClassFarm, captured, "market data farm inactive, wakes on demand"},
	{2119, ClassFarm, logged, "market data farm connecting"},
	{2157, ClassFarm, captured, "security definition farm broken"},
	{2158, ClassFarm, captured, "security definition farm ok"},

	{165, ClassWarning, documented, "historical data service query message"},
	{202, ClassWarning, captured, "order cancelled: the order's status tells the rest"},
	{300, ClassWarning, documented, "cancelled an unknown market data subscription"},
	{366, ClassWarning, documented, "cancelled an unknown historical query"},
	{399, ClassWarning, captured, "order accepted with a remark, for example outside trading hours"},
	{404, ClassWarning, documented, "shares are being located for a short sale"},
	{434, ClassRequest, documented, "order size is zero"},
	{10052, ClassRequest, captured, "invalid time in force"},
	{10089, ClassWarning, documented, "delayed market data is there instead of live"},
	{10090, ClassWarning, documented, "part of the market data is not subscribed"},
	{10147, ClassRequest, documented, "order to cancel is not found"},
	{10148, ClassRequest, captured, "order cannot be cancelled in its state"},
	{10167, ClassWarning, documented, "delayed market data shown instead of live"},
	{10197, ClassFarm, logged, "no market data during a competing session"},
	{10243, ClassRequest, logged, "fractional order size is not allowed"},
	{10268, ClassRequest, logged, "an order attribute is no longer supported"},
	{10285, ClassRequest, logged, "the API version does not support fractional sizes"},
	{10289, ClassRequest, logged, "a cash quantity must be set"},
	{10293, ClassRequest, logged, "a cash quantity is not allowed"},
	{10311, ClassWarning, documented, "direct routing to an exchange costs more"},
	{10314, ClassRequest, logged, "the end of a historical query is malformed"},
	{10349, ClassWarning, documented, "order's time in force was changed by a preset"},
}

// ranges are the rules for codes without a row: IBKR's message code list has errors of requests and
// orders below 600 and its warnings in the thousands of 2. Nothing else is known by its number.
var ranges = []struct {
	first, last int
	class       Class
}{
	{100, 599, ClassRequest},
	{2000, 2999, ClassWarning},
}

var codeRows = func() map[int]codeRow {
	m := make(map[int]codeRow, len(codes))
	for _, row := range codes {
		if _, twice := m[row.code]; twice {
			panic(fmt.Sprintf("broker: two rows for code %d", row.code))
		}
		m[row.code] = row
	}
	return m
}()

// Classify gives the class of a Gateway's error code.
func Classify(code int) Class {
	if row, ok := codeRows[code]; ok {
		return row.class
	}
	for _, r := range ranges {
		if code >= r.first && code <= r.last {
			return r.class
		}
	}
	return ClassUnlisted
}
