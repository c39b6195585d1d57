package wire_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/scmhub/ibapi"
)

// listener writes down every callback of an EClient as its name and arguments. Structs appear as
// the fields that are set, because IBKR marks unset ones with several values.
type listener struct {
	ibapi.Wrapper
	calls chan string
}

// maxCalls is more than any test provokes between two reads.
const maxCalls = 1000

func newListener() *listener { return &listener{calls: make(chan string, maxCalls)} }

func (l *listener) drain() []string {
	var calls []string
	for {
		select {
		case call := <-l.calls:
			calls = append(calls, call)
		default:
			return calls
		}
	}
}

func (l *listener) hear(name string, args ...any) {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = spell(reflect.ValueOf(arg))
	}
	l.calls <- name + "(" + strings.Join(words, ", ") + ")"
}

// spell prints a value; of a struct only the fields that differ from every spelling of "unset".
func spell(v reflect.Value) string {
	switch v.Kind() { //nolint:exhaustive // the rest prints itself
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return "nil"
		}
		return conjunction(v) + spell(v.Elem())
	case reflect.Struct:
		if d, ok := asDecimal(v); ok {
			return d.String()
		}
		return spellStruct(v)
	case reflect.Slice:
		words := make([]string, v.Len())
		for i := range words {
			words[i] = spell(v.Index(i))
		}
		return "[" + strings.Join(words, " ") + "]"
	case reflect.String:
		word, _ := json.Marshal(v.String()) //nolint:errchkjson // a string always can
		return string(word)
	case reflect.Float64:
		if v.Float() == math.MaxFloat64 {
			return "UNSET"
		}
	}
	return fmt.Sprint(v)
}

func asDecimal(v reflect.Value) (ibapi.Decimal, bool) {
	if !v.CanInterface() {
		return ibapi.Decimal{}, false
	}
	d, ok := v.Interface().(ibapi.Decimal)
	return d, ok
}

// conjunction tells how an order's condition is joined, which no exported field says.
func conjunction(v reflect.Value) string {
	if v.Kind() != reflect.Interface || !v.CanInterface() {
		return ""
	}
	if c, ok := v.Interface().(ibapi.OrderCondition); ok {
		return fmt.Sprintf("%s,and=%t", c.TypeName(), c.IsConjunctionConnection())
	}
	return ""
}

func spellStruct(v reflect.Value) string {
	var words []string
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() && !field.Anonymous || isUnset(v.Field(i)) {
			continue
		}
		words = append(words, field.Name+":"+spell(v.Field(i)))
	}
	return "{" + strings.Join(words, " ") + "}"
}

func isUnset(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice:
		return v.Len() == 0
	case reflect.Float64:
		return v.Float() == math.MaxFloat64 || v.Float() == 0
	case reflect.Int64:
		return v.Int() == ibapi.UNSET_INT || v.Int() == ibapi.UNSET_LONG || v.IsZero()
	case reflect.Struct:
		if d, ok := asDecimal(v); ok {
			return d == ibapi.UNSET_DECIMAL
		}
		return v.IsZero()
	default:
		return v.IsZero()
	}
}

func (l *listener) TickPrice(
	reqID int64, tickType ibapi.TickType, price float64, attrib ibapi.TickAttrib,
) {
	l.hear("TickPrice", reqID, tickType, price, attrib)
}

func (l *listener) TickSize(reqID int64, tickType ibapi.TickType, size ibapi.Decimal) {
	l.hear("TickSize", reqID, tickType, size)
}

func (l *listener) TickGeneric(reqID int64, tickType ibapi.TickType, value float64) {
	l.hear("TickGeneric", reqID, tickType, value)
}

func (l *listener) TickString(reqID int64, tickType ibapi.TickType, value string) {
	l.hear("TickString", reqID, tickType, value)
}

func (l *listener) OrderStatus(
	orderID int64, status string, filled, remaining ibapi.Decimal, avgFillPrice float64,
	permID, parentID int64, lastFillPrice float64, clientID int64, whyHeld string,
	mktCapPrice float64,
) {
	l.hear("OrderStatus",
		orderID, status, filled, remaining, avgFillPrice, permID, parentID, lastFillPrice,
		clientID, whyHeld, mktCapPrice)
}

func (l *listener) OpenOrder(
	orderID int64, contract *ibapi.Contract, order *ibapi.Order, orderState *ibapi.OrderState,
) {
	l.hear("OpenOrder", orderID, contract, order, orderState)
}

func (l *listener) OpenOrderEnd() {
	l.hear("OpenOrderEnd")
}

func (l *listener) UpdateAccountValue(tag, value, currency, accountName string) {
	l.hear("UpdateAccountValue", tag, value, currency, accountName)
}

func (l *listener) UpdatePortfolio(
	contract *ibapi.Contract, position ibapi.Decimal,
	marketPrice, marketValue, averageCost, unrealizedPNL, realizedPNL float64,
	accountName string,
) {
	l.hear("UpdatePortfolio",
		contract, position, marketPrice, marketValue, averageCost, unrealizedPNL, realizedPNL,
		accountName)
}

func (l *listener) UpdateAccountTime(timeStamp string) {
	l.hear("UpdateAccountTime", timeStamp)
}

func (l *listener) AccountDownloadEnd(accountName string) {
	l.hear("AccountDownloadEnd", accountName)
}

func (l *listener) NextValidID(reqID int64) {
	l.hear("NextValidID", reqID)
}

