// A replay from a lens, as a debug session: what the adapter and VS Code say to each other is listened to by a tracker.
import * as assert from "node:assert/strict";
import * as vscode from "vscode";
import { lensesOn, lineOf, open, picked, sendShop, told, until } from "./support";

interface Frame {
  id: number;
  name: string;
  line: number;
  source?: { path?: string };
}

/** A debug session that somebody started, and its stops one by one. */
class Walk {
  private readonly stops: string[] = [];
  private readonly tracker = vscode.debug.registerDebugAdapterTrackerFactory("spanglass", {
    createDebugAdapterTracker: () => ({
      onDidSendMessage: ({ event, body }: { event?: string; body?: { reason?: string } }) => {
        if (event === "stopped") {
          this.stops.push(body?.reason ?? "");
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
  stopped(): Promise<string> {
    return until("stop", () => this.stops.shift());
  }

  async ask<R>(request: string, body: object = {}): Promise<R> {
    return await this.session?.customRequest(request, body) as R;
  }

  /** The newest frame, and how many there are. */
  async top(): Promise<Frame & { depth: number }> {
    const { threads } = await this.ask<{ threads: { id: number }[] }>("threads");
    const { stackFrames } = await this.ask<{ stackFrames: Frame[] }>("stackTrace", { threadId: threads[0]?.id, startFrame: 0, levels: 100 });
    const [frame] = stackFrames;
    assert.ok(frame);
    return { ...frame, depth: stackFrames.length };
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
  /** Ran into a card over its limit; chosen as a user would, from the list behind a lens. */
  let declined: { traceId: string };

  before(async () => {
    await sendShop();
    payments = await open("python/checkout/payments.py");
    const [, , traces] = await lensesOn(payments, "def charge");
    const target: unknown = traces?.command?.arguments?.[0];
    const { items } = await picked(() => vscode.commands.executeCommand("spanglass.showTraces", target));
    declined = (items.find(({ label }) => label.startsWith("$(error)")) as unknown as { trace: { traceId: string } }).trace;
  });

  it("▶ replay stops on entry, steps, steps back", async () => {
    const lens = (await lensesOn(payments, "def charge")).find((each) => each.command?.title === "▶ replay");
    assert.equal(lens?.command?.command, "spanglass.replay");
    const walk = new Walk();
    await walk.start(lens.command.arguments?.[0]);
    assert.equal(await walk.stopped(), "entry");
    const entry = await walk.top();
    await vscode.commands.executeCommand("workbench.action.debug.stepInto");
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
    const { scopes } = await walk.ask<{ scopes: { variablesReference: number }[] }>("scopes", { frameId: frame.id });
    const { variables } = await walk.ask<{ variables: { name: string }[] }>("variables", { variablesReference: scopes[0]?.variablesReference });
    assert.ok(variables.length > 0);
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
    await walk.start(declined);
    let reason = await walk.stopped();
    if (reason === "entry") {
      await vscode.commands.executeCommand("workbench.action.debug.continue");
      reason = await walk.stopped();
    }
    assert.equal(reason, "breakpoint");
    const frame = await walk.top();
    assert.equal(pathOf(frame), payments.uri.fsPath);
    await walk.end();
    vscode.debug.removeBreakpoints([breakpoint]);
  });

  it("a trace that is not there leaves no session behind", async () => {
    await told(() => vscode.commands.executeCommand("spanglass.replay", { traceId: "f".repeat(32) }));
    await until("end of the session", () => vscode.debug.activeDebugSession === undefined);
  });
});
