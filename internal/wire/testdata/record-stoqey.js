// Records the frames that @stoqey/ib sends to a listener that plays the Gateway, one a line:
// the call's name and the whole frame in base64. @stoqey/ib negotiates at most 193.
//
//   npm install @stoqey/ib@1.6.10
//   node record-stoqey.js 193 > stoqey-ib-1.6.10-v193.txt
//
// Recorded with Node.js 20.20.2.
'use strict';
const net = require('net');
const { IBApi, EventName, PriceCondition, TimeCondition, MarginCondition, ExecutionCondition, VolumeCondition, PercentChangeCondition } = require('@stoqey/ib');
const version = Number(process.argv[2] || 193);
const calls = [];
function add(name, f) { calls.push([name, f]); }
const stock = { conId: 265598, symbol: 'AAPL', secType: 'STK', exchange: 'SMART', currency: 'USD' };
const order = (o) => Object.assign({ action: 'BUY', totalQuantity: 1, account: 'DU9000001', orderRef: 'ref 1', tif: 'DAY', transmit: true }, o);
add('reqAccountSummary', b => b.reqAccountSummary(9000, 'All', 'NetLiquidation,TotalCashValue'));
add('cancelAccountSummary', b => b.cancelAccountSummary(9000));
add('reqPositions', b => b.reqPositions());
add('reqContractDetails', b => b.reqContractDetails(21, stock));
add('reqHistoricalData', b => b.reqHistoricalData(22, stock, '20260824 22:00:00 US/Eastern', '1 W', '1 day', 'TRADES', 1, 1, false));
add('cancelHistoricalData', b => b.cancelHistoricalData(22));
add('placeOrder MKT', b => b.placeOrder(600, stock, order({ orderType: 'MKT' })));
add('placeOrder LMT', b => b.placeOrder(601, stock, order({ orderType: 'LMT', lmtPrice: 231.07, totalQuantity: 12.5, ocaGroup: 'oca-1', ocaType: 3, outsideRth: true })));
add('placeOrder STP', b => b.placeOrder(602, stock, order({ orderType: 'STP', auxPrice: 220.5, action: 'SELL', parentId: 601, tif: 'GTC', whatIf: true })));
add('cancelOrder', b => b.cancelOrder(600));
add('reqExecutions', b => b.reqExecutions(31, { clientId: '7', acctCode: 'DU9000001', symbol: 'AAPL' }));
add('reqOpenOrders', b => b.reqOpenOrders());
add('reqAllOpenOrders', b => b.reqAllOpenOrders());
add('reqAutoOpenOrders', b => b.reqAutoOpenOrders(true));
add('reqIds', b => b.reqIds(1));
add('reqCurrentTime', b => b.reqCurrentTime());
add('reqManagedAccts', b => b.reqManagedAccts());
add('reqAccountUpdates', b => b.reqAccountUpdates(true, 'DU9000001'));
add('reqCompletedOrders', b => b.reqCompletedOrders(true));
add('reqMarketDataType', b => b.reqMarketDataType(3));
add('reqMktData', b => b.reqMktData(25, stock, '233', false, false));
add('cancelMktData', b => b.cancelMktData(25));
add('reqGlobalCancel', b => b.reqGlobalCancel());
add('reqPnL', b => b.reqPnL(17, 'DU9000001', ''));
const option = { symbol: 'OBDC', secType: 'OPT', lastTradeDateOrContractMonth: '20261120', strike: 10.5, right: 'P', multiplier: 100, exchange: 'SMART', currency: 'USD', localSymbol: 'OBDC  261120P00010500', tradingClass: 'OBDC', conId: 853200900 };
const tags = [{ tag: 'a', value: '1' }, { tag: 'b', value: '2' }];
const combo = { symbol: 'IBKR', secType: 'BAG', exchange: 'SMART', currency: 'USD', comboLegs: [{ conId: 43645865, ratio: 1, action: 'BUY', exchange: 'SMART' }, { conId: 9408, ratio: 2, action: 'SELL', exchange: 'SMART' }] };
add('placeOrder conditions', b => b.placeOrder(603, stock, order({ orderType: 'LMT', lmtPrice: 200, conditions: [
  new PriceCondition(231.5, 4, 265598, 'SMART', true, true), new TimeCondition('20260825 15:00:00 US/Eastern', true, false),
  new MarginCondition(30, true, true), new ExecutionCondition('SMART', 'STK', 'MSFT', true),
  new VolumeCondition(1000, 265598, 'ISLAND', false, true), new PercentChangeCondition(2.5, 8314, 'NYSE', true, true)] })));
