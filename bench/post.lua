-- Posts the body of a file; with a file of refresh tokens each thread redeems its own, again and again.
local json_head = { ["Content-Type"] = "application/vnd.api+json" }
local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(arguments)
    local template = io.open(arguments[1]):read("*a")
    if arguments[2] then
        local tokens = {}
        for line in io.lines(arguments[2]) do tokens[#tokens + 1] = line end
        token = tokens[number + 1]
    end
    body = template
end

function request()
    local sent = token and body:gsub("REFRESH_TOKEN", token) or body
    return wrk.format("POST", nil, json_head, sent)
end

failed = 0

function response(status, headers, answer)
    if status ~= 200 then failed = failed + 1 end
    if token then token = answer:match('"refresh_token":"(%x+)"') or token end
end

function done(summary, latency, requests)
    local errors = summary.errors
    local broken = errors.connect + errors.read + errors.write + errors.timeout + errors.status
    io.write(string.format("RESULT %d %d %f %f %d\n", summary.requests, summary.duration,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, broken))
end
