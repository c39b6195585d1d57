package client

// IBKR's error codes that several families of requests answer with.
const (
	CodeNoSecurity = 200
	CodeReading    = 320
	CodeProcessing = 322
	CodeHistory    = 162

	TextNoSecurity      = "No security definition has been found for the request"
	TextHistory         = "Historical Market Data Service error message:"
	TextDuplicateTicker = "Error processing request.-'bG' : cause - Duplicate ticker id"

	// The news feed's text is as captured from a Gateway at 225.
	CodeNoNewsFeed = 10276
	TextNoNewsFeed = "News feed is not allowed."
)

// Refusal is why a request is refused: the error that answers it.
type Refusal struct {
	Code int
	Text string
}

// Refused is a refusal with any error of IBKR's.
func Refused(code int, text string) *Refusal { return &Refusal{code, text} }

const codeValidating = 321

// ReadOnly is the refusal of orders, cancels and ids while the API is read-only.
var ReadOnly = Refused(codeValidating, "Error validating request.-'aa' : cause - "+
	"The API interface is currently in Read-Only mode.")

// Invalid is a refusal with error 321, whose text ends with the cause.
//
// The name before the cause is an obfuscated class of the Gateway, which changes with every build.
func Invalid(cause string) *Refusal {
	return Refused(codeValidating, "Error validating request.-'bF' : cause - "+cause)
}
