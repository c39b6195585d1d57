/*
 * Makes every request that @stoqey/ib can make, one after the other, and prints what came back: a
 * line of JSON for each call. After each it asks for the time, so a call that breaks the stream or
 * the connection is the one that says so.
 *
 *   IB_HOST=127.0.0.1 IB_PORT=41234 IB_CLIENT_ID=7 node dist/surface.js
 */
import {
  BarSizeSetting,
  Contract,
  DurationUnit,
  ErrorCode,
  EventName,
  IBApi,
  Instrument,
  LocationCode,
  LogLevel,
  MarketDataType,
  OptionExerciseAction,
  OptionType,
  OrderAction,
  OrderType,
  ScanCode,
  SecType,
  TickByTickDataType,
  TimeInForce,
  WhatToShow,
} from "@stoqey/ib";

/** How long the first event of a call may take, in milliseconds. */
const ANSWER_TIMEOUT_MS = 10_000;

const ACCOUNT = "DU9000001";
const AAPL: Contract = { conId: 265598, symbol: "AAPL", secType: SecType.STK, exchange: "SMART", currency: "USD" };
const CALL: Contract = {
  symbol: "AAPL",
  secType: SecType.OPT,
  exchange: "SMART",
  currency: "USD",
  lastTradeDateOrContractMonth: "20260116",
  strike: 260,
  right: OptionType.Call,
  multiplier: 100,
};

/** One method of the client, with the event that answers it; none for what has no answer. */
interface Call {
  name: string;
  want?: EventName;
  make: () => unknown;
}

/** What became of a call; the outcomes are those of the Go program beside this one. */
interface Result {
  call: string;
  outcome: "answered" | "error" | "silent" | "missing" | "broken" | "unsupported";
  callbacks?: string[];
  code?: number;
  text?: string;
}

const ib = new IBApi({ host: process.env.IB_HOST, port: Number(process.env.IB_PORT) });

let id = 100;
const last = () => id;
const next = () => ++id;

const silent = (name: string, make: () => unknown): Call => ({ name, make });
const asked = (name: string, want: EventName, make: () => unknown): Call => ({ name, want, make });

