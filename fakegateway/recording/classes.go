package recording

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// class says what a field tells of whose account it is, and so what becomes of it.
type class uint8

// The classes. A field of a message that is in no list is unlisted: it is left out.
const (
	unlisted    class = iota
	public            // nothing: kept
	account           // an account, or a group of accounts
	accountList       // comma separated
	name              // a person's or firm's, or a word that the user made up
	mixed             // words that the user made up, with ids in between: an OCA group's name
	permID
	execID
	money   // an amount of the account's
	keyed   // the value of an account's tag: an amount, an account or a word
	text    // sentences for people, with anything in between
	options // a map of such words
	faXML   // accounts, groups and shares of them
)

// private lists the fields that are replaced, as "field" or "Message.field".
var private = map[class]string{
	account: `account accountId accountName acctCode acctNumber customerAccount clearingAccount
		deltaNeutralClearingAccount AccountSummaryRequest.group`,
	accountList: `accountsList`,
	name: `modelCode faGroup familyCode whiteBrandingId submitter extOperator settlingFirm
		deltaNeutralSettlingFirm mifid2DecisionMaker mifid2DecisionAlgo mifid2ExecutionTrader
		mifid2ExecutionAlgo shareholder SoftDollarTier.name SoftDollarTier.displayName
		SoftDollarTier.value apiData apiName opaqueIsvKey xyzChallenge
		xyzResponse trustedIPs orderRef algoId`,
	mixed:  `ocaGroup`,
	permID: `permId parentPermId`,
	execID: `execId`,
	money: `averageCost avgCost PortfolioValue.marketPrice marketValue realizedPNL realizedPnL
		unrealizedPNL unrealizedPnL dailyPnL PnLSingle.value
		equityWithLoanBefore equityWithLoanChange equityWithLoanAfter
		initMarginBefore initMarginChange initMarginAfter
		maintMarginBefore maintMarginChange maintMarginAfter
		equityWithLoanBeforeOutsideRTH equityWithLoanChangeOutsideRTH
		equityWithLoanAfterOutsideRTH initMarginBeforeOutsideRTH initMarginChangeOutsideRTH
		initMarginAfterOutsideRTH maintMarginBeforeOutsideRTH maintMarginChangeOutsideRTH
		maintMarginAfterOutsideRTH`,
	keyed: `AccountValue.value AccountSummary.value AccountUpdateMulti.value`,
	text: `errorMsg advancedOrderRejectJson advancedErrorOverride warningText rejectReason
		completedStatus message text errorText errors title newsMessage dataJson
		WshEventDataRequest.filter faPercentage`,
	options: `algoParams orderMiscOptions marketDataOptions marketDepthOptions chartOptions
		realTimeBarsOptions fundamentalsDataOptions historicalNewsOptions newsArticleOptions
		impliedVolatilityOptions
		optionPriceOptions miscOptions scannerSubscriptionOptions
		scannerSubscriptionFilterOptions smartComboRoutingParams secIdList`,
	faXML: `FAReplace.xml ReceiveFA.xml`,
}

// classes is every listed field's class.
var classes = func() map[string]class {
	all := make(map[string]class)
	for _, f := range strings.Fields(publicFields) {
		all[f] = public
	}
	for c, fields := range private {
		for _, f := range strings.Fields(fields) {
			all[f] = c
		}
	}
	return all
}()

// classOf is the class of a field that is no message.
func classOf(f protoreflect.FieldDescriptor) class {
	if c, ok := classes[string(f.Parent().Name())+"."+string(f.Name())]; ok {
		return c
	}
	return classes[string(f.Name())]
}
