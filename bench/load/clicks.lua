-- People at work, for wrk: every request is a line of the file named first (`method<TAB>path<TAB>cookie<TAB>body`), drawn at
-- random; between two clicks of one person lie between half and one and a half times the milliseconds named second.

local clicks, pause, count = {}, 0, 0

function init(args)
  pause = tonumber(args[2])
  for line in io.lines(args[1]) do
    local method, path, cookie, body = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)$")
    clicks[#clicks + 1] = { method = method, path = path, cookie = cookie, body = body }
  end
  -- Each of wrk's threads has a stream of its own.
  math.randomseed(tonumber(tostring({}):match("0x(%x+)"), 16) % 2147483647)
end

function delay()
  return math.random(math.floor(pause / 2), math.floor(pause * 3 / 2))
end

function request()
  local click = clicks[math.random(#clicks)]
  local headers = { ["Cookie"] = click.cookie }
  if click.method == "GET" then
    return wrk.format("GET", click.path, headers)
  end
  -- A second click under the same key would be no work at all.
  count = count + 1
  headers["Content-Type"] = "application/x-www-form-urlencoded"
  local key = "&_key=load-" .. count .. "-" .. math.random(1, 2147483647)
  return wrk.format(click.method, click.path, headers, click.body .. key)
end

function done(summary, latency, requests)
  local told = { summary.requests, summary.duration, latency:percentile(50), latency:percentile(95), latency:percentile(99), latency.max,
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout }
  io.write("load\t", table.concat(told, "\t"), "\n")
end
