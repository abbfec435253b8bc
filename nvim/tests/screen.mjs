// A Neovim whose screen is this program: it draws into a grid of cells over Neovim's own protocol, and the grid becomes
// HTML with every colour as Neovim gave it.
import { spawn } from "node:child_process";

export class Screen {
  #buffer = Buffer.alloc(0);
  #sequence = 0;
  #waiting = new Map();
  #styles = new Map([[0, {}]]);
  #colours = { foreground: 0xe0e2ea, background: 0x14161b };
  #cells = [];
  #cursor = [0, 0];

  constructor(nvim, args, options) {
    this.process = spawn(nvim, ["--embed", ...args], { ...options, stdio: ["pipe", "pipe", "inherit"] });
    this.process.stdout.on("data", (data) => { this.#receive(data); });
  }

  attach(columns, rows) {
    return this.call("nvim_ui_attach", columns, rows, { rgb: true, ext_linegrid: true });
  }

  call(method, ...parameters) {
    const id = this.#sequence++;
    this.process.stdin.write(encode([0, id, method, parameters]));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Runs Lua until it answers something, and returns that. */
  async until(what, lua, ms = 20_000) {
    for (const deadline = Date.now() + ms; Date.now() < deadline; ) {
      const answer = await this.call("nvim_exec_lua", lua, []);
      if (answer) return answer;
      await new Promise((done) => setTimeout(done, 30));
    }
    throw new Error(`no ${what} within ${ms / 1000} s:\n${this.text()}`);
  }

  text() {
    return this.#cells.map((row) => row.map((cell) => cell.text).join("").trimEnd()).join("\n");
  }

  html(font) {
    const rows = this.#cells.map((row, y) => {
      const runs = [];
      row.forEach((cell, x) => {
        const style = this.#css(cell.style, y === this.#cursor[0] && x === this.#cursor[1]);
        const last = runs.at(-1);
        if (last?.style === style) last.text += cell.text;
        else runs.push({ style, text: cell.text });
      });
      return `<div>${runs.map(({ style, text }) => `<span style="${style}">${escape(text)}</span>`).join("")}</div>`;
    });
    const { foreground, background } = this.#colours;
    return `<!doctype html><meta charset="utf-8"><style>
      body { margin: 0; padding: 14px; width: max-content; background: ${hex(background)}; color: ${hex(foreground)}; font: ${font}; }
      div { white-space: pre; height: 1.35em; line-height: 1.35em; } span { display: inline-block; height: 100%; vertical-align: top; }
    </style><body>${rows.join("\n")}</body>`;
  }

  #css(id, isCursor) {
    const { foreground, background, reverse, bold, italic, underline, undercurl, special, strikethrough } = this.#styles.get(id) ?? {};
    let [front, back] = [foreground ?? this.#colours.foreground, background ?? this.#colours.background];
    if (Boolean(reverse) !== isCursor) [front, back] = [back, front];
    const line = underline || undercurl ? `text-decoration:underline ${undercurl ? "wavy" : "solid"} ${hex(special ?? front)};` : "";
    return `color:${hex(front)};background:${hex(back)};${bold ? "font-weight:bold;" : ""}${italic ? "font-style:italic;" : ""}${line}`
      + (strikethrough ? "text-decoration:line-through;" : "");
  }

  #receive(data) {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    for (;;) {
      const reader = new Reader(this.#buffer);
      let message;
      try {
        message = reader.value();
      } catch (error) {
        if (error instanceof RangeError) return; // the rest is still to come
        throw error;
      }
      this.#buffer = this.#buffer.subarray(reader.at);
      this.#handle(message);
    }
  }

