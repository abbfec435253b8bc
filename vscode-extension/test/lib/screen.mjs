// Finds on VS Code's screen what the walk looks for, and keeps count of what held.
import { join } from "node:path";

export class Screen {
  passed = 0;
  failed = 0;
  started = Date.now();

  /** @param {any} page @param {string} shots */
  constructor(page, shots) {
    this.page = page;
    this.shots = shots;
  }

  /** Runs one step; a failure is told with a picture, and the walk goes on. @param {string} name @param {() => Promise<unknown>} step */
  async check(name, step) {
    try {
      const detail = await step();
      this.passed += 1;
      console.log(`${this.#clock()} ok    ${name}${typeof detail === "string" ? `: ${detail.replace(/\s+/g, " ")}` : ""}`);
    } catch (error) {
      this.failed += 1;
      console.log(`${this.#clock()} FAIL  ${name}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
      await this.picture(`failed-${name.replace(/\W+/g, "-")}`);
    }
  }

  /** Says the counts; true when something failed. */
  finish() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed > 0 || this.passed === 0;
  }

  /** @param {string} name */
  async picture(name) {
    // Blinking and fading would make every picture another one.
    await this.page.screenshot({ path: join(this.shots, `${name}.png`), animations: "disabled", caret: "hide" });
  }

  /** A line of code. @param {string} text */
  code(text) {
    // The editor draws spaces as no-break spaces.
    return this.page.locator(".view-line", { hasText: new RegExp(escape(text).replace(/ /g, "\\s")) }).first();
  }

  /** @param {string | RegExp} text */
  lens(text) {
    return this.page.locator(".codelens-decoration a", { hasText: text });
  }

  /** The lens of that text which stands nearest above a line of code. @param {string} code @param {string} text */
  async lensAt(code, text) {
    const below = (await this.code(code).boundingBox())?.y ?? 0;
    const all = await this.lens(text).all();
    const heights = await Promise.all(all.map(async (/** @type {any} */ lens) => (await lens.boundingBox())?.y ?? Infinity));
    const nearest = heights.reduce((best, y, i) => (y < below && y > (heights[best] ?? -1) ? i : best), -1);
    if (nearest < 0) {
      throw new Error(`no lens "${text}" above "${code}"`);
    }
    return all[nearest];
  }

  /** @param {RegExp} text */
  pick(text) {
    return this.page.locator(".quick-input-list .monaco-list-row", { hasText: text });
  }

  /** @param {RegExp} text */
  statusBar(text) {
    return this.page.locator(".statusbar-item", { hasText: text }).first();
  }

  /** Inside the trace panel: VS Code nests two frames. */
  panel() {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }

  /** @param {RegExp} text */
  frame(text) {
    return this.page.locator(".debug-call-stack .stack-frame", { hasText: text });
  }

  /** @param {string} name */
  debugButton(name) {
    return this.page.locator(`.debug-toolbar a.action-label[aria-label^="${name}"]`).first();
  }

  stopped() {
    return this.page.locator(".debug-call-stack").first().textContent();
  }

  /** Runs a command by its title. @param {string} title */
  async run(title) {
    await this.page.keyboard.press("F1");
    await this.page.waitForSelector(".quick-input-widget input");
    await this.page.keyboard.type(title);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().click();
  }

  #clock() {
    return `[${((Date.now() - this.started) / 1000).toFixed(1).padStart(5)} s]`;
  }
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
