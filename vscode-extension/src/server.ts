// Finds the server's binary: the one the user names, the one packaged with the extension, the one in PATH.
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";

/** A binary that can be run, or one sentence that says what to do. */
export type Found = { path: string } | { problem: string };

const name = process.platform === "win32" ? "spanglass.exe" : "spanglass";

export async function findServer(setting: string, extensionPath: string): Promise<Found> {
  if (setting) {
    const path = setting.replace(/^~(?=[\\/])/, homedir());
    if (isAbsolute(path)) {
      return (await isProgram(path)) ? { path } : { problem: `There is no program at "${path}", which the setting spanglass.server.path names.` };
    }
    return { problem: `The setting spanglass.server.path must be an absolute path; it is "${setting}".` };
  }
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  for (const path of [join(extensionPath, "server", name), ...folders.map((folder) => join(folder, name))]) {
    if (await isProgram(path)) {
      return { path };
    }
  }
  return { problem: `The program "${name}" is neither packaged with this extension nor in PATH: install it, or name it in the setting spanglass.server.path.` };
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
