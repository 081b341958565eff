/** Names of request headers with the same meaning. */
export interface HeaderFamily {
  what: string
  /** Names in lower case with dashes; a star at the end matches any rest, even an empty one. */
  patterns: readonly string[]
  /** Names in use that match a pattern with a star, for programs that can remove whole names only. */
  known: readonly string[]
}

const family = (what: string, patterns: string, known = ''): HeaderFamily => ({
  what,
  patterns: patterns.split(/\s+/).filter(Boolean),
  known: known.split(/\s+/).filter(Boolean),
})

/**
 * The headers with which proxies and sign-in gateways tell an API the client, its address and its purpose.
 * Only Postern may set them, so a client's own are never forwarded. The gateway's matcher and the lists in
 * `deploy/` are generated from this table.
 */
export const headerFamilies: readonly HeaderFamily[] = [
  family(
    'Postern, RFC 9440',
    'client-cert* postern* x-postern*',
    `client-cert client-cert-chain postern-certificate postern-organization postern-client-id postern-trace-id
     postern-assertion postern-client-cert postern-tls-version postern-tls-cipher postern-authorizer-secret
     postern-problem postern-refusal postern-certificate-status
     postern-certificate-expires`,
  ),
  family(
    'Client certificates and TLS',
    `client-verif* client-dn* client-s-dn* client-i-dn* client-serial* client-fingerprint*
     x-client-cert* x-client-verif* x-client-dn* x-client-s-dn* x-client-i-dn* x-client-subject* x-client-issuer*
     x-client-serial* x-client-fingerprint* x-client-san* x-client-ssl* x-client-tls* x-client-cn* x-client-identity*
     x-ssl* ssl-* x-tls* tls-* x-mtls* mtls-* x-cert* x-verified* x-peer-cert* x-x509* x509-* x-subject-dn* x-issuer-dn*
     x-amzn-mtls* x-arr-clientcert* x-arr-ssl* wl-proxy* x-spiffe* l5d-* front-end-https x-haproxy-*`,
    `client-verify client-dn x-client-cert x-client-cert-chain x-client-certificate x-client-verify x-client-verified
     x-client-dn x-client-s-dn x-client-i-dn x-client-subject x-client-subject-dn x-client-issuer x-client-issuer-dn
     x-client-serial x-client-fingerprint x-client-san x-client-cn x-ssl x-ssl-cert x-ssl-client x-ssl-client-cert
     x-ssl-client-cert-chain x-ssl-client-verify x-ssl-client-dn x-ssl-client-cn x-ssl-client-s-dn x-ssl-client-i-dn
     x-ssl-client-subject x-ssl-client-issuer x-ssl-client-serial x-ssl-client-fingerprint x-ssl-client-sha1
     x-ssl-client-has-cert x-ssl-issuer ssl-cert ssl-client ssl-client-cert ssl-client-certificate ssl-client-verify
     ssl-client-dn ssl-client-s-dn ssl-client-i-dn ssl-client-s-dn-cn ssl-client-subject-dn ssl-client-issuer-dn
     ssl-client-serial ssl-client-m-serial ssl-client-fingerprint ssl-client-escaped-cert ssl-protocol ssl-cipher
     x-tls-client-cert x-tls-client-verify x-tls-client-subject tls-client-cert x-mtls-client-cert mtls-client-cert
     x-cert x-certificate x-verified x-peer-cert x-peer-certificate x-subject-dn x-issuer-dn x-amzn-mtls-clientcert
     x-amzn-mtls-clientcert-leaf x-amzn-mtls-clientcert-subject x-amzn-mtls-clientcert-issuer
     x-amzn-mtls-clientcert-serial-number x-amzn-mtls-clientcert-validity x-arr-clientcert x-arr-ssl
     wl-proxy-client-cert wl-proxy-client-ip wl-proxy-ssl x-spiffe-id l5d-client-id`,
  ),
  family(
    'Addresses, and what the proxies before saw',
    `forwarded* x-forward* x-original* x-real-* real-ip client-ip* x-client-ip* x-remote* remote-* true-client-ip*
     x-originating-ip* x-cluster-client-ip* x-source-ip* x-host x-url-scheme x-scheme x-envoy* x-azure-* x-fd-*
     cf-* cloudfront-* fastly-* fly-* do-connecting-ip ali-cdn-real-ip cdn-src-ip incap-client-ip akamai-*
     x-nf-client-connection-ip x-vercel-* x-appengine-* x-goog-* x-kong-* x-istio-* x-dapr-*`,
    `forwarded forwarded-for x-forward-for x-forwarded x-forwarded-for x-forwarded-host x-forwarded-proto
     x-forwarded-port x-forwarded-server x-forwarded-scheme x-forwarded-ssl x-forwarded-by x-forwarded-prefix
     x-forwarded-path x-forwarded-uri x-forwarded-method x-forwarded-user x-forwarded-preferred-username
     x-forwarded-email x-forwarded-groups x-forwarded-access-token x-forwarded-client-cert x-forwarded-tls-client-cert
     x-forwarded-tls-client-cert-info x-forwarded-client-ip x-forwarded-remote-user x-forwarded-roles
     x-original-url x-original-uri x-original-host x-original-method x-original-path x-original-forwarded-for
     x-original-proto x-original-remote-addr x-originating-ip x-real-ip x-real-port client-ip x-client-ip remote-addr
     remote-user remote-email remote-groups remote-name remote-host x-remote-addr x-remote-ip x-remote-user
     x-remote-group x-remote-groups x-remote-email x-remote-name true-client-ip x-cluster-client-ip x-source-ip
     x-envoy-external-address x-envoy-internal x-envoy-original-path x-azure-clientip x-azure-socketip x-azure-fdid
     cf-connecting-ip cf-connecting-ipv6 cf-pseudo-ipv4 cf-ipcountry cf-ray cf-visitor cf-worker
     cf-access-jwt-assertion cf-access-authenticated-user-email cf-access-client-id cf-access-client-secret
     cf-client-cert-der-base64 cf-client-cert-sha256 cf-cert-verified cf-cert-presented cloudfront-viewer-address
     cloudfront-forwarded-proto fastly-client-ip fastly-client fastly-ssl fastly-ff fly-client-ip
     x-vercel-forwarded-for x-appengine-user-email x-appengine-user-id x-appengine-user-ip x-appengine-inbound-appid
     x-appengine-cron x-appengine-queuename x-goog-iap-jwt-assertion x-goog-authenticated-user-email
     x-goog-authenticated-user-id`,
  ),
  family(
    'Users, roles and tokens that a sign-in gateway has checked',
    `x-authenticated* authenticated-* x-webauth* webauth-* x-auth-request* x-auth-user* x-auth-email* x-auth-name*
     x-auth-sub* x-auth-role* x-auth-group* x-auth-id* x-auth-principal* x-auth-claim* x-auth-scope* auth-user*
     x-user x-user-acc* x-user-adm* x-user-attr* x-user-auth* x-user-claim* x-user-cn* x-user-dn* x-user-email*
     x-user-full* x-user-group* x-user-i* x-user-login* x-user-mail* x-user-name* x-user-org* x-user-perm*
     x-user-principal* x-user-priv* x-user-profile* x-user-role* x-user-scope* x-user-sub* x-user-tenant*
     x-user-token* x-user-type* x-user-uid* x-user-uuid* x-userid* x-username* x-useremail* x-userinfo* x-userrole*
     x-usergroup* x-logon-user* logon-user* x-windows-user* x-iisnode* x-ms-client-principal* x-ms-token* x-ms-auth*
     x-identity* x-principal* x-subject* x-impersonate* impersonate-* x-rh-identity* x-consumer* x-credential*
     x-anonymous-consumer* x-token-* x-claims* x-jwt-* x-oidc* oidc-* x-openid* x-saml* saml-* shib-* x-shib*
     mellon-* eppn affiliation unscoped-affiliation entitlement persistent-id targeted-id sm-* smuser* x-sm-* iv-*
     oam-* osso-* ct-remote-user tailscale-* x-pomerium* x-vouch* x-authentik* x-authelia* x-amzn-oidc*
     x-apigateway-* x-endpoint-api-* x-amzn-request-context* x-amzn-lambda-context* x-msisdn* msisdn x-up-calling-line-id`,
    `x-authenticated-user x-authenticated-userid x-authenticated-scope x-authenticated-groups x-authenticated-email
     authenticated-user x-webauth-user x-webauth-name x-webauth-email x-webauth-role x-webauth-groups
     x-auth-request-user x-auth-request-email x-auth-request-groups x-auth-request-preferred-username
     x-auth-request-access-token x-auth-request-redirect x-auth-user x-auth-username x-auth-user-id x-auth-email
     x-auth-name x-auth-subject x-auth-roles x-auth-groups auth-user x-user-id x-user-name x-user-email x-user-role
     x-user-roles x-user-group x-user-groups x-user-dn x-user-info x-user-identity x-user-claims x-user-scopes
     x-user-permissions x-user-sub x-userid x-username x-userinfo x-logon-user logon-user
     x-iisnode-logon-user x-iisnode-auth-user x-ms-client-principal x-ms-client-principal-id
     x-ms-client-principal-name x-ms-client-principal-idp x-ms-token-aad-id-token x-ms-token-aad-access-token
     x-identity x-principal x-subject x-impersonate-user impersonate-user impersonate-group x-rh-identity
     x-consumer-id x-consumer-username x-consumer-custom-id x-consumer-groups x-credential-identifier
     x-credential-username x-anonymous-consumer x-token-subject x-token-claims x-jwt-assertion x-jwt-payload
     x-jwt-claims x-oidc-user x-oidc-claim-sub oidc-claim-sub oidc-claim-email oidc-claim-name
     oidc-claim-preferred-username oidc-claim-groups oidc-claim-roles oidc-access-token oidc-id-token
     oidc-id-token-payload x-saml-user shib-session-id shib-identity-provider shib-application-id mellon-name-id
     sm-user sm-userdn sm-username sm-usergroups sm-serversessionid sm-universalid smuser x-sm-user iv-user iv-groups
     iv-creds iv-user-l oam-remote-user osso-user-dn osso-user-guid tailscale-user-login tailscale-user-name
     tailscale-user-profile-pic x-pomerium-jwt-assertion x-pomerium-claim-email x-pomerium-claim-user
     x-pomerium-claim-groups x-vouch-user x-vouch-idp-claims-email x-vouch-idp-accesstoken x-vouch-success
     x-authentik-username x-authentik-email x-authentik-groups x-authentik-uid x-authelia-user x-amzn-oidc-data
     x-amzn-oidc-identity x-amzn-oidc-accesstoken x-apigateway-api-userinfo x-endpoint-api-userinfo`,
  ),
  family(
    'What makes some programs read another path, method or file than was authorized',
    `x-rewrite* x-override-url x-http-method* x-http-host* x-http-path* x-http-dest* x-method x-method-override*
     x-request-uri x-request-url x-script-name script-name path-info x-path-info x-servlet-path x-accel-* x-sendfile*
     x-middleware-* x-invoke-* x-matched-path`,
    `x-rewrite-url x-rewrite-uri x-http-method x-http-method-override x-http-host-override x-method-override
     x-accel-redirect x-accel-mapping x-accel-internal x-sendfile x-sendfile-type x-middleware-subrequest
     x-middleware-rewrite x-middleware-invoke x-invoke-path x-invoke-query`,
  ),
  family(
    'Proxies of the client itself (httpoxy, CVE-2016-5385)',
    'proxy proxy-* x-proxy-* x-proxyuser*',
    'proxy-user proxy-remote-user proxy-host proxy-ssl proxy-client-ip x-proxy-user x-proxy-remote-user x-proxyuser-ip',
  ),
]

