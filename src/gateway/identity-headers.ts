/**
 * Headers by which proxies tell who calls, from where, and for what: only Postern may, so a client's own are
 * never passed on. The last line: what makes some programs read another path or method than was authorized.
 */
const reserved = new RegExp(
  `^(${[
    'client-cert|client-verify|client-dn|client-ip|x-client-(cert|verify|verified|dn|s-dn|i-dn|subject|issuer|serial|fingerprint|san|ssl|tls|ip)',
    'x-ssl|ssl-|x-tls|tls-|x-mtls|mtls-|x-cert|x-verified|x-peer-cert|x-amzn-mtls|x-arr-clientcert|x-arr-ssl|cf-client-cert|cf-connecting-ip|wl-proxy|proxy-ssl|proxy-client',
    'x-forwarded|forwarded|x-original-forwarded|x-real-ip|x-originating-ip|x-remote|remote-|true-client-ip|fastly-client-ip|x-cluster-client-ip|x-proxyuser-ip|x-azure-(clientip|socketip)|x-envoy|x-goog-|x-consumer|x-authenticated|x-subject-dn',
    'x-postern|postern',
    'x-original-(url|uri|host|method)|x-rewrite-url|x-http-method|x-method-override|x-host$|x-accel-redirect',
  ].join('|')})`,
)

/** RFC 9110, 7.6.1, and what only makes sense on one connection. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'http2-settings',
])

/** Whether a field belongs to one connection. `name` is in lower case. */
export const isHopByHop = (name: string): boolean => hopByHop.has(name)

/** What must not come a second time under a name that only looks different. */
const single = new Set(['host', 'authorization', 'content-length', 'content-type', 'cookie'])

/**
 * Whether a field that a client sent must not reach the upstream, in whatever case `name` is. Programs
 * behind read dashes, underscores, dots and other marks as one (RFC 3875, 4.1.18).
 */
export function isKeptBack(name: string): boolean {
  const lower = name.toLowerCase()
  const dashed = lower.replaceAll(/[^a-z0-9]/g, '-')
  return (
    lower.startsWith(':') ||
    hopByHop.has(dashed) ||
    reserved.test(dashed) ||
    (dashed !== lower && single.has(dashed))
  )
}
