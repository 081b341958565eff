-- Asks Postern whether a call may pass, and gives the call what Postern says about its caller.

-- Where Postern has a socket: "unix@/run/postern/authorizer.sock". Else the address in haproxy.cfg counts.
local destination = nil

-- The first line of this file is the secret of the authorizer, where Postern has one. It is read before HAProxy gives
-- its rights up, so root alone needs to be able to read it.
local function read_secret(path)
  local file = io.open(path)
  if file == nil then return "" end
  local line = file:read("l") or ""
  file:close()
  return line
end

local secret = read_secret("/etc/haproxy/postern-secret")

local passed = {
  "client-cert", "client-cert-chain", "postern-certificate", "postern-organization", "postern-client-id",
  "postern-trace-id",
}

local function seen_by_edge(txn)
  return {
    ["postern-authorizer-secret"] = secret,
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
    if postern_is_kept_back(name) then txn.http:req_del_header(name) end
  end
end

local function refuse(txn, response)
  local reply = txn:reply()
  reply:set_status(response.status)
  for _, name in ipairs({ "content-type", "www-authenticate", "postern-trace-id", "postern-certificate-expires", "cache-control" }) do
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
  -- Every one that there is, since Postern refuses a call with two.
  local authorization = txn.http:req_get_headers()["authorization"]
  if authorization then
    headers["authorization"] = {}
    for _, value in pairs(authorization) do table.insert(headers["authorization"], value) end
  end

  local response = core.httpclient():get{ url = address, headers = headers, dst = destination, timeout = 5000 }
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
  local expires = response.headers["postern-certificate-expires"]
  if expires then txn:set_var("txn.postern_expires", expires[0]) end
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
