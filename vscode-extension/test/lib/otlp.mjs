// Sends the shop's recorded OTLP/JSON bodies as the shop would, with their times moved so that the newest span ends now
// and with trace ids of their own: the same day sent twice is two days, not one with every span in it twice.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One recorded request. @typedef {{ path: string, contentType: string, text: string }} Recording */

const traceIds = /("traceId"\s*:\s*")[0-9a-f]{8}/gi;
const times = /("\w*[tT]imeUnixNano"\s*:\s*)"?(\d{19})"?/g;

/** Posts every recording in `folder` to `address` ("host:port"). Times keep their distances. @param {string} address @param {string} folder */
export async function send(address, folder) {
  const bodies = recordings(folder);
  const ends = bodies.flatMap(({ text }) => [...text.matchAll(times)].map((match) => BigInt(match[2] ?? 0)));
  const shift = BigInt(Date.now()) * 1_000_000n - ends.reduce((a, b) => (a > b ? a : b), 0n);
  const day = randomBytes(4).toString("hex");
  for (const { path, contentType, text } of bodies) {
    const moved = text.replace(times, (_, key, time) => `${key}"${BigInt(time) + shift}"`);
    const body = moved.replace(traceIds, `$1${day}`);
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
