-- Sends one request again and again: METHOD BODY-FILE TYPE AUTHORIZATION [FILE OF REFRESH TOKENS]; "-" stands for none.
-- With refresh tokens each thread redeems its own, and then what it got for it.
local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(arguments)
    method = arguments[1]
    body = arguments[2] ~= "-" and io.open(arguments[2]):read("*a") or nil
    headers = {}
    if arguments[3] ~= "-" then headers["Content-Type"] = arguments[3] end
    if arguments[4] ~= "-" then headers["Authorization"] = arguments[4] end
    if arguments[5] then
        local tokens = {}
        for line in io.lines(arguments[5]) do tokens[#tokens + 1] = line end
        token = tokens[number + 1]
    end
    whole = wrk.format(method, nil, headers, body)
end

function request()
    if not token then return whole end
    return wrk.format(method, nil, headers, (body:gsub("REFRESH_TOKEN", token)))
end

function response(status, _, answer)
    if token then token = answer:match('"refresh_token":%s*"([^"]+)"') or token end
end

function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
    io.write(string.format("RESULT %d %d %f %f %d\n", summary.requests, summary.duration,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
