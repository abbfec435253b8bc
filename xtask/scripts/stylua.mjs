// Checks Lua files with StyLua's own formatter, compiled to WebAssembly: node stylua.mjs [--write] FOLDER.
// Reads stylua.toml in FOLDER as StyLua's command line would; without --write, differing files fail.
import { createRequire } from "node:module";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(join(process.env.SPANGLASS_PLAYWRIGHT, "/"));
const stylua = require("@johnnymorganz/stylua");

const ENUMS = {
  block_newline_gaps: stylua.BlockNewlineGaps,
  call_parentheses: stylua.CallParenType,
  collapse_simple_statement: stylua.CollapseSimpleStatement,
  indent_type: stylua.IndentType,
  line_endings: stylua.LineEndings,
  quote_style: stylua.QuoteStyle,
  space_after_function_names: stylua.SpaceAfterFunctionNames,
  syntax: stylua.LuaVersion,
};

function readSettings(folder) {
  const file = join(folder, "stylua.toml");
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").map((line) => line.replace(/#.*/, "").trim());
  return lines.filter(Boolean).map((text) => {
    const [, key, value] = /^(\w+)\s*=\s*(.+)$/.exec(text) ?? [];
    const known = ENUMS[key]?.[value?.replaceAll('"', "")] ?? (/^\d+$/.test(value) ? Number(value) : undefined);
    if (known === undefined || stylua.Config.new()[key] === undefined) throw new Error(`${file}: cannot use \`${text}\``);
    return [key, known];
  });
}

/** A fresh one for each call of the formatter, which takes it over. */
function config(settings) {
  return Object.assign(stylua.Config.new(), Object.fromEntries(settings));
}

function firstDifference(before, after) {
  const [a, b] = [before.split("\n"), after.split("\n")];
  const at = a.findIndex((line, i) => line !== b[i]);
  const line = at < 0 ? a.length : at;
  return `line ${line + 1}\n  - ${a[line] ?? "(end of file)"}\n  + ${b[line] ?? "(end of file)"}`;
}

const write = process.argv.includes("--write");
const folder = process.argv.at(-1);
const settings = readSettings(folder);
const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".lua")).sort();
let different = 0;
for (const name of files) {
  const path = join(folder, name);
  const before = readFileSync(path, "utf8");
  let after;
  try {
    after = stylua.formatCode(before, config(settings), undefined, stylua.OutputVerification.Full);
  } catch (error) {
    console.error(`${path}: ${error}`);
    different++;
    continue;
  }
  if (before === after) continue;
  if (write) writeFileSync(path, after);
  else {
    console.error(`${path}: not formatted, ${firstDifference(before, after)}`);
    different++;
  }
}
console.log(`${files.length} Lua files, ${different} not as StyLua writes them`);
process.exit(files.length === 0 || different > 0 ? 1 : 0);
