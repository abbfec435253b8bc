// The page inside the trace panel: draws the waterfall and reports what was clicked. All text is set as text.
import { count, duration } from "../format";
import type { TraceResult, TraceRow } from "../protocol";
import type { FromPanel, ToPanel } from "./messages";

declare function acquireVsCodeApi(): { postMessage(message: FromPanel): void };

/** More would make the panel slow; the page in the browser draws only what is in view and has no such limit. */
const maxRows = 2000;
/** Deeper rows stay at this indentation. */
const maxIndent = 24;
const colours = 6;
const api = acquireVsCodeApi();

window.addEventListener("message", (event: MessageEvent<ToPanel>) => { draw(event.data.trace); });
api.postMessage({ kind: "ready" });

function draw(trace: TraceResult): void {
  const end = Math.max(...trace.rows.slice(0, maxRows).map((row) => row.startMs + row.durationMs), 0.001);
  const services = [...new Set(trace.rows.map((row) => row.service))];
  const list = element("div", "rows", { role: "tree", "aria-label": "Spans" });
  trace.rows.slice(0, maxRows).forEach((row, i) => {
    list.append(rowOf(row, i, end, services.indexOf(row.service) % colours));
  });
  list.addEventListener("keydown", onKey);
  list.firstElementChild?.setAttribute("tabindex", "0");
  const rest = trace.rows.length - maxRows;
  const parts = [heading(trace, services, end), ruler(end), list];
  if (rest > 0) {
    parts.push(text("p", `${count(rest, "more span")}: the page in the browser shows them all.`, "rest"));
  }
  document.body.replaceChildren(...parts);
}

function heading(trace: TraceResult, services: string[], end: number): HTMLElement {
  const errors = trace.rows.filter((row) => row.error).length;
  const facts = [duration(end), count(trace.rows.length, "span"), ...(errors ? [count(errors, "error")] : [])];
  const legend = element("ul", "legend");
  services.forEach((service, i) => {
    const item = element("li");
    item.append(element("i", `dot c${i % colours}`), text("span", service));
    legend.append(item);
  });
  const actions = element("div", "actions");
  actions.append(
    button("▶ Replay", "Walk through this trace as a debug session", { kind: "replay", row: 0 }, "primary"),
    button("Open in browser", "The same trace on the server's own page", { kind: "browser" }),
    button("Copy id", trace.traceId, { kind: "copy", what: "id" }),
    button("Copy as text", "The waterfall as lines of text", { kind: "copy", what: "text" }),
  );
  const header = element("header");
  header.append(text("h1", trace.rows[0]?.name ?? "Empty trace"), text("p", facts.join(" · "), "facts"), legend, actions);
  return header;
}

function ruler(end: number): HTMLElement {
  const line = element("div", "ruler", { "aria-hidden": "true" });
  const scale = element("div", "scale");
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const tick = text("span", part === 0 ? "0" : duration(end * part));
    tick.style.left = `${part * 100}%`;
    scale.append(tick);
  }
  line.append(text("span", "span", "name"), scale);
  return line;
}

function rowOf(row: TraceRow, index: number, end: number, colour: number): HTMLElement {
  const place = placeOf(row);
  const item = element("div", "row", {
    role: "treeitem",
    tabindex: "-1",
    "aria-level": String(row.depth + 1),
    "aria-label": [row.name, row.service, duration(row.durationMs), row.error ? "error" : "", row.message ?? "", place]
      .filter(Boolean).join(", "),
    title: [`${row.service}: ${row.name}`, row.message, place].filter(Boolean).join("\n"),
    "data-row": String(index),
  });
  item.classList.toggle("error", row.error);
  item.classList.toggle("nowhere", row.location === null);
  const name = element("span", "name");
  name.style.setProperty("--depth", String(Math.min(row.depth, maxIndent)));
  name.append(element("i", `dot c${colour}`), text("b", row.name));
  if (row.location) {
    name.append(text("small", `${row.confidence === "certain" ? "" : "≈ "}${row.location.function}`));
  }
  item.append(name, text("span", duration(row.durationMs), "total"), barOf(row, end, colour));
  item.addEventListener("click", () => { focus(item); go(item); });
  return item;
}

function barOf(row: TraceRow, end: number, colour: number): HTMLElement {
  const scale = element("span", "scale");
  const bar = element("i", `bar c${colour}`);
  const left = (row.startMs / end) * 100;
  const width = Math.min((row.durationMs / end) * 100, 100 - left);
  bar.style.left = `${left}%`;
  bar.style.width = `${width}%`;
  const label = text("span", duration(row.durationMs), "time");
  // Beside the bar where there is room, else on it.
  if (left + width < 80) {
    label.style.left = `${left + width}%`;
  } else if (left > 20) {
    label.style.right = `${100 - left}%`;
  } else {
    label.classList.add("on");
    label.style.right = `${100 - left - width}%`;
  }
  scale.append(bar, label);
  return scale;
}

function placeOf(row: TraceRow): string {
  if (!row.location) {
    return "no function found for this span";
  }
  const sure = row.confidence === "certain" ? "" : ` (${row.confidence})`;
  return `${row.location.function}, ${row.location.uri.split("/").pop() ?? ""}:${row.location.line + 1}${sure}`;
}

function onKey(event: KeyboardEvent): void {
  const item = document.activeElement;
  if (!(item instanceof HTMLElement) || !item.classList.contains("row")) {
    return;
  }
  const moves: Record<string, Element | null | undefined> = {
    ArrowDown: item.nextElementSibling,
    ArrowUp: item.previousElementSibling,
    Home: item.parentElement?.firstElementChild,
    End: item.parentElement?.lastElementChild,
  };
  const next = moves[event.key];
  if (next instanceof HTMLElement) {
    focus(next);
  } else if (event.key === "Enter") {
    go(item);
  } else if (event.key === "r" && !event.ctrlKey && !event.metaKey) {
    api.postMessage({ kind: "replay", row: Number(item.dataset["row"]) });
  } else {
    return;
  }
  event.preventDefault();
}

function focus(item: HTMLElement): void {
  for (const other of item.parentElement?.querySelectorAll('[tabindex="0"]') ?? []) {
    other.setAttribute("tabindex", "-1");
  }
  item.setAttribute("tabindex", "0");
  item.focus();
}

function go(item: HTMLElement): void {
  api.postMessage({ kind: "goto", row: Number(item.dataset["row"]) });
}

function button(label: string, title: string, message: FromPanel, kind = ""): HTMLElement {
  const it = text("button", label, kind);
  it.title = title;
  it.addEventListener("click", () => { api.postMessage(message); });
  return it;
}

function text(tag: string, content: string, className = ""): HTMLElement {
  const it = element(tag, className);
  it.textContent = content;
  return it;
}

function element(tag: string, className = "", attributes: Record<string, string> = {}): HTMLElement {
  const it = document.createElement(tag);
  if (className) {
    it.className = className;
  }
  for (const [name, value] of Object.entries(attributes)) {
    it.setAttribute(name, value);
  }
  return it;
}
