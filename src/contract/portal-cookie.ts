/**
 * Returns the name of a portal cookie. Over https it has the prefix `__Host-`: browsers accept such a cookie
 * only from this host over https, so that no sibling subdomain and no plain connection can set it (RFC
 * 6265bis, section 4.1.3.2).
 */
export const portalCookieName = (
  portalUrl: string,
  purpose: 'session_token' | 'device' | 'challenge' | 'password_step' | 'single_sign_on',
): string => `${portalUrl.startsWith('https:') ? '__Host-' : ''}postern.${purpose}`