const calls: Call[] = [
  asked("reqCurrentTime", EventName.currentTime, () => ib.reqCurrentTime()),
  silent("setServerLogLevel", () => ib.setServerLogLevel(LogLevel.ERROR)),
  asked("reqManagedAccts", EventName.managedAccounts, () => ib.reqManagedAccts()),
  asked("reqIds", EventName.nextValidId, () => ib.reqIds()),
  asked("reqUserInfo", EventName.userInfo, () => ib.reqUserInfo(next())),

  asked("reqAccountUpdates", EventName.accountDownloadEnd, () => ib.reqAccountUpdates(true, ACCOUNT)),
  asked("reqAccountSummary", EventName.accountSummaryEnd, () =>
    ib.reqAccountSummary(next(), "All", "NetLiquidation,$LEDGER"),
  ),
  silent("cancelAccountSummary", () => ib.cancelAccountSummary(last())),
  asked("reqPositions", EventName.positionEnd, () => ib.reqPositions()),
  silent("cancelPositions", () => ib.cancelPositions()),
  asked("reqPositionsMulti", EventName.positionMultiEnd, () => ib.reqPositionsMulti(next(), ACCOUNT, "")),
  silent("cancelPositionsMulti", () => ib.cancelPositionsMulti(last())),
  asked("reqAccountUpdatesMulti", EventName.accountUpdateMultiEnd, () =>
    ib.reqAccountUpdatesMulti(next(), ACCOUNT, "", true),
  ),
  silent("cancelAccountUpdatesMulti", () => ib.cancelAccountUpdatesMulti(last())),
  asked("reqPnL", EventName.pnl, () => ib.reqPnL(next(), ACCOUNT, "")),
  silent("cancelPnL", () => ib.cancelPnL(last())),
  asked("reqPnLSingle", EventName.pnlSingle, () => ib.reqPnLSingle(next(), ACCOUNT, "", AAPL.conId as number)),
  silent("cancelPnLSingle", () => ib.cancelPnLSingle(last())),
  asked("reqFamilyCodes", EventName.familyCodes, () => ib.reqFamilyCodes()),
  asked("requestFA", EventName.receiveFA, () => ib.requestFA(1)),
  asked("replaceFA", EventName.replaceFAEnd, () => ib.replaceFA(next(), 1, "<ListOfGroups/>")),
  asked("reqSoftDollarTiers", EventName.softDollarTiers, () => ib.reqSoftDollarTiers(next())),

  asked("reqContractDetails", EventName.contractDetailsEnd, () => ib.reqContractDetails(next(), AAPL)),
  asked("reqMatchingSymbols", EventName.symbolSamples, () => ib.reqMatchingSymbols(next(), "AAPL")),
  asked("reqMarketRule", EventName.marketRule, () => ib.reqMarketRule(26)),
  asked("reqSecDefOptParams", EventName.securityDefinitionOptionParameterEnd, () =>
    ib.reqSecDefOptParams(next(), "AAPL", "", SecType.STK, AAPL.conId as number),
  ),
  asked("reqSmartComponents", EventName.smartComponents, () => ib.reqSmartComponents(next(), "9c0001")),
  asked("reqMktDepthExchanges", EventName.mktDepthExchanges, () => ib.reqMktDepthExchanges()),
  asked("reqFundamentalData", EventName.fundamentalData, () =>
    ib.reqFundamentalData(next(), AAPL, "ReportSnapshot"),
  ),
  silent("cancelFundamentalData", () => ib.cancelFundamentalData(last())),

  silent("reqMarketDataType", () => ib.reqMarketDataType(MarketDataType.REALTIME)),
  asked("reqMktData", EventName.tickPrice, () => ib.reqMktData(next(), AAPL, "233", false, false)),
  silent("cancelMktData", () => ib.cancelMktData(last())),
  asked("reqTickByTickData", EventName.tickByTickBidAsk, () =>
    ib.reqTickByTickData(next(), AAPL, TickByTickDataType.BidAsk, 0, false),
  ),
  silent("cancelTickByTickData", () => ib.cancelTickByTickData(last())),
  asked("reqMktDepth", EventName.updateMktDepthL2, () => ib.reqMktDepth(next(), AAPL, 5, true)),
  silent("cancelMktDepth", () => ib.cancelMktDepth(last(), true)),
  asked("reqRealTimeBars", EventName.realtimeBar, () =>
    ib.reqRealTimeBars(next(), AAPL, 5, WhatToShow.TRADES, false),
  ),
  silent("cancelRealTimeBars", () => ib.cancelRealTimeBars(last())),
  asked("reqScannerParameters", EventName.scannerParameters, () => ib.reqScannerParameters()),
  asked("reqScannerSubscription", EventName.scannerDataEnd, () =>
    ib.reqScannerSubscription(next(), {
      instrument: Instrument.STK,
      locationCode: LocationCode.STK_US_MAJOR,
      scanCode: ScanCode.TOP_PERC_GAIN,
    }),
  ),
  silent("cancelScannerSubscription", () => ib.cancelScannerSubscription(last())),

  asked("reqHistoricalData", EventName.historicalData, () =>
    ib.reqHistoricalData(next(), AAPL, "", "1 D", BarSizeSetting.HOURS_ONE, WhatToShow.TRADES, true, 1, true),
  ),
  silent("cancelHistoricalData", () => ib.cancelHistoricalData(last())),
  asked("reqHeadTimestamp", EventName.headTimestamp, () =>
    ib.reqHeadTimestamp(next(), AAPL, WhatToShow.TRADES, true, 1),
  ),
  silent("cancelHeadTimestamp", () => ib.cancelHeadTimestamp(last())),
  asked("reqHistogramData", EventName.histogramData, () =>
    ib.reqHistogramData(next(), AAPL, true, 1, DurationUnit.DAY),
  ),
  silent("cancelHistogramData", () => ib.cancelHistogramData(last())),
  asked("reqHistoricalTicks", EventName.historicalTicksLast, () =>
    ib.reqHistoricalTicks(next(), AAPL, "20260105 10:00:00 US/Eastern", "", 10, WhatToShow.TRADES, true, false),
  ),

  asked("calculateImpliedVolatility", EventName.tickOptionComputation, () =>
    ib.calculateImpliedVolatility(next(), CALL, 20, 260),
  ),
  silent("cancelCalculateImpliedVolatility", () => ib.cancelCalculateImpliedVolatility(last())),
  asked("calculateOptionPrice", EventName.tickOptionComputation, () =>
    ib.calculateOptionPrice(next(), CALL, 0.3, 260),
  ),
  silent("cancelCalculateOptionPrice", () => ib.cancelCalculateOptionPrice(last())),
  // Nothing is held, so an error is the answer.
  asked("exerciseOptions", EventName.error, () =>
    ib.exerciseOptions(next(), CALL, OptionExerciseAction.EXERCISE, 1, ACCOUNT, 0),
  ),

  asked("reqNewsProviders", EventName.newsProviders, () => ib.reqNewsProviders()),
  asked("reqNewsBulletins", EventName.updateNewsBulletin, () => ib.reqNewsBulletins(true)),
  silent("cancelNewsBulletins", () => ib.cancelNewsBulletins()),
  asked("reqNewsArticle", EventName.newsArticle, () => ib.reqNewsArticle(next(), "BRFG", "BRFG$0")),
  asked("reqHistoricalNews", EventName.historicalNewsEnd, () =>
    ib.reqHistoricalNews(next(), AAPL.conId as number, "BRFG", "", "", 10),
  ),
  asked("reqWshMetaData", EventName.wshMetaData, () => ib.reqWshMetaData(next())),
  silent("reqCancelWshMetaData", () => ib.reqCancelWshMetaData(last())),
  asked("reqWshEventData", EventName.wshEventData, () => ib.reqWshEventData(next(), AAPL.conId as number)),
  silent("reqCancelWshEventData", () => ib.reqCancelWshEventData(last())),

  asked("placeOrder", EventName.orderStatus, () =>
    ib.placeOrder(9001, AAPL, {
      action: OrderAction.BUY,
      orderType: OrderType.LMT,
      lmtPrice: 1,
      totalQuantity: 1,
      tif: TimeInForce.GTC,
      transmit: true,
    }),
  ),
  asked("reqOpenOrders", EventName.openOrderEnd, () => ib.reqOpenOrders()),
  asked("reqAllOpenOrders", EventName.openOrderEnd, () => ib.reqAllOpenOrders()),
  asked("reqAutoOpenOrders", EventName.error, () => ib.reqAutoOpenOrders(true)), // only for client 0
  asked("cancelOrder", EventName.orderStatus, () => ib.cancelOrder(9001)),
  silent("reqGlobalCancel", () => ib.reqGlobalCancel()),
  asked("reqCompletedOrders", EventName.completedOrdersEnd, () => ib.reqCompletedOrders(false)),
  asked("reqExecutions", EventName.execDetailsEnd, () => ib.reqExecutions(next(), {})),

  asked("queryDisplayGroups", EventName.displayGroupList, () => ib.queryDisplayGroups(next())),
  asked("subscribeToGroupEvents", EventName.displayGroupUpdated, () => ib.subscribeToGroupEvents(next(), 1)),
  asked("updateDisplayGroup", EventName.displayGroupUpdated, () => ib.updateDisplayGroup(last(), "265598@SMART")),
  silent("unsubscribeFromGroupEvents", () => ib.unsubscribeFromGroupEvents(last())),
];

