package recording

import (
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

// lineForm maps the words of a published line to the fields of a message: "word=field",
// "word=part.field", or "word=" for a word that is not on the wire. A word alone is the field of the
// same name.
type lineForm struct {
	kind   wire.Kind
	fields string
	// list is set if the line is only one item of this list of the message. Such lines are joined.
	list string
}

const (
	contractWords = `con_id=conId symbol sec_type=secType exchange currency local_symbol=localSymbol
		trading_class=tradingClass primary_exchange=primaryExch expiry=lastTradeDateOrContractMonth
		strike right multiplier`
	barWords = `time=date open high low close volume wap=WAP count=barCount`
)

// nested maps the words inside an object, by the field that the object becomes.
var nested = map[string]string{
	"contract": contractWords, "historicalDataBars": barWords, "historicalDataBar": barWords,
	"historicalSessions": `start_date_time=startDateTime end_date_time=endDateTime ref_date=refDate`,
	"priceIncrements":    `low_edge=lowEdge increment`,
	"contractDescriptions": `con_id=contract.conId symbol=contract.symbol sec_type=contract.secType
		primary_exchange=contract.primaryExch currency=contract.currency
		derivative_sec_types=derivativeSecTypes description=contract.description
		issuer_id=contract.issuerId`,
}

const (
	orderWords = `order_id=orderId contract action=order.action order_type=order.orderType
		lmt_price=order.lmtPrice aux_price=order.auxPrice tif=order.tif account=order.account`
	barsRequest = `req_id=reqId contract end_time=endDateTime duration bar_size=barSizeSetting
		what_to_show=whatToShow use_rth=useRTH keep_up_to_date=keepUpToDate`
)

var lineForms = map[string]lineForm{
	"client place_order": {wire.PlaceOrder, orderWords + ` total_quantity=order.totalQuantity
		transmit=order.transmit parent_id=order.parentId oca_group=order.ocaGroup`, ""},
	"client cancel_order": {wire.CancelOrder, `field_count= order_id=orderId
		manual_order_cancel_time=orderCancel.manualOrderCancelTime
		ext_operator=orderCancel.extOperator
		manual_order_indicator=orderCancel.manualOrderIndicator`, ""},
	"client req_open_orders":      {wire.ReqOpenOrders, `scope=`, ""},
	"client req_completed_orders": {wire.ReqCompletedOrders, `api_only=apiOnly`, ""},
	"client req_executions": {wire.ReqExecutions, `req_id=reqId
		account=executionFilter.acctCode symbol=executionFilter.symbol`, ""},
	"client req_contract_details": {wire.ReqContractDetails, `req_id=reqId contract`, ""},
	"client req_account_summary":  {wire.ReqAccountSummary, `req_id=reqId account=group tags`, ""},
	"client cancel_account_summary": {
		wire.CancelAccountSummary, `req_id=reqId`, "",
	},
	"client req_positions":          {wire.ReqPositions, ``, ""},
	"client cancel_positions":       {wire.CancelPositions, ``, ""},
	"client req_historical_bars":    {wire.ReqHistoricalData, barsRequest, ""},
	"client cancel_historical_data": {wire.CancelHistoricalData, `req_id=reqId`, ""},
	"client req_head_timestamp":     {wire.ReqHeadTimestamp, `req_id=reqId contract`, ""},
	"client req_market_rule":        {wire.ReqMarketRule, `market_rule_id=marketRuleId`, ""},
	"client req_matching_symbols":   {wire.ReqMatchingSymbols, `req_id=reqId pattern`, ""},
	"client req_pnl": {
		wire.ReqPnL, `req_id=reqId account model_code=modelCode`, "",
	},
	"client cancel_pnl": {wire.CancelPnL, `req_id=reqId`, ""},
	"client req_pnl_single": {
		wire.ReqPnLSingle, `req_id=reqId account model_code=modelCode con_id=conId`, "",
	},
	"client cancel_pnl_single": {wire.CancelPnLSingle, `req_id=reqId`, ""},
	"client req_quote": {
		wire.ReqMktData, `req_id=reqId contract snapshot generic_ticks=genericTickList`, "",
	},
	"client cancel_quote": {wire.CancelMktData, `req_id=reqId`, ""},

	"server managed_accounts": {wire.ManagedAccounts, `accounts=accountsList`, ""},
	"server next_valid_id":    {wire.NextValidID, `order_id=orderId`, ""},
	"server api_error": {wire.ErrorMessage, `req_id=id code=errorCode message=errorMsg
		advanced_order_reject_json=advancedOrderRejectJson error_time_ms=errorTime`, ""},
	"server open_order": {wire.OpenOrder, orderWords + ` status=orderState.status
		quantity=order.totalQuantity filled= remaining= perm_id=order.permId
		client_id=order.clientId origin=order.origin`, ""},
	"server order_status": {wire.OrderStatus, `order_id=orderId status filled remaining
		avg_fill_price=avgFillPrice perm_id=permId parent_id=parentId
		last_fill_price=lastFillPrice client_id=clientId why_held=whyHeld
		mkt_cap_price=mktCapPrice`, ""},
	"server open_order_end": {wire.OpenOrderEnd, ``, ""},
	"server execution_detail": {wire.ExecutionDetails, `req_id=reqId order_id=execution.orderId
		exec_id=execution.execId account=execution.acctNumber symbol=contract.symbol
		side=execution.side shares=execution.shares price=execution.price
		time=execution.time`, ""},
	"server executions_end": {wire.ExecutionDetailsEnd, `req_id=reqId`, ""},
	"server commission_report": {wire.CommissionReport, `exec_id=execId
		commission=commissionAndFees currency realized_pnl=realizedPNL`, ""},
	"server completed_order": {wire.CompletedOrder, `contract action=order.action
		order_type=order.orderType status=orderState.status quantity=order.totalQuantity
		filled=order.filledQuantity remaining=`, ""},
	"server completed_order_end": {wire.CompletedOrdersEnd, ``, ""},
	"server contract_details": {wire.ContractData, `req_id=reqId contract
		market_name=contractDetails.marketName min_tick=contractDetails.minTick
		long_name=contractDetails.longName time_zone_id=contractDetails.timeZoneId`, ""},
	"server contract_details_end": {wire.ContractDataEnd, `req_id=reqId`, ""},
	"server account_summary": {
		wire.AccountSummary, `req_id=reqId account tag value currency`, "",
	},
	"server account_summary_end": {wire.AccountSummaryEnd, `req_id=reqId`, ""},
	"server historical_bar": {
		wire.HistoricalData, `req_id=reqId`, "historicalDataBars",
	},
	"server historical_bars_end": {wire.HistoricalDataEnd, `req_id=reqId`, ""},
	"server historical_bars_range_end": {
		wire.HistoricalDataEnd, `req_id=reqId start=startDateStr end=endDateStr`, "",
	},
	"server historical_data_update": {wire.HistoricalDataUpdate, `req_id=reqId
		bar_count=historicalDataBar.barCount time=historicalDataBar.date
		open=historicalDataBar.open high=historicalDataBar.high low=historicalDataBar.low
		close=historicalDataBar.close volume=historicalDataBar.volume
		wap=historicalDataBar.WAP count=`, ""},
	"server historical_schedule": {wire.HistoricalSchedule, `req_id=reqId
		start_date_time=startDateTime end_date_time=endDateTime time_zone=timeZone
		sessions=historicalSessions`, ""},
	"server position":       {wire.Position, `account contract position avg_cost=avgCost`, ""},
	"server position_end":   {wire.PositionEnd, ``, ""},
	"server head_timestamp": {wire.HeadTimestamp, `req_id=reqId timestamp=headTimestamp`, ""},
	"server market_rule": {
		wire.MarketRule, `market_rule_id=marketRuleId increments=priceIncrements`, "",
	},
	"server matching_symbols": {wire.SymbolSamples, `req_id=reqId symbols=contractDescriptions`, ""},
	"server pnl": {wire.PnL, `req_id=reqId daily_pnl=dailyPnL unrealized_pnl=unrealizedPnL
		realized_pnl=realizedPnL`, ""},
	"server pnl_single": {wire.PnLSingle, `req_id=reqId position daily_pnl=dailyPnL
		unrealized_pnl=unrealizedPnL realized_pnl=realizedPnL value`, ""},
	"server market_data_type":  {wire.MarketDataType, `req_id=reqId data_type=marketDataType`, ""},
	"server tick_price":        {wire.TickPrice, `req_id=reqId field=tickType price`, ""},
	"server tick_snapshot_end": {wire.TickSnapshotEnd, `req_id=reqId`, ""},
}

// message makes a line's message. id numbers placeholders.
func (l lineForm) message(words map[string]any, id func(string) int) (wire.Message, error) {
	kind := l.kind
	if kind == wire.ReqOpenOrders { // three requests in one word
		switch words["scope"] {
		case "all":
			kind = wire.ReqAllOpenOrders
		case "auto":
			kind = wire.ReqAutoOpenOrders
		}
	}
	m := wire.Message{Kind: kind, Body: wire.NewBody(kind)}
	fields := l.fields
	into := m.Body.ProtoReflect()
	if l.list != "" { // the line's words are those of one item
		item := into.Mutable(into.Descriptor().Fields().ByName(protoreflect.Name(l.list))).
			List().AppendMutable().Message()
		rest := make(map[string]any)
		for word, v := range words {
			if word == "req_id" {
				continue
			}
			rest[word] = v
		}
		if err := setWords(item, rest, nested[l.list], id); err != nil {
			return wire.Message{}, err
		}
		words = map[string]any{"req_id": words["req_id"]}
	}
	return m, setWords(into, words, fields, id)
}

// join adds the item of a line to the message of the line before, if both belong to one answer.
func (l lineForm) join(last, m wire.Message) bool {
	if last.Kind != m.Kind {
		return false
	}
	a, b := last.Body.ProtoReflect(), m.Body.ProtoReflect()
	reqID, list := a.Descriptor().Fields().ByName("reqId"),
		a.Descriptor().Fields().ByName(protoreflect.Name(l.list))
	if !a.Get(reqID).Equal(b.Get(reqID)) {
		return false
	}
	a.Mutable(list).List().Append(b.Get(list).List().Get(0))
	return true
}

// setWords sets the fields that the words map to.
func setWords(
	m protoreflect.Message, words map[string]any, mapping string, id func(string) int,
) error {
	to := make(map[string]string)
	for _, pair := range strings.Fields(mapping) {
		word, field, found := strings.Cut(pair, "=")
		if !found {
			field = word
		}
		to[word] = field
	}
	for word, value := range words {
		path, ok := to[word]
		if !ok {
			return fmt.Errorf("%q: no such word in this message", word)
		}
		if path == "" {
			continue
		}
		if err := setPath(m, path, value, id); err != nil {
			return fmt.Errorf("%q: %w", word, err)
		}
	}
	return nil
}

func setPath(m protoreflect.Message, path string, value any, id func(string) int) error {
	part, rest, deeper := strings.Cut(path, ".")
	f := m.Descriptor().Fields().ByName(protoreflect.Name(part))
	if f == nil {
		return fmt.Errorf("%s has no field %s", m.Descriptor().Name(), part)
	}
	switch {
	case deeper:
		return setPath(m.Mutable(f).Message(), rest, value, id)
	case f.Message() != nil && f.IsList():
		items, ok := value.([]any)
		if !ok {
			return fmt.Errorf("want a list, got %v", value)
		}
		for _, item := range items {
			words, ok := item.(map[string]any)
			if !ok {
				return fmt.Errorf("want objects, got %v", item)
			}
			into := m.Mutable(f).List().AppendMutable().Message()
			if err := setWords(into, words, nested[part], id); err != nil {
				return err
			}
		}
		return nil
	case f.Message() != nil:
		words, ok := value.(map[string]any)
		if !ok {
			return fmt.Errorf("want an object, got %v", value)
		}
		return setWords(m.Mutable(f).Message(), words, nested[part], id)
	}
	return setScalar(m, f, value, id)
}

// setScalar sets a field to a word's value. An empty text leaves it unset.
func setScalar(
	m protoreflect.Message, f protoreflect.FieldDescriptor, value any, id func(string) int,
) error {
	if items, ok := value.([]any); ok {
		var parts []string
		for _, item := range items {
			parts = append(parts, fmt.Sprint(item))
		}
		if f.IsList() {
			for _, part := range parts {
				m.Mutable(f).List().Append(protoreflect.ValueOfString(part))
			}
			return nil
		}
		value = strings.Join(parts, ",")
	}
	text := fmt.Sprint(value)
	if strings.HasPrefix(text, "$") {
		if f.Kind() == protoreflect.StringKind {
			return nil // "$endtime": now
		}
		text = strconv.Itoa(id(text))
	}
	if text == "" {
		return nil
	}
	var err error
	switch f.Kind() {
	case protoreflect.StringKind:
		m.Set(f, protoreflect.ValueOfString(text))
	case protoreflect.BoolKind:
		var v bool
		v, err = strconv.ParseBool(text)
		m.Set(f, protoreflect.ValueOfBool(v))
	case protoreflect.Int32Kind:
		var v int64
		v, err = strconv.ParseInt(text, 10, 32)
		m.Set(f, protoreflect.ValueOfInt32(int32(v)))
	case protoreflect.Int64Kind:
		var v int64
		v, err = strconv.ParseInt(text, 10, 64)
		m.Set(f, protoreflect.ValueOfInt64(v))
	case protoreflect.DoubleKind:
		var v float64
		v, err = strconv.ParseFloat(text, 64)
		m.Set(f, protoreflect.ValueOfFloat64(v))
	default:
		err = fmt.Errorf("fields of kind %s have no words", f.Kind())
	}
	return err
}

// int32Value makes a field's value of a number.
func int32Value(n int) protoreflect.Value { return protoreflect.ValueOfInt32(int32(n)) }
