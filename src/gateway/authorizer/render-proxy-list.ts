import { headerFamilies, hopByHop, listPatterns, plainFields } from '../../shapes/identity-headers.ts'

/** Reverse proxies whose configuration has a file of the headers that a client may not send, and its path. */
export const proxyLists = {
  nginx: { file: 'nginx/postern-names.conf', render: renderNginx },
  haproxy: { file: 'haproxy/postern-names.lua', render: (added: readonly string[]) => renderLua(added) },
  caddy: { file: 'caddy/postern-names.caddy', render: renderCaddy },
  envoy: { file: 'envoy/postern-names.lua', render: renderEnvoy },
  traefik: { file: 'traefik/postern-names.yaml', render: renderTraefik },
} as const

/** One of {@link proxyLists}. */
export type ReverseProxyName = keyof typeof proxyLists

const headOf = (reverseProxy: ReverseProxyName) =>
  `Headers that a client may not send. Written by "postern edge ${reverseProxy}": change the table, or gateway.reservedHeaders, not this file.`

/** Lists each name separately, for programs that cannot remove headers by prefix. */
const listNames = (added: readonly string[]): string[] => [
  ...new Set([
    ...listPatterns(added).filter((pattern) => !pattern.endsWith('*')),
    ...headerFamilies.flatMap(({ known }) => known),
  ]),
]

/** Hop-by-hop headers, which proxies handle themselves. */
const handledByProxies = ['connection', 'upgrade', 'transfer-encoding', 'expect']
const ownHops = [...hopByHop].filter((name) => !handledByProxies.includes(name))

const capitalize = (name: string): string => name.replaceAll(/(?<=^|-)[a-z]/g, (email) => email.toUpperCase())

/** The headers that `postern-asked.conf` and `postern-call.conf` set. */
const setByNginx = new Set([
  ...['client-cert', 'client-cert-chain', 'postern-certificate', 'postern-organization', 'postern-client-id'],
  ...['postern-trace-id', 'postern-client-cert', 'postern-tls-version', 'postern-tls-cipher'],
  ...['postern-authorizer-secret', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'],
  ...['x-forwarded-method', 'x-forwarded-uri'],
])

function renderNginx(added: readonly string[]): string {
  const lines = [...listNames(added), ...ownHops]
    .filter((name) => !setByNginx.has(name))
    .map((name) => `proxy_set_header ${capitalize(name)} "";`)
  return `# ${headOf('nginx')}
# nginx removes whole names only. Of others that begin like these Postern sees, and denies the call.
${lines.join('\n')}
`
}

/** Each character of a name (RFC 9110, section 5.6.2) that some programs read as a dash. */
const marks = [..."!#$%&'*+.^_`|~"]

function renderCaddy(added: readonly string[]): string {
  const lines = [
    ...marks.map((mark) => (mark === '`' ? 'request_header "-*`*"' : `request_header \`-*${mark}*\``)),
    ...listPatterns(added).map((pattern) => `request_header -${capitalize(pattern)}`),
  ]
  return `# ${headOf('caddy')}
(postern_names) {
	# Names with other marks than dashes, which programs read as dashes.
${lines.map((line) => `\t${line}\n`).join('')}}
`
}

/** The headers that Traefik sets before its middlewares. */
const setByTraefik = new Set([
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-forwarded-server'],
  'x-real-ip',
])

function renderTraefik(added: readonly string[]): string {
  const lines = [...listNames(added), ...ownHops]
    .filter((name) => !setByTraefik.has(name))
    .map((name) => `          ${capitalize(name)}: ""\n`)
  return `# ${headOf('traefik')}
# An empty value removes the header. Of others that begin like these, or are spelled otherwise, Postern sees, and denies the call.
http:
  middlewares:
    forget:
      headers:
        customRequestHeaders:
${lines.join('')}`
}

const quoteEach = (names: Iterable<string>): string => [...names].map((name) => `  "${name}",\n`).join('')

function renderLua(added: readonly string[], reverseProxy: ReverseProxyName = 'haproxy'): string {
  const patterns = listPatterns(added)
  const begin = patterns.filter((one) => one.endsWith('*')).map((one) => one.slice(0, -1))
  const whole = patterns.filter((one) => !one.endsWith('*'))
  return `-- ${headOf(reverseProxy)}

local whole = {}
for _, name in ipairs({
${quoteEach([...whole, ...ownHops])}}) do whole[name] = true end

local beginnings = {
${quoteEach(begin)}}

-- What belongs to one connection, or comes once: not under a name that only looks the same.
local plain_only = {}
for _, name in ipairs({
${quoteEach(new Set([...plainFields, ...handledByProxies]))}}) do plain_only[name] = true end

local function is_kept_back(lower)
  -- Programs read dashes, underscores, dots and other marks as one.
  local plain = lower:gsub("[^a-z0-9]", "-")
  if whole[plain] or (plain ~= lower and plain_only[plain]) then return true end
  for _, beginning in ipairs(beginnings) do
    if plain:sub(1, #beginning) == beginning then return true end
  end
  return false
end

local known, count = {}, 0

-- Whether a header that a client sent under this name must not reach the API.
function postern_is_kept_back(name)
  local lower = name:lower()
  if known[lower] == nil then
    if #lower > 100 then return is_kept_back(lower) end
    if count >= 2000 then known, count = {}, 0 end
    known[lower] = is_kept_back(lower)
    count = count + 1
  end
  return known[lower]
end
`
}

function renderEnvoy(added: readonly string[]): string {
  return `${renderLua(added, 'envoy')}
-- What Envoy has written over what the client sent, before this runs; of te it leaves what gRPC needs.
local by_envoy =
  { ["x-forwarded-client-cert"] = true, ["x-forwarded-for"] = true, ["x-forwarded-proto"] = true, ["te"] = true }

function envoy_on_request(handle)
  local headers = handle:headers()
  local found = {}
  for name in pairs(headers) do
    local is_pseudo = name:sub(1, 1) == ":"
    if not is_pseudo and not by_envoy[name] and postern_is_kept_back(name) then table.insert(found, name) end
  end
  for _, name in ipairs(found) do headers:remove(name) end
  -- The last address is the one that Envoy saw; those before it are what the client says.
  local addresses = headers:get("x-forwarded-for")
  if addresses then headers:replace("x-forwarded-for", addresses:match("([^,%s]+)%s*$") or "") end
end
`
}
