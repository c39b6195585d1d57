'use strict';
// Everything is written as text, never as markup: what a Gateway says stands on this page.
const $ = id => document.getElementById(id);
const day = 24 * 3600 * 1000;
const time = t => t && !t.startsWith('0001') ? new Date(t).toLocaleTimeString([], {hour12: false}) : '';
const seconds = ns => ns >= 1e9 ? (ns / 1e9).toFixed(1) + ' s' : (ns / 1e6).toFixed(1) + ' ms';
const ago = (t, now) => {
  let s = Math.max(0, Math.round((now - new Date(t)) / 1000));
  return s < 120 ? s + ' s' : s < 7200 ? Math.round(s / 60) + ' min' : Math.round(s / 3600) + ' h';
};

function table(id, head, rows, none) {
  const t = $(id);
  t.replaceChildren();
  if (head.length) t.append(row('th', head));
  for (const r of rows) {
    const tr = row('td', r.cells);
    if (r.bad) tr.className = 'bad';
    t.append(tr);
  }
  if (!rows.length) t.replaceChildren(row('td', [none]));
  if (!rows.length) t.firstChild.className = 'empty';
}

function row(kind, cells) {
  const tr = document.createElement('tr');
  for (const cell of cells) {
    const td = document.createElement(kind);
    td.textContent = cell && cell.n !== undefined ? cell.n : cell;
    if (cell && cell.n !== undefined) td.className = 'number';
    tr.append(td);
  }
  return tr;
}

let latest = null, events = [];

function show(view) {
  latest = view;
  const s = view.snapshot, now = new Date(view.now);
  document.title = (view.ready ? 'ready' : 'NOT READY') + ' - trader';
  document.querySelector('header').className = view.ready ? 'ready' : 'notready';
  $('headline').textContent = view.ready ? 'ready: synced, and every symbol decided on in time' : 'not ready';
  $('why').textContent = view.why || '';
  const state = [
    ['session', s.session.state + ' for ' + ago(s.session.since, now) + (s.session.why ? ' (' + s.session.why + ')' : '')],
    ['Gateway', s.gateway + ', client id ' + s.clientId + ', server version ' + s.session.serverVersion],
    ['account', (s.account || 'not known yet') + (s.dryRun ? ' - DRY RUN, nothing is sent' : '')],
    ['sessions', s.session.generation + (s.reconnects ? ', lost or failed: ' +
      Object.entries(s.reconnects).map(([k, n]) => k + ' ' + n).join(', ') : '')],
    ['cycles', s.cycle.completed + ' complete, ' + s.cycle.failed + ' failed, last took ' + seconds(s.cycle.took)],
    ['round trip', seconds(s.session.roundTrip)],
    ['CLOSE_WAIT', s.closeWait.at ? s.closeWait.gateway + ' at the Gateway, ' + s.closeWait.client + ' at its clients' : 'not counted'],
    ['alerts', s.alerts.active + ' active, ' + s.alerts.raised + ' raised, ' + s.alerts.failed + ' failed deliveries'],
    ['up', ago(s.begun, now) + ', ' + s.version + ', pid ' + s.pid],
  ];
  if (s.halted) state.unshift(['KILL SWITCH', s.halted]);
  for (const l of s.limits || []) state.push(['limit ' + l.name, l.used + ' of ' + l.bound]);
  table('state', [], state.map(cells => ({cells})), '');
  table('positions', ['symbol', {n: 'own'}, {n: 'account'}, {n: 'price'}, {n: 'value'}], (s.positions || []).map(p => ({
    cells: [p.symbol, {n: p.own}, {n: p.account}, {n: p.price}, {n: p.value}]})), 'none');
  table('orders', ['intent', 'order', 'state', 'why'], (s.orders || []).map(o => ({
    bad: o.state === 'unknown',
    cells: [o.intent, o.action + ' ' + o.quantity + ' ' + o.symbol + ', ' + o.executed + ' executed', o.state, o.reason || '']})), 'none');
  table('symbols', ['symbol', 'last decision', 'why', {n: 'held'}, {n: 'target'}, {n: 'close'}, 'bar ended', 'blind for'],
    (s.symbols || []).map(x => ({bad: (view.late || []).includes(x.symbol),
      cells: [x.symbol, x.outcome || 'none yet', x.why || x.reason || '', {n: x.held}, {n: x.target}, {n: x.close},
        time(x.barEnd), x.blind ? ago(x.blind, now) : '']})), 'none');
  $('money').textContent = 'now ' + s.money.equity + ': cash ' + s.money.cash + ' and shares ' + s.money.value +
    ', by this trader\'s own trading since its journal began' +
    ((s.money.unpriced || []).length ? '; no price for ' + s.money.unpriced.join(', ') : '');
}

function timeline(news) {
  events = events.concat(news).slice(-2000);
  table('timeline', [], events.slice(-200).reverse().map(e => ({bad: e.bad,
    cells: [new Date(e.at).toLocaleString([], {hour12: false}), e.kind, e.text]})), 'nothing yet');
  const end = Date.now(), begin = end - day, bar = $('bar');
  bar.replaceChildren();
  let from = begin, kind = '';
  const part = to => {
    if (to <= from) return;
    const span = document.createElement('span');
    span.style.width = 100 * (to - from) / day + '%';
    span.className = kind;
    bar.append(span);
    from = to;
  };
  for (const e of events) {
    let next = '';
    if (e.kind === 'session') next = e.bad ? 'bad' : e.text.includes('reconciled') ? 'good' : 'middling';
    else if (e.kind === 'life') next = e.text.includes('ended') ? 'none' : 'middling';
    if (!next) continue;
    part(Math.max(begin, +new Date(e.at)));
    kind = next;
  }
  part(end);
}

let plot = null;
async function equity() {
  try {
    const answer = await fetch('equity');
    const points = answer.ok ? await answer.json() : [];
    const data = [points.map(p => +new Date(p.at) / 1000), points.map(p => +p.equity)];
    if (latest && !(latest.snapshot.money.unpriced || []).length) { data[0].push(+new Date(latest.now) / 1000); data[1].push(+latest.snapshot.money.equity); }
    const box = $('equity');
    if (plot) return plot.setData(data);
    plot = new uPlot({width: box.clientWidth, height: 200, legend: {show: false}, cursor: {drag: {x: false, y: false}},
      series: [{}, {stroke: '#1f5fa8', width: 1.5, points: {show: data[0].length < 60}}], axes: [{}, {size: 70}]}, data, box);
  } catch (e) { $('equity').textContent = 'the chart could not be drawn: ' + e; }
}

const stream = new EventSource('events');
stream.addEventListener('status', e => { const first = !latest; show(JSON.parse(e.data)); if (first) equity(); });
stream.addEventListener('timeline', e => timeline(JSON.parse(e.data)));
stream.onopen = () => { events = []; };
stream.onerror = () => {
  document.querySelector('header').className = 'notready';
  $('headline').textContent = 'the trader does not answer';
  $('why').textContent = latest ? 'last heard at ' + time(latest.now) : '';
};
setInterval(equity, 60000);
window.addEventListener('resize', () => plot && plot.setSize({width: $('equity').clientWidth, height: 200}));
