/*
 * A test of a client against a Gateway that loses the acknowledgement of an order. The order is
 * filled all the same, and the books say so: a client that sends it again buys twice.
 *
 *   FAKEGATEWAY=/path/to/fakegateway node --test dist/fault.test.js
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Contract, EventName, IBApi, OrderAction, OrderType, SecType, TimeInForce } from "@stoqey/ib";

import { FakeGateway } from "./fakegateway";

const AAPL: Contract = { symbol: "AAPL", secType: SecType.STK, exchange: "SMART", currency: "USD" };

test("an order whose acknowledgement is lost is in the books once", { timeout: 20_000 }, async (t) => {
  const gateway = await FakeGateway.start("--seed", "1");
  t.after(() => gateway.stop());
  await gateway.schedule({
    faults: [
      {
        id: "lost-ack",
        why: "the connection breaks between the order and its first report",
        when: { outbound: "openOrder", nth: 1 },
        what: { do: "rst" },
      },
    ],
  });

  const ib = new IBApi({ host: gateway.host, port: gateway.port });
  t.after(() => ib.disconnect());
  ib.on(EventName.error, () => {}); // the reset comes here, and must not end the test
  const ready = new Promise<number>((resolve) => ib.once(EventName.nextValidId, resolve));
  ib.connect(7);
  const orderId = await ready;
  const lost = new Promise<void>((resolve) => ib.once(EventName.disconnected, resolve));
  ib.placeOrder(orderId, AAPL, {
    action: OrderAction.BUY,
    orderType: OrderType.MKT,
    totalQuantity: 3,
    tif: TimeInForce.DAY,
    orderRef: "intent-1",
    transmit: true,
  });
  await lost;

  const books = await gateway.books();
  assert.equal(books.orders.length, 1);
  assert.equal(books.orders[0].status, "Filled", "the client never heard of it, and it is true all the same");
  assert.equal(books.orders[0].orderRef, "intent-1");
  assert.deepEqual(
    books.positions.map((p) => [p.symbol, p.quantity]),
    [["AAPL", 3]],
  );
  const [connection] = await gateway.connections();
  assert.equal(connection.clientId, 7);
  assert.equal(connection.messagesIn?.placeOrder, 1);
  assert.equal(connection.messagesOut?.openOrder, undefined);
  const [receipt] = await gateway.receipts();
  assert.equal(receipt.wire, "RST");
  assert.equal(receipt.mismatch, undefined);
});
