// Replay: the debug type `spanglass`, whose adapter is the same binary, and the command that lenses carry.
import * as vscode from "vscode";
import { serverEnvironment } from "../config";
import type { Spanglass } from "../context";
import type { FunctionTarget, TraceSummary } from "../protocol";
import { pickTrace } from "./traces";

/** What a lens, the picker or the trace panel name; `name` and `function` are only for the session's title. */
type Target = { traceId: string; spanId?: string } & Partial<Pick<TraceSummary, "name">> & Partial<FunctionTarget>;

export const debugType = "spanglass";

export function activate(spanglass: Spanglass): void {
  spanglass.own(
    vscode.debug.registerDebugConfigurationProvider(debugType, {
      resolveDebugConfiguration: (folder, config) => resolve(spanglass, folder, config),
    }),
    vscode.debug.registerDebugAdapterDescriptorFactory(debugType, {
      createDebugAdapterDescriptor: (session) => adapter(spanglass, session),
    }),
  );
  spanglass.command("spanglass.replay", async (target?: Target) => {
    const chosen = target?.traceId ? target : await pickTrace(spanglass, "Replay a trace");
    return chosen ? start(chosen) : false;
  });
}

async function start(target: Target): Promise<boolean> {
  const own = target.uri === undefined ? undefined : vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(target.uri, true));
  const folder = own ?? firstFolder();
  const started = await vscode.debug.startDebugging(folder, {
    type: debugType,
    request: "launch",
    name: `Replay ${target.function ?? target.name ?? target.traceId.slice(0, 8)}`,
    traceId: target.traceId,
    ...(target.spanId !== undefined && { spanId: target.spanId }),
  });
  if (started) {
    // The stack and the values are the point of a replay, and VS Code does not always show them by itself.
    await vscode.commands.executeCommand("workbench.view.debug");
    await vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup");
  }
  return started;
}

/** F5 without a launch.json asks which trace; everything else gets the folder that its paths are relative to. */
async function resolve(
  spanglass: Spanglass, folder: vscode.WorkspaceFolder | undefined, config: vscode.DebugConfiguration,
): Promise<vscode.DebugConfiguration | undefined> {
  const workspace = (folder ?? firstFolder())?.uri.fsPath;
  const withFolder = { ...(workspace !== undefined && { workspace }), ...config };
  if (config.type) {
    return withFolder;
  }
  const trace = await pickTrace(spanglass, "Replay a trace");
  if (!trace) {
    return undefined;
  }
  const { traceId, spanId } = trace;
  return { ...withFolder, type: debugType, request: "launch", name: `Replay ${trace.name}`, traceId, spanId };
}

async function adapter(spanglass: Spanglass, session: vscode.DebugSession): Promise<vscode.DebugAdapterDescriptor> {
  const cwd = (session.workspaceFolder ?? firstFolder())?.uri.fsPath;
  const options = { env: serverEnvironment(), ...(cwd !== undefined && { cwd }) };
  return new vscode.DebugAdapterExecutable(await spanglass.binary(), ["dap"], options);
}

function firstFolder(): vscode.WorkspaceFolder | undefined {
  return vscode.workspace.workspaceFolders?.[0];
}