/** Hop-by-hop fields (RFC 9110, section 7.6.1), and those that are meaningful on one connection only. */
export const hopByHop: ReadonlySet<string> = new Set([
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

/** Returns whether a field is hop-by-hop. `name` is in lower case. */
export const isHopByHop = (name: string): boolean => hopByHop.has(name)

/** Fields that are ambiguous when they are repeated. */
export const singleFields: ReadonlySet<string> = new Set(['host', 'authorization', 'content-type'])

/** Fields that must not come under a name that only looks different, in addition to hop-by-hop fields. */
export const plainFields: ReadonlySet<string> = new Set([...singleFields, 'content-length', 'cookie'])

/**
 * Normalizes a name like programs that treat dashes, underscores, dots and other marks alike (RFC 3875,
 * section 4.1.18).
 */
const foldName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')

/** Returns every pattern: those of {@link headerFamilies} and an operator's own, normalized. */
export const listPatterns = (added: readonly string[] = []): string[] => [
  ...new Set([
    ...headerFamilies.flatMap(({ patterns }) => patterns),
    ...added.map((pattern) => foldName(pattern.replace(/\*$/, '')) + (pattern.endsWith('*') ? '*' : '')),
  ]),
]

const maxRememberedNames = 2000
/** Longer names are not cached, so that the cache is bounded in bytes too. */
const maxRememberedCharacters = 100

/** Caches the result of `find` for recent names. */
export function rememberByName<T>(find: (name: string) => T): (name: string) => T {
  const found = new Map<string, T>()
  return (name) => {
    const known = found.get(name)
    if (known !== undefined) return known
    const value = find(name)
    if (name.length > maxRememberedCharacters) return value
    if (found.size >= maxRememberedNames) found.clear()
    found.set(name, value)
    return value
  }
}

/**
 * Returns a test of whether a name is in the table, in any spelling; `added` are the patterns of an operator.
 */
export function createReservedMatcher(added: readonly string[] = []): (name: string) => boolean {
  const alternatives = listPatterns(added).map((one) => (one.endsWith('*') ? one.slice(0, -1) : `${one}$`))
  const reserved = new RegExp(`^(?:${alternatives.join('|')})`)
  return (name) => reserved.test(foldName(name))
}

/** Returns a test of whether a client's field must not reach the upstream, in any case or spelling. */
export function createKeptBack(added: readonly string[] = []): (name: string) => boolean {
  const isReserved = createReservedMatcher(added)
  return (name) => {
    const folded = foldName(name)
    return (
      name.startsWith(':') ||
      hopByHop.has(folded) ||
      isReserved(folded) ||
      (folded !== name.toLowerCase() && plainFields.has(folded))
    )
  }
}