/** The public methods that ask a Gateway nothing. */
const notRequests = ["constructor", "disableUseV100Plus", "serverVersion", "isConnected", "connect", "disconnect"];

interface Heard {
  name: string;
  code?: number;
  text?: string;
}
const heard: Heard[] = [];
let wake: () => void = () => {};
const hear = (h: Heard) => {
  heard.push(h);
  wake();
};
ib.on(EventName.result, (name: string) => {
  if (name !== EventName.info) {
    hear({ name });
  }
});
// The client calls an error that answers no request by id an info.
ib.on(EventName.info, (text: string, code: number) => hear({ name: EventName.error, code, text }));
ib.on(EventName.error, (error: Error, code: ErrorCode) =>
  hear({ name: EventName.error, code: Number(code), text: error.message }),
);

const isFarmNotice = (h: Heard) => h.code !== undefined && h.code >= 2100 && h.code < 2200;

/** Waits for one of the events; the ones before it stay in heard. */
async function until(...names: string[]): Promise<boolean> {
  const deadline = Date.now() + ANSWER_TIMEOUT_MS;
  for (let seen = 0; ; seen++) {
    while (seen >= heard.length) {
      const left = deadline - Date.now();
      if (left <= 0) {
        return false;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (names.includes(heard[seen].name) && !isFarmNotice(heard[seen])) {
      return true;
    }
  }
}

/** Makes a call and says what became of it. */
async function outcome(call: Call): Promise<Result> {
  heard.length = 0;
  try {
    call.make();
  } catch (e) {
    return { call: call.name, outcome: "unsupported", text: (e as Error).message };
  }
  if (call.want !== undefined) {
    await until(call.want, EventName.error);
  }
  const got = heard.filter((h) => !isFarmNotice(h));
  heard.length = 0;
  ib.reqCurrentTime();
  const alive = await until(EventName.currentTime);
  got.push(...heard.filter((h) => !isFarmNotice(h) && h.name !== EventName.currentTime));

  const callbacks = [...new Set(got.map((h) => h.name))];
  const error = got.find((h) => h.name === EventName.error);
  const result: Result = { call: call.name, outcome: "silent" };
  if (callbacks.length > 0) {
    result.callbacks = callbacks;
  }
  if (error !== undefined) {
    result.code = error.code;
    result.text = error.text;
  }
  if (!alive) {
    result.outcome = "broken";
  } else if (call.want !== undefined && callbacks.includes(call.want)) {
    result.outcome = "answered";
  } else if (error !== undefined) {
    result.outcome = "error";
  } else if (call.want !== undefined) {
    result.outcome = "missing";
  }
  return result;
}

/** A request that a new version of the client adds must not be forgotten here. */
function checkComplete(): void {
  const made = new Set([...calls.map((c) => c.name), ...notRequests]);
  const forgotten = Object.getOwnPropertyNames(IBApi.prototype).filter((name) => !made.has(name));
  if (forgotten.length > 0) {
    throw new Error(`these methods of the client are not called: ${forgotten.join(", ")}`);
  }
}

async function main(): Promise<void> {
  checkComplete();
  ib.connect(Number(process.env.IB_CLIENT_ID));
  if (!(await until(EventName.nextValidId))) {
    throw new Error(`await the next order id: none within ${ANSWER_TIMEOUT_MS} ms`);
  }
  for (const call of calls) {
    const result = await outcome(call);
    console.log(JSON.stringify(result));
    if (result.outcome === "broken") {
      throw new Error(`${call.name}: the connection did not outlive the call`);
    }
  }
  ib.disconnect();
}

main().then(
  () => process.exit(0),
  (reason: Error) => {
    console.error(reason.message);
    process.exit(1);
  },
);
