//! The one style sheet, light and dark. Colours carry meaning only beside words or marks.

/// Served at `/style.css`.
pub(crate) const STYLE: &str = r#"
:root { color-scheme: light dark; --ink: #1c2128; --dim: #656d76; --paper: #ffffff; --line: #d8dee4; --band: #f6f8fa;
  --bad: #cf222e; --bad-soft: #ffebe9; --link: #0969da; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #8d96a0; --paper: #0d1117; --line: #30363d;
  --band: #161b22; --bad: #ff7b72; --bad-soft: #3c1618; --link: #58a6ff; } }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 13px/1.45 system-ui, sans-serif; }
header { padding: 16px 24px 12px; border-bottom: 1px solid var(--line); }
h1 { font-size: 17px; margin: 0 0 4px; font-weight: 600; overflow-wrap: anywhere; }
header p { margin: 0; color: var(--dim); }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12px; }
.bad { color: var(--bad); font-weight: 600; }
.dim { color: var(--dim); }
main { padding: 8px 24px 48px; }
.row { display: grid; grid-template-columns: minmax(220px, 38%) 1fr 84px; gap: 12px; align-items: center;
  padding: 2px 6px; border-radius: 4px; }
details.span > summary { list-style: none; cursor: pointer; } details.span > summary::-webkit-details-marker { display: none; }
details.span > summary:hover .row, details.span > summary:focus-visible .row { background: var(--band); }
details.span[open] > summary .row { background: var(--band); }
.what { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.what .name { font-weight: 500; } .what .service { color: var(--dim); }
.what .place { color: var(--link); font-size: 12px; }
.took { text-align: right; font-variant-numeric: tabular-nums; }
.bar { height: 18px; width: 100%; display: block; }
.bar rect { rx: 2px; }
.bar .track { fill: none; }
.s0 { fill: #4c8dd6; } .s1 { fill: #43a581; } .s2 { fill: #b0812d; } .s3 { fill: #8d6fd1; } .s4 { fill: #c25b8a; }
.s5 { fill: #4aa3b8; } .s6 { fill: #7f8c3b; } .s7 { fill: #a0664b; }
.event { fill: var(--bad); } .edge { stroke: var(--bad); stroke-width: 2; fill-opacity: .65; }
.detail { margin: 4px 0 12px 24px; padding: 10px 14px; border-left: 2px solid var(--line); }
.detail h2 { font-size: 12px; margin: 12px 0 4px; color: var(--dim); font-weight: 600; }
.detail h2:first-child { margin-top: 0; }
.detail table, table.list { border-collapse: collapse; width: 100%; }
.detail td, .detail th { vertical-align: top; text-align: left; padding: 1px 12px 1px 0; font-weight: 400; }
.detail th { color: var(--dim); white-space: nowrap; width: 1%; }
.detail td { overflow-wrap: anywhere; white-space: pre-wrap; }
pre.stack { background: var(--bad-soft); padding: 8px 10px; border-radius: 4px; overflow-x: auto; margin: 4px 0; }
table.list th { text-align: left; color: var(--dim); font-weight: 500; border-bottom: 1px solid var(--line); padding: 6px 12px 6px 0; }
table.list td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); }
table.list th.n, table.list td.n { text-align: right; font-variant-numeric: tabular-nums; }
.legend span { margin-right: 14px; white-space: nowrap; } .legend svg { width: 10px; height: 10px; margin-right: 4px; }
.axis { color: var(--dim); font-size: 11px; } .axis .ticks { display: flex; justify-content: space-between; }
"#;
