// The editor's settings, as the server wants them.
import * as vscode from "vscode";

/** The tree of spanglass.toml, with the keys that can be set in the editor. */
export interface ServerSettings {
  receiver?: { http: string };
  window?: string;
}

/** Where the settings stand. */
export const section = "spanglass";

/** The server's binary as the user names it; empty when the user leaves it to the extension. */
export function serverPath(): string {
  return vscode.workspace.getConfiguration(section).get<string>("server.path", "").trim();
}

/**
 * Only what somebody set: a default sent from here would outrank the workspace's spanglass.toml.
 * In an untrusted workspace VS Code leaves the workspace's own values of these settings out.
 */
export function serverSettings(): ServerSettings {
  const http = chosen("receiver.http");
  const window = chosen("window");
  return { ...(http && { receiver: { http } }), ...(window && { window }) };
}

/** The same, for a process that is told by its environment; a variable that is already there wins, as everywhere. */
export function serverEnvironment(): Record<string, string> {
  const { receiver } = serverSettings();
  const name = "SPANGLASS_RECEIVER__HTTP";
  return receiver && !process.env[name] ? { [name]: receiver.http } : {};
}

/** Calls `listener` when a setting of the server changed; `server.path` is asked about on its own. */
export function onChange(listener: (pathChanged: boolean) => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(section)) {
      listener(event.affectsConfiguration(`${section}.server.path`));
    }
  });
}

function chosen(key: string): string | undefined {
  const value = vscode.workspace.getConfiguration(section).inspect<string>(key);
  const set = value?.workspaceFolderValue ?? value?.workspaceValue ?? value?.globalValue;
  return set?.trim() ? set.trim() : undefined;
}
