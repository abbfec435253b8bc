// Sends the shop's recorded OTLP/JSON bodies as the shop would, with their times moved so that the newest span ends now.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One recorded request. @typedef {{ path: string, contentType: string, text: string }} Recording */

const times = /("\w*[tT]imeUnixNano"\s*:\s*)"?(\d{19})"?/g;

/** Posts every recording in `folder` to `address` ("host:port"). Times keep their distances. @param {string} address @param {string} folder */
export async function send(address, folder) {
  const bodies = recordings(folder);
  const ends = bodies.flatMap(({ text }) => [...text.matchAll(times)].map((match) => BigInt(match[2] ?? 0)));
  const shift = BigInt(Date.now()) * 1_000_000n - ends.reduce((a, b) => (a > b ? a : b), 0n);
  for (const { path, contentType, text } of bodies) {
    const body = text.replace(times, (_, key, time) => `${key}"${BigInt(time) + shift}"`);
    const response = await fetch(`http://${address}${path}`, { method: "POST", headers: { "content-type": contentType }, body });
    if (!response.ok) {
      throw new Error(`the receiver answered ${response.status} to ${path}: ${await response.text()}`);
    }
  }
}

/** @param {string} folder @returns {Recording[]} */
function recordings(folder) {
  const index = readFileSync(join(folder, "index.jsonl"), "utf8").trim().split("\n");
  return index.map((line) => JSON.parse(line)).filter((entry) => entry.bytes > 0).map((entry) => ({
    path: entry.path,
    contentType: entry.content_type,
    text: readFileSync(join(folder, entry.file), "utf8"),
  }));
}
