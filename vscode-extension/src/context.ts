// The one stateful object: the server's run, what features need of it, and what happens when it is not there.
import * as vscode from "vscode";
import { ResponseError, type LanguageClient, type RequestType } from "vscode-languageclient/node";
import { createClient } from "./client";
import { onChange, serverPath, serverSettings } from "./config";
import { statusNotification, statusRequest, type Status } from "./protocol";
import { RestartPolicy } from "./restart";
import { findServer } from "./server";

/** Where the server stands. `missing` and `ended` carry one sentence for people. */
export type ServerState =
  | { kind: "starting" }
  | { kind: "running"; version: string; path: string; status: Status | undefined }
  | { kind: "missing"; problem: string }
  | { kind: "ended"; problem: string }
  | { kind: "stopped" };

/** An error whose message is one sentence for people. */
export class UserError extends Error {}

export class Spanglass {
  readonly log = vscode.window.createOutputChannel("Spanglass", { log: true });
  private readonly changed = new vscode.EventEmitter<ServerState>();
  readonly onDidChangeState = this.changed.event;
  private current: ServerState = { kind: "stopped" };
  private client: LanguageClient | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly restarts = new RestartPolicy();

  constructor(readonly extension: vscode.ExtensionContext) {
    this.own(this.log, this.changed);
    this.own(onChange((pathChanged) => void (pathChanged ? this.restart() : this.sendSettings())));
    this.own(vscode.workspace.onDidGrantWorkspaceTrust(() => void this.restart()));
    this.command("spanglass.restartServer", () => this.restart());
    this.command("spanglass.showLog", () => { this.log.show(); });
  }

  get state(): ServerState {
    return this.current;
  }

  /** Disposed with the extension. */
  own(...disposables: { dispose(): unknown }[]): void {
    this.extension.subscriptions.push(...disposables);
  }

  /** Registers a command whose failure is shown as one sentence; what is not a sentence for people goes to the log too. */
  command(name: string, run: (...args: never[]) => unknown): void {
    const guarded = async (...args: never[]): Promise<unknown> => {
      try {
        return await run(...args);
      } catch (error) {
        if (!(error instanceof UserError || error instanceof ResponseError)) {
          this.log.error(name, error);
        }
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
        return undefined;
      }
    };
    this.own(vscode.commands.registerCommand(name, guarded));
  }

  /** Asks the server. Throws one sentence when it is not running or refuses. */
  async request<P, R>(type: RequestType<P, R, void>, params: P): Promise<R> {
    return this.running().sendRequest(type.method, params);
  }

  /** Asks the server to run one of its own commands. */
  async execute<R>(command: string, ...args: unknown[]): Promise<R> {
    return this.running().sendRequest("workspace/executeCommand", { command, arguments: args });
  }

  /** The binary that is running or would run; throws one sentence when there is none. */
  async binary(): Promise<string> {
    if (this.current.kind === "running") {
      return this.current.path;
    }
    const found = await findServer(serverPath(), this.extension.extensionPath);
    if ("problem" in found) {
      throw new UserError(found.problem);
    }
    return found.path;
  }

  async start(): Promise<void> {
    this.set({ kind: "starting" });
    const found = await findServer(serverPath(), this.extension.extensionPath);
    if ("problem" in found) {
      this.set({ kind: "missing", problem: found.problem });
      void this.tell(found.problem, { "Open Settings": () => openSetting("spanglass.server.path") });
      return;
    }
    const client: LanguageClient = createClient(found.path, this.log, () => { this.crashed(client); });
    client.onNotification(statusNotification, (status) => { this.statusChanged(client, status); });
    this.client = client;
    try {
      await client.start();
      const version = client.initializeResult?.serverInfo?.version ?? "unknown";
      this.log.info(`running ${found.path}, version ${version}`);
      this.set({ kind: "running", version, path: found.path, status: undefined });
      this.statusChanged(client, await client.sendRequest(statusRequest));
    } catch (error) {
      this.log.error("the server did not start", error);
      this.crashed(client);
    }
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    const client = this.client;
    this.client = undefined;
    this.set({ kind: "stopped" });
    if (client) {
      await client.dispose().catch((error: unknown) => { this.log.warn("stopping the server", error); });
    }
  }

  private async restart(): Promise<void> {
    this.restarts.forget();
    await this.stop();
    await this.start();
  }

  private crashed(client: LanguageClient): void {
    if (client !== this.client) {
      return;
    }
    this.client = undefined;
    // Its connection is gone; what is left are its registrations in the editor.
    void client.dispose().catch(() => undefined);
    const delay = this.restarts.nextDelayMs(Date.now());
    if (delay !== undefined) {
      this.log.warn(`the server ended by itself; starting it again in ${delay} ms`);
      this.set({ kind: "starting" });
      this.timer = setTimeout(() => void this.start(), delay);
      return;
    }
    const problem = "The Spanglass server ended several times in a short while and stays off; its log says why.";
    this.set({ kind: "ended", problem });
    void this.tell(problem, { "Show Log": () => { this.log.show(); }, "Start Again": () => this.restart() });
  }

  private statusChanged(client: LanguageClient, status: Status): void {
    if (client === this.client && this.current.kind === "running") {
      this.set({ ...this.current, status });
    }
  }

  private async sendSettings(): Promise<void> {
    if (this.client?.isRunning()) {
      await this.client.sendNotification("workspace/didChangeConfiguration", { settings: { spanglass: serverSettings() } });
    }
  }

  private running(): LanguageClient {
    if (this.client && this.current.kind === "running") {
      return this.client;
    }
    const problem = "problem" in this.current ? this.current.problem : "The Spanglass server is not running yet.";
    throw new UserError(problem);
  }

  private async tell(problem: string, actions: Record<string, () => unknown>): Promise<void> {
    this.log.error(problem);
    const chosen = await vscode.window.showErrorMessage(problem, ...Object.keys(actions));
    if (chosen !== undefined) {
      await actions[chosen]?.();
    }
  }

  private set(state: ServerState): void {
    this.current = state;
    this.changed.fire(state);
  }
}

async function openSetting(key: string): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openSettings", key);
}
