/*
 * A TWS API client that does one of everything: accounts, positions, a contract's details,
 * historical bars, a market order, its fill and its commission. It prints a line for each and
 * exits 0, or says on stderr which step failed and exits 1.
 *
 *   IB_HOST=127.0.0.1 IB_PORT=41234 IB_CLIENT_ID=7 npm start
 *
 * Nothing in it knows that the Gateway may be a fake.
 */
import {
  BarSizeSetting,
  Contract,
  ErrorCode,
  EventName,
  Execution,
  IBApi,
  OrderAction,
  OrderStatus,
  OrderType,
  SecType,
  TimeInForce,
  WhatToShow,
} from "@stoqey/ib";

/** How long each step may take, in milliseconds. */
const STEP_TIMEOUT_MS = 5_000;

const AAPL: Contract = { symbol: "AAPL", secType: SecType.STK, exchange: "SMART", currency: "USD" };

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`read ${name}: not set; want the Gateway's address in IB_HOST and IB_PORT`);
  }
  return value;
}

const ib = new IBApi({
  host: environment("IB_HOST"),
  port: Number(environment("IB_PORT")),
});

/** The request of the running step; an error for it, or for the connection, fails the step. */
let failStep: (reason: Error) => void = () => {};

ib.on(EventName.error, (error: Error, code: ErrorCode, reqId: number) => {
  const isNotice = reqId === ErrorCode.NO_VALID_ID && Number(code) >= 2100 && Number(code) < 2200;
  if (!isNotice) {
    failStep(new Error(`error ${code} for request ${reqId}: ${error.message}`));
  }
});

const ended = () => failStep(new Error("the Gateway ended the connection"));
ib.on(EventName.disconnected, ended);

/**
 * Runs one step: start sends the request, with its listeners on, and calls done with the answer.
 * A step ends by its answer, an error or its timeout; its listeners go with it.
 */
async function step<T>(name: string, start: (done: (answer: T) => void, on: typeof ib.on) => void): Promise<T> {
  const listeners: Array<[EventName, (...args: unknown[]) => void]> = [];
  const on = ((event: EventName, listener: (...args: unknown[]) => void) => {
    listeners.push([event, listener]);
    return ib.on(event as never, listener as never);
  }) as typeof ib.on;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      failStep = reject;
      timer = setTimeout(() => reject(new Error(`no answer in ${STEP_TIMEOUT_MS} ms`)), STEP_TIMEOUT_MS);
      start(resolve, on);
    });
  } catch (reason) {
    throw new Error(`${name}: ${(reason as Error).message}`);
  } finally {
    clearTimeout(timer);
    failStep = () => {};
    for (const [event, listener] of listeners) {
      ib.off(event as never, listener as never);
    }
  }
}

interface Greeting {
  accounts: string;
  orderId: number;
}

function connect(): Promise<Greeting> {
  return step("connect", (done, on) => {
    let accounts: string | undefined;
    let orderId: number | undefined;
    const check = () => {
      if (accounts !== undefined && orderId !== undefined) {
        done({ accounts, orderId });
      }
    };
    on(EventName.managedAccounts, (list: string) => {
      accounts = list;
      check();
    });
    on(EventName.nextValidId, (id: number) => {
      orderId = id;
      check();
    });
    ib.connect(Number(process.env.IB_CLIENT_ID ?? "1"));
  });
}

function positions(): Promise<number> {
  return step("positions", (done, on) => {
    let count = 0;
    on(EventName.position, () => count++);
    on(EventName.positionEnd, () => done(count));
    ib.reqPositions();
  });
}

function contractId(): Promise<number> {
  return step("contract details", (done, on) => {
    let conId: number | undefined;
    on(EventName.contractDetails, (_reqId, details) => {
      conId = details.contract.conId;
    });
    on(EventName.contractDetailsEnd, () => done(conId ?? 0));
    ib.reqContractDetails(101, AAPL);
  });
}

interface Bars {
  count: number;
  lastClose: number;
}

function bars(): Promise<Bars> {
  return step("historical bars", (done, on) => {
    const got: Bars = { count: 0, lastClose: 0 };
    on(EventName.historicalData, (_reqId, time, _open, _high, _low, close) => {
      // The library has no event for the end: it marks it by a bar whose time says so.
      if (time.startsWith("finished")) {
        done(got);
        return;
      }
      got.count++;
      got.lastClose = close;
    });
    ib.reqHistoricalData(102, AAPL, "", "1 D", BarSizeSetting.MINUTES_ONE, WhatToShow.TRADES, true, 1, false);
  });
}

interface Fill {
  shares: number;
  executions: number;
  commission: number;
}

const SHARES = 3;

/**
 * Buys at market. The shares may come in several executions; the order is done when its status,
 * executions of all shares and a commission for each have arrived, in whatever order.
 */
function marketOrder(orderId: number): Promise<Fill> {
  return step("market order", (done, on) => {
    let filled = false;
    const executions = new Map<string, Execution>();
    const commissions = new Map<string, number>();
    const check = () => {
      const paid = [...executions.keys()].filter((id) => commissions.has(id));
      const shares = paid.reduce((sum, id) => sum + (executions.get(id)?.shares ?? 0), 0);
      if (filled && shares === SHARES) {
        const commission = paid.reduce((sum, id) => sum + (commissions.get(id) ?? 0), 0);
        done({ shares, executions: executions.size, commission });
      }
    };
    on(EventName.execDetails, (_reqId, _contract, details) => {
      if (details.orderId === orderId && details.execId !== undefined) {
        executions.set(details.execId, details);
        check();
      }
    });
    on(EventName.orderStatus, (id, status) => {
      filled = filled || (id === orderId && status === OrderStatus.Filled);
      check();
    });
    on(EventName.commissionReport, (report) => {
      if (report.execId !== undefined && report.commission !== undefined) {
        commissions.set(report.execId, report.commission);
        check();
      }
    });
    ib.placeOrder(orderId, AAPL, {
      orderId,
      action: OrderAction.BUY,
      orderType: OrderType.MKT,
      totalQuantity: SHARES,
      tif: TimeInForce.DAY,
      orderRef: "typescript-example",
      transmit: true,
    });
  });
}

function disconnect(): Promise<void> {
  ib.off(EventName.disconnected, ended); // from here on it is what we ask for
  return step("disconnect", (done, on) => {
    on(EventName.disconnected, () => done());
    ib.disconnect();
  });
}

async function main(): Promise<void> {
  const { accounts, orderId } = await connect();
  console.log(`connected serverVersion=${ib.serverVersion} accounts=${accounts} nextValidId=${orderId}`);
  console.log(`positions count=${await positions()}`);
  console.log(`contract AAPL conId=${await contractId()}`);
  const history = await bars();
  console.log(`bars count=${history.count} lastClose=${history.lastClose}`);
  const fill = await marketOrder(orderId);
  console.log(`filled orderId=${orderId} shares=${fill.shares} executions=${fill.executions}`);
  console.log(`commission ${fill.commission.toFixed(4)}`);
  await disconnect();
  console.log("disconnected");
}

main().then(
  () => process.exit(0),
  (reason: Error) => {
    console.error(reason.message);
    process.exit(1);
  },
);