  #handle([kind, ...rest]) {
    if (kind === 1) {
      const [id, error, result] = rest;
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) reject(new Error(error[1] ?? String(error)));
      else resolve(result);
    } else if (kind === 2 && rest[0] === "redraw") {
      for (const [event, ...calls] of rest[1]) for (const call of calls) this.#draw(event, call);
    }
  }

  #draw(event, [grid, ...rest]) {
    if (event === "grid_resize") {
      const [columns, rows] = rest;
      this.#cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => ({ text: " ", style: 0 })));
    } else if (event === "grid_clear") {
      this.#cells.forEach((row) => row.forEach((cell) => Object.assign(cell, { text: " ", style: 0 })));
    } else if (event === "grid_line") {
      this.#line(...rest);
    } else if (event === "grid_scroll") {
      this.#scroll(...rest);
    } else if (event === "grid_cursor_goto") {
      this.#cursor = rest;
    } else if (event === "hl_attr_define") {
      this.#styles.set(grid, rest[0]);
    } else if (event === "default_colors_set") {
      this.#colours = { foreground: grid, background: rest[0] };
    }
  }

  #line(y, column, cells) {
    let [x, style] = [column, 0];
    for (const [text, newStyle, repeat = 1] of cells) {
      style = newStyle ?? style;
      for (let i = 0; i < repeat; i++) this.#cells[y][x++] = { text, style };
    }
  }

  #scroll(top, bottom, left, right, by) {
    const rows = Array.from({ length: bottom - top }, (_, i) => (by > 0 ? top + i : bottom - 1 - i));
    for (const y of rows) {
      const from = y + by;
      if (from >= top && from < bottom) {
        for (let x = left; x < right; x++) this.#cells[y][x] = { ...this.#cells[from][x] };
      }
    }
  }
}

/** MessagePack, as much of it as Neovim speaks. */
class Reader {
  at = 0;
  constructor(bytes) { this.bytes = bytes; }

  value() {
    const tag = this.#uint(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.#map(tag & 15);
    if (tag < 0xa0) return this.#array(tag & 15);
    if (tag < 0xc0) return this.#text(tag & 31);
    if (tag >= 0xe0) return tag - 256;
    if (tag >= 0xd4 && tag <= 0xd8) return this.#skip(1 + 2 ** (tag - 0xd4));
    switch (tag) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: case 0xd9: return this.#text(this.#uint(1));
      case 0xc5: case 0xda: return this.#text(this.#uint(2));
      case 0xc6: case 0xdb: return this.#text(this.#uint(4));
      case 0xc7: return this.#skip(this.#uint(1) + 1);
      case 0xcb: return this.#take(8).readDoubleBE();
      case 0xcc: return this.#uint(1);
      case 0xcd: return this.#uint(2);
      case 0xce: return this.#uint(4);
      case 0xcf: return Number(this.#take(8).readBigUInt64BE());
      case 0xd0: return this.#take(1).readInt8();
      case 0xd1: return this.#take(2).readInt16BE();
      case 0xd2: return this.#take(4).readInt32BE();
      case 0xd3: return Number(this.#take(8).readBigInt64BE());
      case 0xdc: return this.#array(this.#uint(2));
      case 0xdd: return this.#array(this.#uint(4));
      case 0xde: return this.#map(this.#uint(2));
      case 0xdf: return this.#map(this.#uint(4));
      default: throw new Error(`MessagePack tag ${tag}`);
    }
  }

  #take(length) {
    if (this.at + length > this.bytes.length) throw new RangeError("more to come");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  #uint(length) { return this.#take(length).readUIntBE(0, length); }
  #text(length) { return this.#take(length).toString("utf8"); }
  #skip(length) { this.#take(length); return null; }
  #array(length) { return Array.from({ length }, () => this.value()); }
  #map(length) { return Object.fromEntries(Array.from({ length }, () => [this.value(), this.value()])); }
}

function encode(value) {
  const sized = (tag, length, ...parts) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(tag);
    head.writeUInt32BE(length, 1);
    return Buffer.concat([head, ...parts]);
  };
  if (value === true || value === false) return Buffer.from([value ? 0xc3 : 0xc2]);
  if (typeof value === "number") return sized(0xce, value);
  if (typeof value === "string") return sized(0xdb, Buffer.byteLength(value), Buffer.from(value));
  if (Array.isArray(value)) return sized(0xdd, value.length, ...value.map(encode));
  const entries = Object.entries(value);
  return sized(0xdf, entries.length, ...entries.flat().map(encode));
}

const hex = (colour) => `#${colour.toString(16).padStart(6, "0")}`;
const escape = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
