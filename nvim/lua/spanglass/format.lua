-- Times and counts as people read them.

local M = {}

---`312 µs`, `8.24 ms`, `82.4 ms`, `1.24 s`, `3 min 05 s`
---@param ms number
---@return string
function M.duration(ms)
  if ms < 1 then
    return ('%d µs'):format(math.floor(ms * 1000 + 0.5))
  elseif ms < 9.995 then
    return ('%.2f ms'):format(ms)
  elseif ms < 999.5 then
    return ('%s ms'):format(ms < 99.95 and M.trimmed(ms, 1) or math.floor(ms + 0.5))
  elseif ms < 59995 then
    return M.trimmed(ms / 1000, 2) .. ' s'
  end
  local seconds = math.floor(ms / 1000 + 0.5)
  return ('%d min %02d s'):format(math.floor(seconds / 60), seconds % 60)
end

---`just now`, `40 s ago`, `5 min ago`, `3 h ago`, `2 d ago`
---@param unix_ms number
---@param now_s number
---@return string
function M.age(unix_ms, now_s)
  local seconds = math.max(0, math.floor(now_s - unix_ms / 1000 + 0.5))
  if seconds < 5 then
    return 'just now'
  elseif seconds < 60 then
    return ('%d s ago'):format(seconds)
  elseif seconds < 3600 then
    return ('%d min ago'):format(math.floor(seconds / 60))
  elseif seconds < 86400 then
    return ('%d h ago'):format(math.floor(seconds / 3600))
  end
  return ('%d d ago'):format(math.floor(seconds / 86400))
end

---`1 span`, `12 spans`
---@param n integer
---@param noun string
---@return string
function M.count(n, noun)
  return ('%d %s%s'):format(n, noun, n == 1 and '' or 's')
end

---@param value number
---@param digits integer
---@return string
function M.trimmed(value, digits)
  return (('%.' .. digits .. 'f'):format(value):gsub('%.?0+$', ''))
end

---Telemetry is hostile text: control characters would move the cursor or break lines.
---@param text string
---@return string
function M.plain(text)
  return (text:gsub('%c', ' '))
end

---`text`, or its beginning with an ellipsis.
---@param text string
---@param characters integer
---@return string
function M.cut(text, characters)
  return vim.fn.strchars(text) <= characters and text or vim.fn.strcharpart(text, 0, characters - 1) .. '…'
end

---`text` as lines of at most `width` columns, broken at spaces where there are any.
---@param text string
---@param width integer
---@return string[]
function M.wrap(text, width)
  local lines, line = {}, ''
  for word in text:gmatch('%S+') do
    if line ~= '' and vim.fn.strdisplaywidth(line .. ' ' .. word) > width then
      lines[#lines + 1] = line
      line = word
    else
      line = line == '' and word or line .. ' ' .. word
    end
  end
  lines[#lines + 1] = line
  return lines
end

---`text` padded, or cut with an ellipsis, to `width` columns.
---@param text string
---@param width integer
---@return string
function M.fit(text, width)
  local columns = vim.fn.strdisplaywidth(text)
  if columns <= width then
    return text .. (' '):rep(width - columns)
  end
  local cut = vim.fn.strcharpart(text, 0, width - 1)
  while vim.fn.strdisplaywidth(cut) > width - 1 do
    cut = vim.fn.strcharpart(cut, 0, vim.fn.strchars(cut) - 1)
  end
  return cut .. '…'
end

return M