add('placeOrder combo', b => b.placeOrder(604, combo, order({ orderType: 'LMT', lmtPrice: 1.25, smartComboRoutingParams: [{ tag: 'NonGuaranteed', value: '1' }] })));
add('placeOrder algo', b => b.placeOrder(605, stock, order({ orderType: 'MKT', algoStrategy: 'Adaptive', algoParams: [{ tag: 'adaptivePriority', value: 'Normal' }] })));
add('reqMktData combo', b => b.reqMktData(26, combo, '', true, true));
add('reqHistoricalData combo', b => b.reqHistoricalData(23, combo, '', '1 D', '5 mins', 'MIDPOINT', 0, 2, true));
add('cancelPnL', b => b.cancelPnL(17));
add('reqPnLSingle', b => b.reqPnLSingle(18, 'DU9000001', 'core', 265598));
add('cancelPnLSingle', b => b.cancelPnLSingle(18));
add('cancelPositions', b => b.cancelPositions());
add('reqPositionsMulti', b => b.reqPositionsMulti(4, 'DU9000001', 'core'));
add('cancelPositionsMulti', b => b.cancelPositionsMulti(4));
add('reqAccountUpdatesMulti', b => b.reqAccountUpdatesMulti(5, 'DU9000001', 'core', true));
add('cancelAccountUpdatesMulti', b => b.cancelAccountUpdatesMulti(5));
add('setServerLogLevel', b => b.setServerLogLevel(5));
add('reqUserInfo', b => b.reqUserInfo(6));
add('reqHeadTimestamp', b => b.reqHeadTimestamp(27, stock, 'TRADES', true, 2));
add('cancelHeadTimestamp', b => b.cancelHeadTimestamp(27));
add('reqRealTimeBars', b => b.reqRealTimeBars(28, stock, 5, 'TRADES', true, tags));
add('cancelRealTimeBars', b => b.cancelRealTimeBars(28));
add('reqHistogramData', b => b.reqHistogramData(29, stock, true, 3, 'DAY'));
add('cancelHistogramData', b => b.cancelHistogramData(29));
add('reqHistoricalTicks', b => b.reqHistoricalTicks(30, stock, '20260824 09:30:00 US/Eastern', '', 1000, 'TRADES', 1, true));
add('reqTickByTickData', b => b.reqTickByTickData(41, stock, 'BidAsk', 10, true));
add('cancelTickByTickData', b => b.cancelTickByTickData(41));
add('reqMktDepth', b => b.reqMktDepth(40, option, 5, true, tags));
add('cancelMktDepth', b => b.cancelMktDepth(40, true));
add('reqMktDepthExchanges', b => b.reqMktDepthExchanges());
add('reqNewsBulletins', b => b.reqNewsBulletins(true));
add('cancelNewsBulletins', b => b.cancelNewsBulletins());
add('reqNewsProviders', b => b.reqNewsProviders());
add('reqNewsArticle', b => b.reqNewsArticle(44, 'BRFG', 'BRFG$04fb9da2', tags));
add('reqHistoricalNews', b => b.reqHistoricalNews(45, 265598, 'BRFG+DJNL', '2026-08-01 00:00:00.0', '2026-08-24 00:00:00.0', 10, tags));
add('exerciseOptions', b => b.exerciseOptions(46, option, 1, 3, 'DU9000001', 1));
add('calculateImpliedVolatility', b => b.calculateImpliedVolatility(47, option, 1.25, 12.5));
add('calculateOptionPrice', b => b.calculateOptionPrice(48, option, 0.3, 12.5));
add('cancelCalculateImpliedVolatility', b => b.cancelCalculateImpliedVolatility(47));
add('cancelCalculateOptionPrice', b => b.cancelCalculateOptionPrice(48));
add('reqSecDefOptParams', b => b.reqSecDefOptParams(49, 'ES', 'CME', 'FUT', 495512563));
add('reqScannerSubscription', b => b.reqScannerSubscription(50, { numberOfRows: 20, instrument: 'STK', locationCode: 'STK.US.MAJOR', scanCode: 0, abovePrice: 5.5, belowPrice: 100, aboveVolume: 1000000, marketCapAbove: 1e9, marketCapBelow: 2e9, moodyRatingAbove: 'A', moodyRatingBelow: 'B', spRatingAbove: 'AA', spRatingBelow: 'BB', maturityDateAbove: '20260101', maturityDateBelow: '20300101', couponRateAbove: 1.5, couponRateBelow: 9.5, excludeConvertible: true, averageOptionVolumeAbove: 100, scannerSettingPairs: 'Annual,true', stockTypeFilter: 'CORP' }, tags, [{ tag: 'usdMarketCapAbove', value: '10000' }]));
add('cancelScannerSubscription', b => b.cancelScannerSubscription(50));
add('reqScannerParameters', b => b.reqScannerParameters());
add('reqMatchingSymbols', b => b.reqMatchingSymbols(60, 'Apple'));
add('reqMarketRule', b => b.reqMarketRule(26));
add('reqSmartComponents', b => b.reqSmartComponents(61, '9c0001'));
add('reqFA', b => b.requestFA(1));
add('replaceFA', b => b.replaceFA(62, 1, '<ListOfGroups/>'));
add('reqSoftDollarTiers', b => b.reqSoftDollarTiers(63));
add('reqFamilyCodes', b => b.reqFamilyCodes());
add('reqWshMetaData', b => b.reqWshMetaData(64));
add('cancelWshMetaData', b => b.reqCancelWshMetaData(64));
add('reqWshEventData', b => b.reqWshEventData(65, { conId: 8314, filter: '{}', fillWatchlist: true, fillPortfolio: false, fillCompetitors: true, startDate: '20260801', endDate: '20260901', totalLimit: 100 }));
add('cancelWshEventData', b => b.reqCancelWshEventData(65));
add('reqFundamentalData', b => b.reqFundamentalData(71, stock, 'ReportSnapshot', tags));
add('cancelFundamentalData', b => b.cancelFundamentalData(71));
add('queryDisplayGroups', b => b.queryDisplayGroups(67));
add('subscribeToGroupEvents', b => b.subscribeToGroupEvents(68, 4));
add('updateDisplayGroup', b => b.updateDisplayGroup(68, '265598@SMART'));
add('unsubscribeFromGroupEvents', b => b.unsubscribeFromGroupEvents(68));

