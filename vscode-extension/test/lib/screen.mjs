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

  /** Runs one step; a failure is told with a picture, and later steps, which start where this one ends, fail too. @param {string} name @param {() => Promise<unknown>} step */
  async check(name, step) {
    if (this.failed > 0) {
      this.failed += 1;
      console.log(`${this.#clock()} FAIL  ${name}: not reached`);
      return;
    }
    try {
      const detail = await step();
      this.passed += 1;
      console.log(`${this.#clock()} ok    ${name}${typeof detail === "string" ? `: ${detail.replace(/\s+/g, " ")}` : ""}`);
    } catch (error) {
      console.log(`${this.#clock()} FAIL  ${name}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
      await this.picture(`failed-${name.replace(/\W+/g, "-")}`);
      this.failed += 1;
    }
  }

  /** Says the counts; true when something failed. */
  finish() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed > 0 || this.passed === 0;
  }

  /** Takes a picture of the screen, unless the walk is lost. @param {string} name */
  async picture(name) {
    if (this.failed > 0) {
      return;
    }
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

  /**
   * Clicks the lens of that text which stands nearest above a line of code, until what it opens is there: lenses are
   * drawn anew, and move, when figures change.
   * @param {string} code @param {string} text @param {any} opens
   */
  async clickLens(code, text, opens) {
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) {
      const below = (await this.code(code).boundingBox())?.y ?? 0;
      const middle = await this.page.evaluate(nearestAbove, { text, below });
      if (!middle) {
        await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
        continue;
      }
      await this.page.mouse.click(middle.x, middle.y);
      if (await opens.waitFor({ timeout: 3_000 }).then(() => true, () => false)) {
        return;
      }
    }
    throw new Error(`no lens "${text}" above "${code}" opens anything`);
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

  /** A row of the variables. @param {RegExp} text */
  variable(text) {
    return this.page.locator(".debug-variables .monaco-list-row", { hasText: text }).first();
  }

  /** @param {string} name */
  debugButton(name) {
    return this.page.locator(`.debug-toolbar, .pane-composite-part .title`).locator(`a.action-label[aria-label^="${name}"]`).first();
  }

  /** When and where the session stands, in its own words. */
  stopped() {
    return this.page.locator(".debug-call-stack .state.label", { hasText: /paused at/i }).first().innerText();
  }

  /** Takes the mouse to where it hovers over nothing. */
  async leave() {
    await this.page.mouse.move(700, 790);
    await this.page.locator(".monaco-hover:visible, .workbench-hover:visible").first().waitFor({ state: "hidden" });
  }

  /** Moves the edge between the side bar and the editor. @param {number} x */
  async widenSideBar(x) {
    const sash = this.page.locator(".monaco-sash.vertical:not(.disabled)").first();
    await sash.hover({ position: { x: 2, y: 400 } });
    await this.page.mouse.down();
    await this.page.mouse.move(x, 400, { steps: 4 });
    await this.page.mouse.up();
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

/**
 * The middle of the lowest lens of that text above a height. Runs in the page, in one go, so that nothing moves meanwhile.
 * @param {{ text: string, below: number }} wanted
 */
function nearestAbove({ text, below }) {
  const boxes = [...document.querySelectorAll(".codelens-decoration a")]
    .filter((lens) => lens.textContent.includes(text))
    .map((lens) => lens.getBoundingClientRect())
    .filter((box) => box.height > 0 && box.y < below)
    .sort((a, b) => b.y - a.y);
  const [box] = boxes;
  return box && { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