func (l *listener) ContractDetails(reqID int64, contractDetails *ibapi.ContractDetails) {
	l.hear("ContractDetails", reqID, contractDetails)
}

func (l *listener) ContractDetailsEnd(reqID int64) {
	l.hear("ContractDetailsEnd", reqID)
}

func (l *listener) ExecDetails(reqID int64, contract *ibapi.Contract, execution *ibapi.Execution) {
	l.hear("ExecDetails", reqID, contract, execution)
}

func (l *listener) ExecDetailsEnd(reqID int64) {
	l.hear("ExecDetailsEnd", reqID)
}

func (l *listener) Error(
	reqID, errorTime, errCode int64, errString, advancedOrderRejectJson string,
) {
	l.hear("Error", reqID, errorTime, errCode, errString, advancedOrderRejectJson)
}

func (l *listener) ManagedAccounts(accountsList []string) {
	l.hear("ManagedAccounts", accountsList)
}

func (l *listener) HistoricalData(reqID int64, bar *ibapi.Bar) {
	l.hear("HistoricalData", reqID, bar)
}

func (l *listener) HistoricalDataEnd(reqID int64, startDateStr, endDateStr string) {
	l.hear("HistoricalDataEnd", reqID, startDateStr, endDateStr)
}

func (l *listener) RealtimeBar(
	reqID, time int64, open, high, low, close float64, volume, wap ibapi.Decimal, count int64,
) {
	l.hear("RealtimeBar", reqID, time, open, high, low, close, volume, wap, count)
}

func (l *listener) CurrentTime(t int64) {
	l.hear("CurrentTime", t)
}

func (l *listener) TickSnapshotEnd(reqID int64) {
	l.hear("TickSnapshotEnd", reqID)
}

func (l *listener) MarketDataType(reqID, marketDataType int64) {
	l.hear("MarketDataType", reqID, marketDataType)
}

func (l *listener) CommissionAndFeesReport(commissionAndFeesReport ibapi.CommissionAndFeesReport) {
	l.hear("CommissionAndFeesReport", commissionAndFeesReport)
}

func (l *listener) Position(
	account string, contract *ibapi.Contract, position ibapi.Decimal, avgCost float64,
) {
	l.hear("Position", account, contract, position, avgCost)
}

func (l *listener) PositionEnd() {
	l.hear("PositionEnd")
}

func (l *listener) AccountSummary(reqID int64, account, tag, value, currency string) {
	l.hear("AccountSummary", reqID, account, tag, value, currency)
}

func (l *listener) AccountSummaryEnd(reqID int64) {
	l.hear("AccountSummaryEnd", reqID)
}

func (l *listener) PositionMulti(
	reqID int64, account, modelCode string, contract *ibapi.Contract, pos ibapi.Decimal,
	avgCost float64,
) {
	l.hear("PositionMulti", reqID, account, modelCode, contract, pos, avgCost)
}

func (l *listener) PositionMultiEnd(reqID int64) {
	l.hear("PositionMultiEnd", reqID)
}

func (l *listener) AccountUpdateMulti(
	reqID int64, account, modelCode, key, value, currency string,
) {
	l.hear("AccountUpdateMulti", reqID, account, modelCode, key, value, currency)
}

func (l *listener) AccountUpdateMultiEnd(reqID int64) {
	l.hear("AccountUpdateMultiEnd", reqID)
}

func (l *listener) TickReqParams(
	int64 int64, minTick float64, bboExchange string, snapshotPermissions int64,
) {
	l.hear("TickReqParams", int64, minTick, bboExchange, snapshotPermissions)
}

func (l *listener) HeadTimestamp(reqID int64, headTimestamp string) {
	l.hear("HeadTimestamp", reqID, headTimestamp)
}

func (l *listener) HistoricalDataUpdate(reqID int64, bar *ibapi.Bar) {
	l.hear("HistoricalDataUpdate", reqID, bar)
}

func (l *listener) Pnl(reqID int64, dailyPnL, unrealizedPnL, realizedPnL float64) {
	l.hear("Pnl", reqID, dailyPnL, unrealizedPnL, realizedPnL)
}

func (l *listener) PnlSingle(
	reqID int64, pos ibapi.Decimal, dailyPnL, unrealizedPnL, realizedPnL, value float64,
) {
	l.hear("PnlSingle", reqID, pos, dailyPnL, unrealizedPnL, realizedPnL, value)
}

func (l *listener) OrderBound(permID, clientID, orderID int64) {
	l.hear("OrderBound", permID, clientID, orderID)
}

func (l *listener) CompletedOrder(
	contract *ibapi.Contract, order *ibapi.Order, orderState *ibapi.OrderState,
) {
	l.hear("CompletedOrder", contract, order, orderState)
}

func (l *listener) CompletedOrdersEnd() {
	l.hear("CompletedOrdersEnd")
}

func (l *listener) HistoricalSchedule(
	reqID int64, startDarteTime, endDateTime, timeZone string,
	sessions []ibapi.HistoricalSession,
) {
	l.hear("HistoricalSchedule", reqID, startDarteTime, endDateTime, timeZone, sessions)
}

func (l *listener) UserInfo(reqID int64, whiteBrandingId string) {
	l.hear("UserInfo", reqID, whiteBrandingId)
}

func (l *listener) CurrentTimeInMillis(timeInMillis int64) {
	l.hear("CurrentTimeInMillis", timeInMillis)
}