const server = net.createServer(conn => {
  let buf = Buffer.alloc(0); let state = 'preamble'; let pending = null; let i = 0;
  const next = () => {
    if (i === calls.length) { conn.destroy(); server.close(); setTimeout(() => process.exit(0), 100); return; }
    pending = calls[i][0]; calls[i][1](api); i++;
  };
  conn.on('data', d => {
    buf = Buffer.concat([buf, d]);
    for (;;) {
      if (state === 'preamble') {
        if (buf.length < 8) return; const n = buf.readUInt32BE(4); if (buf.length < 8 + n) return;
        console.log('preamble ' + buf.subarray(0, 8 + n).toString('base64')); buf = buf.subarray(8 + n); state = 'frames';
        const body = Buffer.from(version + '\0' + '20260824 22:27:38 EST\0'); const len = Buffer.alloc(4); len.writeUInt32BE(body.length); conn.write(Buffer.concat([len, body]));
        continue;
      }
      if (buf.length < 4) return; const n = buf.readUInt32BE(0); if (buf.length < 4 + n) return;
      const f = buf.subarray(0, 4 + n); buf = buf.subarray(4 + n);
      if (state === 'frames') { console.log('startApi ' + f.toString('base64')); state = 'ready';
        const send = s => { const b = Buffer.from(s); const l = Buffer.alloc(4); l.writeUInt32BE(b.length); conn.write(Buffer.concat([l, b])); };
        send('15\0' + '1\0DU9000001\0'); send('9\0' + '1\0' + '600\0'); continue; }
      console.log(pending.replace(' ', '_') + ' ' + f.toString('base64')); next();
    }
  });
  api.on(EventName.nextValidId, next);
});
let api;
server.listen(0, '127.0.0.1', () => { api = new IBApi({ host: '127.0.0.1', port: server.address().port, clientId: 7 });
  api.on(EventName.error, (e, c, r) => { console.error(pending, String(e), c, r); process.exit(1); }); api.connect(7); });
setTimeout(() => { console.error('timed out'); process.exit(1); }, 20000);
