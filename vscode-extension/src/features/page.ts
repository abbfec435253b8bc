// The trace page in the browser: the server says its address.
import * as vscode from "vscode";
import { UserError, type Spanglass } from "../context";

export function activate(spanglass: Spanglass): void {
  spanglass.command("spanglass.openPage", async () => {
    const page = spanglass.state.kind === "running" ? spanglass.state.status?.page : undefined;
    if (!page) {
      throw new UserError("No trace page is served at the moment; doctor says why.");
    }
    await openPage(page);
  });
}

/** Opens an address of the server's own page; anything that is not loopback HTTP is refused. */
export async function openPage(address: string): Promise<void> {
  const uri = vscode.Uri.parse(address, true);
  const host = uri.authority.replace(/:\d+$/, "");
  if (uri.scheme !== "http" || !["127.0.0.1", "localhost", "[::1]"].includes(host)) {
    throw new UserError(`The server named a page that is not on this machine: ${address}`);
  }
  // Where the extension runs elsewhere (SSH, a container), this also opens a way to the port.
  await vscode.env.openExternal(await vscode.env.asExternalUri(uri));
}
