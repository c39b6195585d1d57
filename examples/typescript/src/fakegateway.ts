/*
 * A fake IB Gateway for a test in JavaScript or TypeScript: the program fakegateway as a child
 * process, and its control port over HTTP. Copy this file; it needs nothing but Node.
 */
import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** What GET /connections says of one accepted socket; the fields that tests mostly ask for. */
export interface Connection {
  id: number;
  clientId?: number;
  serverVersion?: number;
  messagesIn?: Record<string, number>;
  messagesOut?: Record<string, number>;
  closed?: string;
  closedFirst?: "client" | "gateway";
  faults?: string[];
  end?: string;
}

/** What GET /books says: the truth, whatever the client was told. */
export interface Books {
  orders: { permId: number; clientId: number; orderId: number; orderRef?: string; status: string; filled: number }[];
  executions: { execId: string; orderId: number; clientId: number; shares: number; price: string }[];
  positions: { account: string; symbol: string; quantity: number }[];
}

export class FakeGateway {
  private constructor(
    private readonly child: ChildProcess,
    readonly host: string,
    readonly port: number,
    private readonly control: string,
  ) {}

  /** Starts a Gateway on a free port. FAKEGATEWAY names the program; by default it is on the PATH. */
  static async start(...flags: string[]): Promise<FakeGateway> {
    const program = process.env.FAKEGATEWAY ?? "fakegateway";
    const child = spawn(program, ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", ...flags], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const failed = once(child, "error").then(([e]) => Promise.reject(e));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [line] = (await Promise.race([once(lines, "line"), failed])) as [string];
    const said = /^listening gateway=(.+):(\d+) control=(.+)$/.exec(line);
    if (said === null) {
      throw new Error(`start ${program}: it said ${JSON.stringify(line)}, not where it listens`);
    }
    return new FakeGateway(child, said[1], Number(said[2]), `http://${said[3]}`);
  }

  /** Ends it with SIGTERM and waits. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill("SIGTERM");
      await once(this.child, "exit");
    }
  }

  /** Replaces the fault schedule: docs/schedules.md has its language. */
  async schedule(schedule: object): Promise<void> {
    await this.ask("PUT", "/schedule", schedule);
  }

  async books(): Promise<Books> {
    return (await this.ask("GET", "/books")) as Books;
  }

  async connections(): Promise<Connection[]> {
    return (await this.ask("GET", "/connections")) as Connection[];
  }

  /** What each fault really did on the wire. */
  async receipts(): Promise<{ fault: string; wire: string; connection: number; mismatch?: string }[]> {
    return (await this.ask("GET", "/receipts")) as { fault: string; wire: string; connection: number }[];
  }

  private async ask(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(this.control + path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = (await response.json()) as { detail?: string };
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${answer.detail}`);
    }
    return answer;
  }
}
