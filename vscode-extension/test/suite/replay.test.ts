// A replay from a lens, as a debug session: what the adapter and VS Code say to each other is listened to by a tracker.
import * as assert from "node:assert/strict";
import * as vscode from "vscode";
import { lensesOn, lineOf, open, sendShop, told, until } from "./support";

interface Frame {
  id: number;
  name: string;
  line: number;
  source?: { path?: string };
}

/** A debug session that somebody started, and its stops one by one. */
class Walk {
  private readonly stops: { reason: string; threadId: number }[] = [];
  private thread = 0;
  private readonly tracker = vscode.debug.registerDebugAdapterTrackerFactory("spanglass", {
    createDebugAdapterTracker: () => ({
      onDidSendMessage: ({ event, body }: { event?: string; body?: { reason: string; threadId: number } }) => {
        if (event === "stopped" && body) {
          this.stops.push(body);
        }
      },
    }),
  });
  private session: vscode.DebugSession | undefined;

  async start(target: unknown): Promise<void> {
    assert.equal(await vscode.commands.executeCommand("spanglass.replay", target), true);
    this.session = await until("debug session", () => vscode.debug.activeDebugSession);
  }

  /** Why it stopped. */
  async stopped(): Promise<string> {
    const { reason, threadId } = await until("stop", () => this.stops.shift());
    this.thread = threadId;
    // What the editor's own commands act on follows the stop a moment later.
    await until("focus on the thread that stopped", () => vscode.debug.activeStackItem?.threadId === threadId);
    return reason;
  }

  async ask<R>(request: string, body: object = {}): Promise<R> {
    return await this.session?.customRequest(request, body) as R;
  }

  /** The newest frame of the thread that stopped, and how many there are. */
  async top(): Promise<Frame & { depth: number }> {
    const { stackFrames } = await this.ask<{ stackFrames: Frame[] }>("stackTrace", { threadId: this.thread, startFrame: 0, levels: 100 });
    const [frame] = stackFrames;
    assert.ok(frame);
    return { ...frame, depth: stackFrames.length };
  }

  /** What stands in the scopes of a frame, as lines. */
  async values(frame: Frame): Promise<string> {
    const { scopes } = await this.ask<{ scopes: { variablesReference: number }[] }>("scopes", { frameId: frame.id });
    const all = await Promise.all(scopes.map(({ variablesReference }) => this.ask<{ variables: { name: string; value: string }[] }>("variables", { variablesReference })));
    return all.flatMap(({ variables }) => variables.map(({ name, value }) => `${name} = ${value}`)).join("\n");
  }

  async end(): Promise<void> {
    await vscode.debug.stopDebugging(this.session);
    await until("end of the session", () => vscode.debug.activeDebugSession === undefined);
    this.tracker.dispose();
  }
}

/** VS Code hands out the paths of a remote session as addresses. */
function pathOf({ source }: Frame): string {
  return vscode.Uri.parse(source?.path ?? "").path;
}

describe("replay", () => {
  let payments: vscode.TextDocument;
  /** What `▶ replay` on charge names: the call that failed last, on a card over its limit. */
  let declined: { traceId: string; spanId: string };

  before(async () => {
    await sendShop();
    payments = await open("python/checkout/payments.py");
    const lens = (await lensesOn(payments, "def charge")).find((each) => each.command?.title === "▶ replay");
    assert.equal(lens?.command?.command, "spanglass.replay");
    declined = lens.command.arguments?.[0] as typeof declined;
  });

  afterEach(async () => {
    await vscode.debug.stopDebugging();
    await until("end of the session", () => vscode.debug.activeDebugSession === undefined);
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
  });

  it("▶ replay stops on entry, steps, steps back", async () => {
    const walk = new Walk();
    await walk.start(declined);
    assert.equal(await walk.stopped(), "entry");
    const entry = await walk.top();
    await vscode.commands.executeCommand("workbench.action.debug.stepOver");
    assert.equal(await walk.stopped(), "step");
    const stepped = await walk.top();
    assert.notDeepEqual([stepped.name, stepped.line, stepped.depth], [entry.name, entry.line, entry.depth]);
    await vscode.commands.executeCommand("workbench.action.debug.stepBack");
    await walk.stopped();
    const back = await walk.top();
    assert.deepEqual([back.name, back.line, back.depth], [entry.name, entry.line, entry.depth]);
    await walk.end();
  });

  it("runs to the exception, with its stack and values, and back to the start", async () => {
    const walk = new Walk();
    await walk.start(declined);
    await walk.stopped();
    const entry = await walk.top();
    await vscode.commands.executeCommand("workbench.action.debug.continue");
    assert.equal(await walk.stopped(), "exception");
    const frame = await walk.top();
    assert.equal(pathOf(frame), payments.uri.fsPath);
    assert.equal(frame.line, lineOf(payments, "raise PaymentDeclined") + 1);
    assert.ok(frame.depth >= 3, `${frame.depth} frames`);
    assert.match(await walk.values(frame), /status = error: PaymentDeclined: card ending in 0341/);
    await vscode.commands.executeCommand("workbench.action.debug.reverseContinue");
    await walk.stopped();
    assert.ok((await walk.top()).depth <= entry.depth);
    await walk.end();
  });

  it("a breakpoint in the editor is hit", async () => {
    const line = lineOf(payments, "def charge");
    const breakpoint = new vscode.SourceBreakpoint(new vscode.Location(payments.uri, new vscode.Position(line, 0)));
    vscode.debug.addBreakpoints([breakpoint]);
    const walk = new Walk();
    await walk.start({ traceId: declined.traceId });
    let reason = await walk.stopped();
    if (reason === "entry") {
      await vscode.commands.executeCommand("workbench.action.debug.continue");
      reason = await walk.stopped();
    }
    assert.equal(reason, "breakpoint");
    const frame = await walk.top();
    assert.equal(pathOf(frame), payments.uri.fsPath);
    await walk.end();
  });

  it("a trace that is not there leaves no session behind", async () => {
    await told(() => vscode.commands.executeCommand("spanglass.replay", { traceId: "f".repeat(32) }));
    await until("end of the session", () => vscode.debug.activeDebugSession === undefined);
  });
});
