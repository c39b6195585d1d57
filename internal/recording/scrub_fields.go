package recording

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// class says what a field tells about its account, and so how it is replaced.
type class uint8

// The classes. A field that is in no list is unlisted, and is left out of the recording.
const (
	unlisted    class = iota
	public            // it tells nothing, and is not changed
	account           // an account, or a group of accounts
	accountList       // comma separated
	name              // a name of a person or firm, or a word that the user invented
	mixed             // an OCA group's name: words that the user invented, with ids in between
	permID
	execID
	money   // an amount of money
	keyed   // an account value, by its tag: an amount, an account or a word
	text    // sentences for people, which can contain anything
	options // a map of such texts
	faXML   // a document with accounts, groups and their shares
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

// classOf returns the class of a field whose type is not a message.
func classOf(f protoreflect.FieldDescriptor) class {
	if c, ok := classes[string(f.Parent().Name())+"."+string(f.Name())]; ok {
		return c
	}
	return classes[string(f.Name())]
}

// publicFields are the fields that tell nothing about an account: instruments, prices, sizes, times,
// API ids, settings. Every other field is replaced or left out. So a field that IBKR adds is left out
// until somebody has put it into a class.
const publicFields = `
	abovePrice aboveVolume action activeStartTime activeStopTime adjustableTrailingUnit
	adjustedOrderType adjustedStopLimitPrice adjustedStopPrice adjustedTrailingAmount aggGroup
	algoStrategy allMessages allOrNone allowedAllocQty allowForexTradingIn1_10Pips
	allowLocalhostOnly allowPreOpen apiOnly apiVersion articleId articleText articleType
	askPastHigh attrMask autoBind autoCancelDate autoCancelParent autoLogoffPeriod autoLogoffTime
	autoLogoffType autoReportNettingEventContractTrades auxPrice averageOptionVolumeAbove
	avgFillPrice avgPrice barCount barSize barSizeSetting basisPoints bboExchange belowPrice
	benchmark bidPastLow bitNumber blockOrder bondAccruedInterest bondNotes bondType bondYield
	bulkDataTimeout bypassBondWarning bypassCalledBondWarning bypassFlaggedAccountsWarning
	bypassNegativeYieldConfirmation bypassNoOverfillProtection bypassOrderPrecautions
	bypassPriceBasedVolatilityWarning bypassRedirectOrderWarning bypassRouteMarketableToBBO
	bypassSameActionPairTradeWarning callable cashQty category changedFields changePercent
	clearingIntent clientId close comboKey comboLegsDescrip commissionAndFees
	commissionAndFeesCurrency compatibilityModeNasdaqStocks competeAgainstBestOffset completedTime
	componentExchSeparator conditionsCancelOrder conditionsIgnoreRth conId continuousUpdate
	contractInfo contractMonth convertible count coupon couponRateAbove couponRateBelow couponType
	createApiMessageLogFile cumQty currency currentTime currentTimeInMillis cusip date deactivate
	defaultAction defaultAlgorithm delta deltaNeutralAuxPrice deltaNeutralClearingIntent
	deltaNeutralConId deltaNeutralDesignatedLocation deltaNeutralOpenClose deltaNeutralOrderType
	deltaNeutralShortSale deltaNeutralShortSaleSlot derivativeSecTypes descAppend description
	designatedLocation desiredAllocQty discretionaryAmt discretionaryUpToLimitPrice displaySize
	distance dividendImpact dividendsToLastTradeDate doNotRouteToDarkPools
	dontUseAutoPriceForHedge downloadOpenOrdersOnConnection duration enabled encodeApiMessages
	endDate endDateStr endDateTime errorCode errorTime eventContract1 eventContractDescription1
	eventContractDescription2 evMultiplier evRule exchange exchangeLetter excludeConvertible
	exemptCode exerciseAction exerciseQuantity expirations exposeTradingScheduleToApi extraData
	faDataType faMethod fillCompetitors filled filledQuantity fillPortfolio fillWatchlist
	formatDate formattedBasisPoints FundamentalsData.data fundAssetType fundBackLoad
	fundBackLoadTimeInterval fundBlueSkyStates fundBlueSkyTerritories fundClosed
	fundClosedForNewInvestors fundClosedForNewMoney fundDistributionPolicyIndicator fundFamily
	fundFrontLoad fundManagementFee fundMinimumInitialPurchase fundMinimumSubsequentPurchase
	fundName fundNotifyAmount fundType futFopExchange futureLastTradeDate gamma genericTickList
	goodAfterTime goodTillDate groupId groups hasMore headline headTimestamp hedgeMaxSize
	hedgeParam hedgeType hidden high historicalDataMaxSize holdDays id ignoreOpenAuction
	ignoreSize imbalanceOnly impliedFuturesPrice impliedVol includeExpired
	includeMarketDataInLogFile includeOvernight includeVirtualFxPositions increment industry
	instrument isConjunctionConnection isDone isLiquidation isMonetary isMore isOmsContainer
	isPeggedChangeAmountDecrease isPriceRevisionPending isSmartDepth isSuccessful issueDate
	issuerId keepUpToDate key lastFillPrice lastLiquidity lastNDays lastPricePrecision
	lastSizePrecision lastTradeDate lastTradeDateOrContractMonth ledgerAndNLV
	letApiAccountRequestsSwitchSubscription liquidHours listingExch lmtPrice lmtPriceOffset
	localSymbol locationCode loggingLevel logLevel longName low lowEdge
	maintainAndResubmitOrdersOnReconnect maintainConnectionOnIncorrectFields manualOrderCancelTime
	manualOrderIndicator manualOrderTime marginCurrency marketCapAbove marketCapBelow
	marketDataType marketMaker marketName marketRuleId marketRuleIds masterClientId
	maturityDateAbove maturityDateBelow maxCommissionAndFees messageId midOffsetAtHalf
	midOffsetAtWhole minAlgoSize minCommissionAndFees minCompeteSize minQty minSize minTick
	minTradeQty mktCapPrice moodyRatingAbove moodyRatingBelow multiplier newsMsgId newsMsgType
	nextOptionDate nextOptionPartial nextOptionType notHeld numberOfRows numberOfTicks numIds
	numRows ocaType open openClose operation optExerciseOrLapseType optionalCapabilities
	optionExerciseRequestType optionPrice optOutSmartRouting optPrice orderId orderType orderTypes
	origin originatingExch outsideRth override overridePercentageConstraints parentId pastLimit
	pattern peggedChangeAmount percent percentOffset perLegPrice position positionAfter
	positionDesired postOnly postToAts preOpenReroute prepareDailyPnL price priceAsk priceBid
	priceMagnifier primaryExch professionalCustomer projection providerCode providerCodes
	providerName ptOrderId ptOrderType puttable pvDividend randomizePrice randomizeSize rank
	ratings ratio readOnlyApi realExpirationDate refDate referenceChangeAmount referenceContractId
	referenceExchangeId referencePriceType refFuturesConId regulatorySnapshot
	rejectMessagesAboveMaxRate remaining reportType reqId resetAPIOrderSequence right
	roundAccountValuesToNearestWholeNumber routeMarketableToBbo rule80A scaleAutoReset
	scaleInitFillQty scaleInitLevelSize scaleInitPosition scalePriceAdjustInterval
	scalePriceAdjustValue scalePriceIncrement scaleProfitOffset scaleRandomPercent
	scaleSubsLevelSize scaleTable scanCode ScannerParameters.xml scannerSettingPairs secId
	secIdType secType seekPriceImprovement sendForexDataInCompatibilityMode sendInstrumentTimezone
	sendMarketDataInLotsForUsStocks sendStatusUpdatesForVolatilityOrders
	sendZeroPositionsForTodayOnly serviceDataType shares shortSaleSlot shortSalesSlot
	showAdvancedOrderRejectInUi showForexDataIn1_10Pips side size sizeAsk sizeBid sizeIncrement
	slOrderId slOrderType snapshot snapshotPermissions socketPort solicited specialConditions
	specificDates splitInsuredDepositFromCashBalance spRatingAbove spRatingBelow startDate
	startDateStr startDateTime startingPrice status stockRangeLower stockRangeUpper stockRefPrice
	stockType stockTypeFilter strike strikes subcategory subscribe suggestedSize
	suggestedSizeIncrement sweepToFill symbol tag tags theta tickAttrib TickGeneric.value
	TickString.value tickType tif time timePeriod timeStamp timestamp timeZone timeZoneId
	totalLimit totalQuantity totalQuantityForMutualFunds totalResults tradingClass tradingHours
	trailingPercent trailStopPrice transmit triggerMethod triggerPrice type underConId
	underlyingConId underlyingSecType underlyingSymbol underPrice underSecType underSymbol
	undPrice unreported useAccountGroupsWithAllocationMethods useNegativeAutoRange
	usePriceMgmtAlgo useRTH validExchanges vega volatility volatilityType volume WAP whatIf
	whatIfType whatToShow whyHeld yieldRedemptionDate
`
