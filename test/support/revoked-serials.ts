import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Returns the serial numbers on the CRL that a certificate names, as OpenSSL reads them, in lower case.
 * Throws if OpenSSL cannot verify that the certificate's issuer signed the CRL.
 */
export async function readRevokedSerials(pem: string): Promise<string[]> {
  const names = openssl(['x509', '-noout', '-ext', 'crlDistributionPoints,authorityInfoAccess'], pem).stdout
  const [crl, issuer] = await Promise.all([
    fetchNamed(names, /URI:(\S+\.crl)/),
    fetchNamed(names, /URI:(\S+\.cer)/),
  ])
  const folder = mkdtempSync(join(tmpdir(), 'postern-crl-'))
  try {
    const caFile = join(folder, 'issuer.pem')
    writeFileSync(caFile, new X509Certificate(issuer).toString())
    const { stdout, stderr } = openssl(['crl', '-inform', 'DER', '-CAfile', caFile, '-noout', '-text'], crl)
    if (stderr.trim() !== 'verify OK') throw new Error(`openssl says of the CRL: ${stderr}`)
    return [...stdout.matchAll(/Serial Number: ([0-9A-F]+)/g)].map(([, serial = '']) => serial.toLowerCase())
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const openssl = (options: string[], input: string | Buffer) =>
  spawnSync('openssl', options, { input, maxBuffer: 1 << 26, encoding: 'utf8' })

async function fetchNamed(names: string, pattern: RegExp): Promise<Buffer> {
  const response = await fetch(pattern.exec(names)?.[1] ?? '')
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}
