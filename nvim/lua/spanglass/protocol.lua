-- What Spanglass adds to LSP, as docs/protocol.md says it: only types. Lines are 0-based.
---@meta

---@class spanglass.FunctionTarget
---@field uri string
---@field line integer
---@field function string

---@class spanglass.ReplayTarget: spanglass.FunctionTarget
---@field traceId string
---@field spanId string

---@class spanglass.TracesParams
---@field uri? string
---@field line? integer
---@field service? string
---@field errors? boolean
---@field limit? integer

---@class spanglass.TraceSummary
---@field traceId string
---@field spanId string The span of the function that was asked for, else the root.
---@field name string
---@field service string
---@field services string[]
---@field startUnixMs number
---@field durationMs number
---@field spans integer
---@field errors integer

---@class spanglass.Trace
---@field traceId string
---@field url? string
---@field text string Line `i + 1` shows `rows[i]`, line 0 is a heading.
---@field rows spanglass.TraceRow[] Parents before children.

---@class spanglass.TraceRow
---@field spanId string
---@field parentSpanId? string
---@field depth integer
---@field name string
---@field service string
---@field kind string
---@field startMs number Since the start of the trace.
---@field durationMs number
---@field error boolean
---@field message? string
---@field location? spanglass.FunctionTarget
---@field confidence 'certain'|'likely'|'possible'|'none'

---@class spanglass.Status
---@field source string
---@field spans integer
---@field placed integer
---@field functions integer
---@field files integer
---@field ready boolean
---@field lastSpanUnixMs? number
---@field problem? string
---@field page? string
