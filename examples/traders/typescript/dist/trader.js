"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
/*
 * An ordinary trader on @stoqey/ib: it asks for a day of bars, buys a share when the last price is
 * above their mean, at most once a run, and does that once or every interval until SIGTERM. A lost
 * session is made anew after a pause.
 *
 *   node dist/trader.js --host 127.0.0.1 --port 4002 --client-id 7 --once
 */
const node_util_1 = require("node:util");
const ib_1 = require("@stoqey/ib");
/** How long an answer may take, and the pause before a new session, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;
const RECONNECT_AFTER_MS = 2_000;
const AAPL = { symbol: "AAPL", secType: ib_1.SecType.STK, exchange: "SMART", currency: "USD" };
const { values: flags } = (0, node_util_1.parseArgs)({
    options: {
        host: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "4002" },
        "client-id": { type: "string", default: "7" },
        interval: { type: "string", default: "30s" },
        once: { type: "boolean", default: false },
    },
});
/** 30s, 1m30s or 500ms, in milliseconds. */
function milliseconds(text) {
    const units = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1, "µs": 0.001 };
    let sum = 0;
    for (const [, n, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|µs)/g)) {
        sum += Number(n) * units[unit];
    }
    return sum;
}
const INTERVAL_MS = milliseconds(flags.interval);
let stopping = false;
let ordered = false;
let requests = 0;
/** Ends whatever is being awaited when the trader is to stop. */
let wake = () => { };
process.on("SIGTERM", () => {
    stopping = true;
    wake();
});
function pause(ms) {
    return new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
            clearTimeout(timer);
            resolve();
        };
    });
}
/** A session, from its connection to its loss. */
class Session {
    ib = new ib_1.IBApi({ host: flags.host, port: Number(flags.port) });
    fail = () => { };
    lost = false;
    constructor() {
        this.ib.on(ib_1.EventName.error, (error, code, id) => {
            console.error(`error ${code} for ${id}: ${error.message}`);
            if (id > 0) {
                this.fail(error);
            }
        });
        this.ib.on(ib_1.EventName.disconnected, () => {
            this.lost = true;
            this.fail(new Error("the connection was lost"));
            wake();
        });
    }
    /** Starts something and waits for what it calls done with. */
    answer(start) {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error(`no answer in ${ANSWER_TIMEOUT_MS} ms`)), ANSWER_TIMEOUT_MS);
            this.fail = (reason) => {
                clearTimeout(timer);
                reject(reason);
            };
            start((value) => {
                clearTimeout(timer);
                resolve(value);
            });
        });
    }
    connect() {
        return this.answer((done) => {
            this.ib.once(ib_1.EventName.nextValidId, done);
            this.ib.connect(Number(flags["client-id"]));
        });
    }
    async closes() {
        const closes = [];
        const id = ++requests;
        const take = (reqId, time, _open, _high, _low, close) => {
            if (reqId === id && !time.startsWith("finished")) {
                closes.push(close);
            }
        };
        this.ib.on(ib_1.EventName.historicalData, take);
        try {
            await this.answer((done) => {
                this.ib.on(ib_1.EventName.historicalData, (reqId, time) => {
                    if (reqId === id && time.startsWith("finished")) {
                        done();
                    }
                });
                this.ib.reqHistoricalData(id, AAPL, "", "1 D", ib_1.BarSizeSetting.MINUTES_ONE, ib_1.WhatToShow.TRADES, 1, 1, false);
            });
        }
        finally {
            this.ib.removeAllListeners(ib_1.EventName.historicalData);
        }
        return closes;
    }
    buy(id) {
        return this.answer((done) => {
            this.ib.once(ib_1.EventName.orderStatus, (_, status) => done(status));
            this.ib.placeOrder(id, AAPL, {
                action: ib_1.OrderAction.BUY,
                orderType: ib_1.OrderType.MKT,
                totalQuantity: 1,
                tif: ib_1.TimeInForce.DAY,
                orderRef: `typescript-${Date.now()}`,
                transmit: true,
            });
        });
    }
    close() {
        this.ib.disconnect();
    }
}
async function trade(session) {
    const orderId = await session.connect();
    while (!stopping && !session.lost) {
        const closes = await session.closes();
        const last = closes[closes.length - 1];
        const mean = closes.reduce((sum, close) => sum + close, 0) / closes.length;
        console.error(`${closes.length} bars, last ${last}, mean ${mean.toFixed(2)}`);
        if (last > mean && !ordered) {
            ordered = true;
            console.error(`order: ${await session.buy(orderId)}`);
        }
        if (flags.once) {
            return;
        }
        await pause(INTERVAL_MS);
    }
}
async function main() {
    while (!stopping) {
        const session = new Session();
        try {
            await trade(session);
            if (flags.once) {
                return 0;
            }
        }
        catch (reason) {
            console.error(reason.message);
            if (flags.once) {
                return 1;
            }
        }
        finally {
            session.close();
        }
        if (!stopping) {
            await pause(RECONNECT_AFTER_MS);
        }
    }
    return 0;
}
main().then((code) => process.exit(code));
