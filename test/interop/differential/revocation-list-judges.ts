import { spawnSync } from 'node:child_process'
import { parseRevocationList } from '../../../src/pki/status/parse-revocation-list.ts'
import { x509 } from '../../support/peculiar-x509.ts'
import type { Details } from './judge.ts'

const number = (hex: string) => BigInt(`0x${hex}`).toString(16)
const sorted = (serials: Iterable<string>) => [...new Set([...serials].map(number))].sort().join('\n')

/** Returns what Postern reads. */
export function posternRevocationList(der: Uint8Array): Details {
  const list = parseRevocationList(der)
  return { thisUpdate: String(list.thisUpdate), revoked: sorted(list.revoked) }
}

/** Returns what `openssl crl` prints. */
export function opensslRevocationList(der: Uint8Array): Details {
  const args = 'crl -inform DER -noout -text -lastupdate'.split(' ')
  const { stdout, stderr, status } = spawnSync('openssl', args, { input: der, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr.split('\n')[0])
  const [, updated = ''] = /^lastUpdate=(.*)$/m.exec(stdout) ?? []
  const serials = [...stdout.matchAll(/^ {4}Serial Number: (-?[0-9A-F]+)$/gm)].map(([, hex = '']) => hex)
  return {
    thisUpdate: String(Date.parse(updated)),
    ...(serials.some((hex) => hex.startsWith('-')) ? {} : { revoked: sorted(serials) }),
  }
}

/** Returns what @peculiar/x509 reads. */
export function peculiarRevocationList(der: Uint8Array): Details {
  const list = new x509.X509Crl(new Uint8Array(der))
  return {
    thisUpdate: String(list.thisUpdate.getTime()),
    revoked: sorted(list.entries.map(({ serialNumber }) => serialNumber)),
  }
}
