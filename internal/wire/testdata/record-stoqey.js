// Records the frames that @stoqey/ib sends to a listener that plays the Gateway, one a line:
// the call's name and the whole frame in base64. @stoqey/ib negotiates at most 193.
//
//   npm install @stoqey/ib@1.6.10
//   node record-stoqey.js 193 > stoqey-ib-1.6.10-v193.txt
//
// Recorded with Node.js 20.20.2.
'use strict';
const net = require('net');
const { IBApi, EventName } = require('@stoqey/ib');
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
  api.on(EventName.error, (e, c, r) => console.error(String(e), c, r)); api.connect(7); });
setTimeout(() => { console.error('timed out'); process.exit(1); }, 20000);
