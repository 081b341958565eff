/**
 * The name of a cookie of the portal. Over https it has the prefix `__Host-`: browsers take it from this host over https
 * alone, so that no sibling subdomain and no plain connection can set it (RFC 6265bis, 4.1.3.2).
 */
export const portalCookieName = (portalUrl: string, purpose: 'session_token' | 'device'): string =>
  `${portalUrl.startsWith('https:') ? '__Host-' : ''}postern.${purpose}`
