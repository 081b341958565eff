-- Asks Postern whether a call may pass, and gives the call what Postern says about its caller.

-- Headers by which proxies tell who calls: a client's own must not arrive, in any spelling.
local identity = {
  "^client%-cert", "^x%-client%-cert", "^x%-ssl", "^ssl%-", "^x%-tls", "^tls%-", "^x%-mtls", "^mtls%-",
  "^x%-forwarded", "^forwarded", "^x%-real%-ip", "^true%-client%-ip", "^x%-cluster%-client%-ip",
  "^x%-amzn%-mtls", "^x%-arr%-clientcert", "^cf%-client%-cert", "^x%-goog%-", "^x%-cert", "^x%-verified",
  "^x%-postern", "^postern",
}

local passed = {
  "client-cert", "client-cert-chain", "postern-certificate", "postern-organization", "postern-client-id",
  "postern-trace-id",
}

local function seen_by_edge(txn)
  return {
    ["postern-client-cert"] = txn.c:base64(txn.f:ssl_c_der() or ""),
    ["postern-tls-version"] = txn.f:ssl_fc_protocol() or "",
    ["postern-tls-cipher"] = txn.f:ssl_fc_cipher() or "",
    ["x-forwarded-method"] = txn.f:method(),
    ["x-forwarded-uri"] = txn.f:pathq(),
    ["x-forwarded-for"] = txn.f:src(),
  }
end

local function forget(txn)
  for name in pairs(txn.http:req_get_headers()) do
    local plain = name:lower():gsub("_", "-")
    for _, pattern in ipairs(identity) do
      if plain:match(pattern) then
        txn.http:req_del_header(name)
        break
      end
    end
  end
end

local function refuse(txn, response)
  local reply = txn:reply()
  reply:set_status(response.status)
  for _, name in ipairs({ "content-type", "www-authenticate", "postern-trace-id", "cache-control" }) do
    local values = response.headers[name]
    if values then reply:add_header(name, values[0]) end
  end
  reply:add_header("connection", "close")
  reply:set_body(response.body or "")
  txn:done(reply)
end

local function ask(txn, address)
  local headers = {}
  for name, value in pairs(seen_by_edge(txn)) do
    if value ~= "" then headers[name] = { value } end
  end
  local authorization = txn.http:req_get_headers()["authorization"]
  if authorization then headers["authorization"] = { authorization[0] } end

  local response = core.httpclient():get{ url = address, headers = headers, timeout = 5000 }
  if response == nil or response.status == 0 or response.status == nil then
    return refuse(txn, { status = 503, headers = {}, body = "The gateway cannot decide at the moment. Try again.\n" })
  end
  if response.status ~= 200 then
    local refusal = response.headers["postern-refusal"]
    if refusal and refusal[0] == "drop" then
      txn:set_var("txn.postern_refusal", "drop")
      return
    end
    return refuse(txn, response)
  end
  for _, name in ipairs(passed) do
    local values = response.headers[name]
    if values then txn.http:req_set_header(name, values[0]) end
  end
  txn.http:req_set_header("x-forwarded-for", txn.f:src())
  txn.http:req_set_header("x-forwarded-proto", "https")
end

local function own(txn)
  for name, value in pairs(seen_by_edge(txn)) do
    if value ~= "" then txn.http:req_set_header(name, value) end
  end
end

core.register_action("postern_forget", { "http-req" }, forget, 0)
core.register_action("postern_ask", { "http-req" }, ask, 1)
core.register_action("postern_own", { "http-req" }, own, 0)
