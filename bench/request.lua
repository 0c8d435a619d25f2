-- Sends one request again and again: METHOD BODY-FILE TYPE AUTHORIZATION [FILE OF REFRESH TOKENS]; "-" stands for none.
-- With refresh tokens, as many as connections, each is redeemed once, and later what came for it.
local tokens, tried

function init(arguments)
    method = arguments[1]
    body = arguments[2] ~= "-" and io.open(arguments[2]):read("*a") or nil
    headers = {}
    if arguments[3] ~= "-" then headers["Content-Type"] = arguments[3] end
    if arguments[4] ~= "-" then headers["Authorization"] = arguments[4] end
    if arguments[5] then
        tokens = {}
        for line in io.lines(arguments[5]) do tokens[#tokens + 1] = line end
    end
    whole = wrk.format(method, nil, headers, body)
end

function request()
    if not tokens then return whole end
    -- Its first request wrk only looks at; without a token left, which takes a failure, what is sent fails too.
    local token = tried and table.remove(tokens, 1) or "none"
    tried = true
    return wrk.format(method, nil, headers, (body:gsub("REFRESH_TOKEN", token)))
end

function response(status, _, answer)
    if tokens then tokens[#tokens + 1] = answer:match('"refresh_token":%s*"([^"]+)"') end
end

function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
    io.write(string.format("RESULT %d %d %f %f %d\n", summary.requests, summary.duration,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
