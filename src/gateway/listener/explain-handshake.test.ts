import { expect, test } from 'vitest'
import { explainHandshake } from './explain-handshake.ts'

const explain = (code: string) => explainHandshake(`ERR_SSL_${code}`, undefined)

test('an alert about the gateway’s expired certificate leads to the clock and the provider, not to the CA file', () => {
  const { code, explanation } = explain('TLS/SSL_ALERT_CERTIFICATE_EXPIRED')
  expect(code).toBe('tls_server_certificate_rejected')
  expect(explanation).toContain('as expired')
  expect(explanation).toContain('contact the provider')
  expect(explanation).not.toMatch(/CA file|host name/)
  expect(explain('SSL/TLS_ALERT_CERTIFICATE_REVOKED').explanation).toContain('as revoked')
  expect(explain('TLSV1_ALERT_UNKNOWN_CA').explanation).toContain('CA file')
})

test('a TLS message out of order is TLS, unlike bytes of another protocol', () => {
  expect(explain('UNEXPECTED_MESSAGE').explanation).toContain('TLS message')
  expect(explain('UNEXPECTED_MESSAGE').explanation).not.toContain('did not send TLS')
  expect(explain('WRONG_VERSION_NUMBER').explanation).toContain('did not send TLS')
})
