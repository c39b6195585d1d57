/*
 * An ordinary trader on @stoqey/ib: it asks for a day of bars, buys a share when the last price is
 * below their mean, at most once a run, and does that once or every interval until SIGTERM. A lost
 * session is made anew after a pause.
 *
 *   node dist/trader.js --host 127.0.0.1 --port 4002 --client-id 7 --once
 */
import { parseArgs } from "node:util";

import {
  BarSizeSetting,
  Contract,
  EventName,
  IBApi,
  OrderAction,
  OrderStatus,
  OrderType,
  SecType,
  TimeInForce,
  WhatToShow,
} from "@stoqey/ib";

/** How long an answer may take, and the pause before a new session, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;
const RECONNECT_AFTER_MS = 2_000;

const AAPL: Contract = { symbol: "AAPL", secType: SecType.STK, exchange: "SMART", currency: "USD" };

const { values: flags } = parseArgs({
  options: {
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "4002" },
    "client-id": { type: "string", default: "7" },
    interval: { type: "string", default: "30s" },
    once: { type: "boolean", default: false },
  },
});

/** 30s, 1m30s or 500ms, in milliseconds. */
function milliseconds(text: string): number {
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1, "µs": 0.001 };
  let sum = 0;
  for (const [, n, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|µs)/g)) {
    sum += Number(n) * units[unit];
  }
  return sum;
}

const INTERVAL_MS = milliseconds(flags.interval as string);

let stopping = false;
let ordered = false;
let requests = 0;
/** Ends whatever is being awaited when the trader is to stop. */
let wake: () => void = () => {};
process.on("SIGTERM", () => {
  stopping = true;
  wake();
});

function pause(ms: number): Promise<void> {
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
  private readonly ib = new IBApi({ host: flags.host, port: Number(flags.port) });
  private fail: (reason: Error) => void = () => {};
  lost = false;

  constructor() {
    this.ib.on(EventName.error, (error: Error, code: number, id: number) => {
      console.error(`error ${code} for ${id}: ${error.message}`);
      if (id > 0) {
        this.fail(error);
      }
    });
    this.ib.on(EventName.disconnected, () => {
      this.lost = true;
      this.fail(new Error("the connection was lost"));
      wake();
    });
  }

  /** Starts something and waits for what it calls done with. */
  private answer<T>(start: (done: (value: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
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

  connect(): Promise<number> {
    return this.answer((done) => {
      this.ib.once(EventName.nextValidId, done);
      this.ib.connect(Number(flags["client-id"]));
    });
  }

  async closes(): Promise<number[]> {
    const closes: number[] = [];
    const id = ++requests;
    const take = (reqId: number, time: string, _open: number, _high: number, _low: number, close: number) => {
      if (reqId === id && !time.startsWith("finished")) {
        closes.push(close);
      }
    };
    this.ib.on(EventName.historicalData, take);
    try {
      await this.answer<void>((done) => {
        this.ib.on(EventName.historicalData, (reqId: number, time: string) => {
          if (reqId === id && time.startsWith("finished")) {
            done();
          }
        });
        this.ib.reqHistoricalData(id, AAPL, "", "1 D", BarSizeSetting.MINUTES_ONE, WhatToShow.TRADES, 1, 1, false);
      });
    } finally {
      this.ib.removeAllListeners(EventName.historicalData);
    }
    return closes;
  }

  buy(id: number): Promise<OrderStatus> {
    return this.answer((done) => {
      this.ib.once(EventName.orderStatus, (_: number, status: OrderStatus) => done(status));
      this.ib.placeOrder(id, AAPL, {
        action: OrderAction.BUY,
        orderType: OrderType.MKT,
        totalQuantity: 1,
        tif: TimeInForce.DAY,
        orderRef: `typescript-${Date.now()}`,
        transmit: true,
      });
    });
  }

  close(): void {
    this.ib.disconnect();
  }
}

async function trade(session: Session): Promise<void> {
  const orderId = await session.connect();
  while (!stopping && !session.lost) {
    const closes = await session.closes();
    const last = closes[closes.length - 1];
    const mean = closes.reduce((sum, close) => sum + close, 0) / closes.length;
    console.error(`${closes.length} bars, last ${last}, mean ${mean.toFixed(2)}`);
    if (last < mean && !ordered) {
      ordered = true;
      console.error(`order: ${await session.buy(orderId)}`);
    }
    if (flags.once) {
      return;
    }
    await pause(INTERVAL_MS);
  }
}

async function main(): Promise<number> {
  while (!stopping) {
    const session = new Session();
    try {
      await trade(session);
      if (flags.once) {
        return 0;
      }
    } catch (reason) {
      console.error((reason as Error).message);
      if (flags.once) {
        return 1;
      }
    } finally {
      session.close();
    }
    if (!stopping) {
      await pause(RECONNECT_AFTER_MS);
    }
  }
  return 0;
}

main().then((code) => process.exit(code));
