// Takes the pictures of Neovim: node nvim/tests/look.mjs, into $SPANGLASS_SHOTS. What they show is waited for, so a
// picture that could not be taken is a failure.
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Screen } from "./screen.mjs";

const names = ["SPANGLASS_BIN", "SPANGLASS_NVIM", "SPANGLASS_CHROMIUM", "SPANGLASS_PLAYWRIGHT", "SPANGLASS_SHOTS"];
const missing = names.filter((name) => !process.env[name]);
if (missing.length > 0) {
  console.log(`SKIPPED look.mjs: ${missing.join(", ")} not set; cargo xtask test sets what it installed`);
  process.exit(77);
}
const [bin, nvim, chromium, playwright, shots] = names.map((name) => process.env[name]);
const tests = dirname(fileURLToPath(import.meta.url));
const plugin = dirname(tests);
const home = mkdtempSync(join(realpathSync(tmpdir()), "spanglass-look-"));
const shop = join(home, "shop");
for (const service of ["node/storefront", "python/checkout", "rust/catalog"]) {
  cpSync(join(dirname(plugin), "fixtures/apps", service), join(shop, service), { recursive: true });
}
mkdirSync(shots, { recursive: true });
const init = join(home, "init.lua");
writeFileSync(init, `
  vim.g.spanglass = { cmd = { ${JSON.stringify(bin)} } }
  vim.opt.runtimepath:prepend(${JSON.stringify(plugin)})
  vim.o.number, vim.o.signcolumn, vim.o.laststatus, vim.o.cursorline = true, 'yes', 3, true
  vim.o.wrap = false
  -- Neovim's own colour for these is meant to be overlooked; a picture is meant to be read.
  vim.api.nvim_set_hl(0, 'LspCodeLens', { link = 'Comment' })
  vim.api.nvim_set_hl(0, 'LspInlayHint', { link = 'DiagnosticHint' })
  vim.o.statusline = " %f %= %{v:lua.require'spanglass'.status()}  %l:%c "
  vim.ui.select = function(items, _, on_choice)
    on_choice(vim.iter(items):find(function(trace) return trace.errors > 1 end))
  end
  package.path = ${JSON.stringify(tests)} .. '/?.lua;' .. package.path
`);
const screen = new Screen(nvim, ["--clean", "-u", init], {
  cwd: shop,
  env: { ...process.env, XDG_STATE_HOME: join(home, "state"), SPANGLASS_RECEIVER__HTTP: "127.0.0.1:0", SPANGLASS_RECEIVER__GRPC: "off", SPANGLASS_DATA_DIR: join(home, "data") },
});
const browser = await createRequire(join(playwright, "x.js"))("playwright-core").chromium.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
let taken = 0;
try {
  await look();
} finally {
  await browser.close();
  screen.call("nvim_command", "qall!").catch(() => undefined);
  await once(screen.process, "exit");
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
console.log(`${taken} passed, 0 failed`);

async function look() {
  const lua = (code) => screen.call("nvim_exec_lua", code, []);
  await screen.attach(150, 38);
  await lua("vim.cmd.edit('python/checkout/payments.py')");
  const source = await screen.until("receiver", `
    local client = vim.lsp.get_clients({ name = 'spanglass' })[1]
    local answer = client and client.initialized and client:request_sync('spanglass/status', vim.empty_dict(), 2000)
    return answer and answer.result and answer.result.source:match('^hosting .*')`);
  await lua(`require('support').send_shop(${/:(\d+)$/.exec(source)[1]})`);
  await screen.until("lenses, hints and a count", `
    local text = table.concat(require('support').drawn(0, '.'), '\\n')
    return text:find('1 error | ▶ replay | traces') and text:find('⟶ ') and require('spanglass').status():find('%d+ spans')`);

  // A redraw between a refresh and its answer: what the answer brings must be drawn all the same.
  await lua(`
    local client = vim.lsp.get_clients({ name = 'spanglass' })[1]
    local context = { client_id = client.id, bufnr = vim.api.nvim_get_current_buf() }
    context.version = vim.lsp.util.buf_versions[context.bufnr]
    local on_hints = client.handlers['textDocument/inlayHint'] or vim.lsp.handlers['textDocument/inlayHint']
    on_hints(nil, {}, context)
    vim.lsp.handlers['workspace/inlayHint/refresh'](nil, nil, context)
    vim.cmd('redraw!')
    assert(#require('support').drawn(0, '⟶ ') == 0)`);
  await screen.until("hints after a redraw", "return #require('support').drawn(0, '⟶ ') > 0");

  await lua("vim.api.nvim_win_set_cursor(0, { 31, 4 }) vim.cmd('Spanglass traces here')");
  await screen.until("waterfall", "return vim.bo.filetype == 'spanglass-trace'");
  await lua("vim.cmd('resize 24') vim.cmd('normal! gg') vim.fn.search('POST /orders') vim.cmd('normal! 0')");
  await picture("nvim-trace");
  await lua("vim.cmd.close()");

  await lua(`
    local lens = vim.iter(vim.lsp.codelens.get(0)):find(function(each)
      return each.range.start.line == 30 and each.command.title == '▶ replay'
    end)
    vim.lsp.get_clients({ name = 'spanglass' })[1]:exec_cmd(lens.command, { bufnr = 0 })`);
  const stop = (reason, line) => screen.until(`stop at ${line}`, `
    local stop = require('spanglass.walk').current()
    return stop and stop.reason == '${reason}' and stop.frames[1] and stop.frames[1].line == ${line} and vim.bo.filetype == 'spanglass-replay'`);
  await stop("entry", 33);
  await lua("vim.api.nvim_feedkeys('n', 'x', false)");
  await stop("step", 34);
  await screen.until("values and hints", `
    local code = vim.fn.bufnr('payments.py')
    return vim.fn.search('limit = 6000', 'nw') > 0 and #require('support').drawn(code, '⟶ ') > 0 and #require('support').drawn(code, '▶ replay') > 1`);
  await picture("nvim");
}

async function picture(name) {
  await screen.call("nvim_command", "redraw!");
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 }, deviceScaleFactor: 2 });
  await page.setContent(screen.html("14px 'JetBrains Mono', 'DejaVu Sans Mono', monospace"));
  await page.locator("body").screenshot({ path: join(shots, `${name}.png`) });
  await page.close();
  taken += 1;
  console.log(`ok    ${name}.png`);
}
