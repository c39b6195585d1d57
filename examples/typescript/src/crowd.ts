/*
 * Many clients at once: each buys and sells without pause, with market orders that fill and limit
 * orders that it cancels, until standard input ends. Then each settles and prints, as a line of
 * JSON, what it was told: the test compares that with the Gateway's books.
 *
 *   IB_HOST=127.0.0.1 IB_PORT=41234 CROWD_FIRST_ID=300 CROWD_CLIENTS=30 node dist/crowd.js
 */
import {
  Contract,
  ErrorCode,
  EventName,
  Execution,
  IBApi,
  Order,
  OrderAction,
  OrderStatus,
  OrderType,
  SecType,
  TimeInForce,
} from "@stoqey/ib";

/** How long any answer may take in a crowd, in milliseconds. */
const STEP_TIMEOUT_MS = 60_000;
/** The pause between two orders, in milliseconds. */
const PAUSE_MS = 100;

const AAPL: Contract = { symbol: "AAPL", secType: SecType.STK, exchange: "SMART", currency: "USD" };

let stopping = false;
process.stdin.on("end", () => (stopping = true));
process.stdin.resume();

/** What a member has heard; changed wakes whoever waits for more. */
class Member {
  readonly executions = new Map<string, Execution>();
  readonly commissions = new Map<string, number>();
  readonly statuses = new Map<number, OrderStatus[]>();
  nextId = 0;
  failure?: Error;
  private changed: () => void = () => {};
  private readonly ib: IBApi;

  constructor(private readonly clientId: number) {
    this.ib = new IBApi({ host: process.env.IB_HOST, port: Number(process.env.IB_PORT) });
    const on = (change: () => void) => {
      change();
      this.changed();
    };
    this.ib.on(EventName.nextValidId, (id: number) => on(() => (this.nextId = id)));
    this.ib.on(EventName.orderStatus, (id: number, status: OrderStatus) =>
      on(() => this.statuses.set(id, [...(this.statuses.get(id) ?? []), status])),
    );
    this.ib.on(EventName.execDetails, (_: number, __: Contract, e: Execution) =>
      on(() => this.executions.set(e.execId as string, e)),
    );
    this.ib.on(EventName.commissionReport, (r) => on(() => this.commissions.set(r.execId as string, r.commission ?? 0)));
    this.ib.on(EventName.error, (error: Error, code: ErrorCode, id: number) => {
      if (id > 0 && Number(code) !== 202) {
        on(() => (this.failure = new Error(`error ${code} for ${id}: ${error.message}`)));
      }
    });
    this.ib.on(EventName.disconnected, () => on(() => (this.failure = new Error("the Gateway ended the connection"))));
  }

  private async await(what: string, is: () => boolean): Promise<void> {
    const deadline = Date.now() + STEP_TIMEOUT_MS;
    while (!is()) {
      if (this.failure !== undefined) {
        throw new Error(`client ${this.clientId}: ${what}: ${this.failure.message}`);
      }
      const left = deadline - Date.now();
      if (left <= 0) {
        throw new Error(`client ${this.clientId}: ${what} did not come in ${STEP_TIMEOUT_MS} ms`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  private heard(id: number, ...wanted: OrderStatus[]): boolean {
    return (this.statuses.get(id) ?? []).some((s) => wanted.includes(s));
  }

  /** Buys or sells at the market, or places a limit order that rests and is cancelled. */
  private async order(id: number, n: number): Promise<void> {
    const rests = n % 3 === 2;
    const order: Order = {
      action: (n + this.clientId) % 2 === 1 && !rests ? OrderAction.SELL : OrderAction.BUY,
      orderType: rests ? OrderType.LMT : OrderType.MKT,
      lmtPrice: rests ? 1 : undefined,
      totalQuantity: 1 + (n % 5),
      tif: TimeInForce.GTC,
      transmit: true,
    };
    this.ib.placeOrder(id, AAPL, order);
    if (rests) {
      await this.await("a resting order", () => this.heard(id, OrderStatus.Submitted));
      this.ib.cancelOrder(id);
    }
    await this.await(`the end of order ${id}`, () => this.heard(id, OrderStatus.Filled, OrderStatus.Cancelled));
  }

  /** The whole life of a member. */
  async trade(): Promise<void> {
    this.ib.connect(this.clientId);
    await this.await("the next order id", () => this.nextId > 0);
    let orders = 0;
    while (!stopping) {
      await this.order(this.nextId + orders, orders);
      orders++;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    await this.await("a commission", () => this.commissions.size >= this.executions.size);
    const report = { clientId: this.clientId, orders, executions: this.executions.size, bought: 0, sold: 0, commission: 0 };
    for (const [execId, e] of this.executions) {
      report.commission += this.commissions.get(execId) ?? 0;
      if (e.side === "BOT") {
        report.bought += e.shares ?? 0;
      } else {
        report.sold += e.shares ?? 0;
      }
    }
    console.log(JSON.stringify(report));
    this.ib.removeAllListeners(EventName.disconnected);
    this.ib.disconnect();
  }
}

async function main(): Promise<void> {
  const first = Number(process.env.CROWD_FIRST_ID);
  const members = Array.from({ length: Number(process.env.CROWD_CLIENTS) }, (_, i) => new Member(first + i));
  await Promise.all(members.map((m) => m.trade()));
}

main().then(
  () => process.exit(0),
  (reason: Error) => {
    console.error(reason.message);
    process.exit(1);
  },
);
