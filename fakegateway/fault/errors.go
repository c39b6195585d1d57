package fault

// errorTexts are IBKR's texts of the codes that schedules use most; an error fault may give its
// own. From IBKR's list of system and warning messages, and from logs of real Gateways.
var errorTexts = map[int]string{
	100:  "Max rate of messages per second has been exceeded: max=50 rec=51 (3)",
	200:  "No security definition has been found for the request",
	201:  "Order rejected - reason:",
	321:  "Error validating request.-'bF' : cause - ",
	326:  "Unable to connect as the client id is already in use. Retry with a unique client id.",
	354:  "Requested market data is not subscribed.",
	399:  "Order Message:\nWarning: Your order will not be placed at the exchange until the next session.",
	504:  "Not connected",
	1100: "Connectivity between IBKR and Trader Workstation has been lost.",
	1101: "Connectivity between IBKR and Trader Workstation has been restored - data lost.",
	1102: "Connectivity between IBKR and Trader Workstation has been restored - data maintained.",
	1300: "TWS socket port has been reset and this connection is being dropped.  " +
		"Please reconnect on the new port - ",
	2103: "Market data farm connection is broken:usfarm",
	2104: "Market data farm connection is OK:usfarm",
	2105: "HMDS data farm connection is broken:ushmds",
	2106: "HMDS data farm connection is OK:ushmds",
	2110: "Connectivity between Trader Workstation and server is broken. " +
		"It will be restored automatically.",
	2157: "Sec-def data farm connection is broken:secdefnj",
	2158: "Sec-def data farm connection is OK:secdefnj",
	2174: "Warning: You submitted request with date-time attributes without explicit time zone. " +
		"Please switch to use yyyymmdd-hh:mm:ss in UTC or use instrument time zone, like US/Eastern. " +
		"Implied time zone functionality will be removed in the next API release",
	2176: "Warning: Your API version does not support fractional share size rules. Please upgrade to " +
		"a minimum version 163. Trimmed value 0.0001 to 0",
	2188:  "Up-to-the-second historical data requires additional subscription for the API.",
	10167: "Requested market data is not subscribed. Displaying delayed market data.",
}

// ErrorText is IBKR's text for a code, or a plain sentence for a code that is not in the table.
func ErrorText(code int) string {
	if text, ok := errorTexts[code]; ok {
		return text
	}
	return "Error injected by a fault schedule."
}
