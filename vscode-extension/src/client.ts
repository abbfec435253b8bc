// One language client for one run of the server.
import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn } from "vscode-languageclient/node";
import { section, serverEnvironment, serverSettings } from "./config";
import { documentSelector } from "./languages";
import { clientCommands, openTraceCommand } from "./protocol";

/** A client for the binary at `path`; `onCrash` is called when the connection ends though nobody stopped it. */
export function createClient(path: string, log: vscode.LogOutputChannel, onCrash: () => void): LanguageClient {
  const cwd = vscode.workspace.workspaceFolders?.find((folder) => folder.uri.scheme === "file")?.uri.fsPath;
  const options = { env: { ...process.env, ...serverEnvironment() }, ...(cwd !== undefined && { cwd }) };
  return new LanguageClient("spanglass", "Spanglass", { command: path, args: ["lsp"], options }, {
    documentSelector,
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: () => ({
      clientCommands,
      settings: serverSettings(),
      trusted: vscode.workspace.isTrusted,
    }),
    // A failed start is told once, by whoever called `start`.
    initializationFailedHandler: () => false,
    middleware: {
      // A lens names the server's command, which opens the browser; here a trace opens beside the code.
      executeCommand: (command, args, next): unknown => {
        const traceId = command === openTraceCommand ? (args as [{ traceId?: string }?])[0]?.traceId : undefined;
        return traceId === undefined ? next(command, args) : vscode.commands.executeCommand("spanglass.openTracePanel", traceId);
      },
      // Left to itself the client answers with the whole section: defaults, which would outrank spanglass.toml, and
      // keys of the extension's own. It also sends that section by itself; changes are told by whoever listens to them.
      workspace: {
        configuration: (params) => params.items.map((item) => (item.section === section ? serverSettings() : null)),
        didChangeConfiguration: () => Promise.resolve(),
      },
    },
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        onCrash();
        return { action: CloseAction.DoNotRestart, handled: true, message: "The server ended." };
      },
    },
  });
}
