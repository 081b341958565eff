import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { GatewayHarness } from '../../support/gateway-harness.ts'
import { createForge, type Files, type Forge } from './create-forge.ts'
import type { SetUp } from './set-up.ts'

const hour = 3_600_000
const clientPurpose = 'extendedKeyUsage=clientAuth\nkeyUsage=critical,digitalSignature'
export const nothing: Files = { certFile: '', keyFile: '' }

/** A certificate that is denied, with the reason. */
export interface WrongCertificate {
  name: string
  code: string
  files: Files
  isOwned?: boolean
  tls?: SetUp['tls']
}

/** Creates the certificates and registers those that must be. */
export async function listWrongCertificates(harness: GatewayHarness): Promise<WrongCertificate[]> {
  const forge = createForge(harness.folder)
  const issuer = await harness.exportIssuer()
  const { subject } = new X509Certificate(readFileSync(issuer.certFile))
  const impostor = forge.selfSigned('impostor-ca', `/${subject.split('\n').join('/')}`)
  const otherCa = forge.selfSigned('other-ca', '/O=Postern/CN=Postern Other CA')
  const revoked = await harness.issue()
  const outOfTime = Math.floor(Date.now() / 1000) * 1000
  const ofOurs = (name: string, extensions: string, more = {}) => forge.issue(name, issuer, extensions, more)
  const wrongPurpose = (name: string, extensions: string): WrongCertificate => ({
    ...{ name: `a certificate ${name}`, code: 'certificate_wrong_purpose' },
    files: ofOurs(name.replaceAll(' ', '-'), extensions),
  })
  await harness.revoke(revoked.id)
  return [
    { name: 'no certificate', code: 'certificate_missing', files: nothing },
    {
      name: 'self-signed',
      code: 'certificate_issuer_unknown',
      files: forge.selfSigned('self', '/CN=Somebody'),
    },
    {
      name: 'an issuer of the right name with another key',
      code: 'certificate_issuer_unknown',
      files: forge.issue('of-impostor', impostor, clientPurpose),
    },
    {
      name: 'a leaf without its issuer',
      code: 'certificate_chain_incomplete',
      files: forge.issue('lone', otherCa, clientPurpose),
    },
    {
      name: 'another environment',
      code: 'certificate_wrong_environment',
      files: await harness.issue({ environment: 'staging' }),
      isOwned: true,
    },
    {
      name: 'expired',
      code: 'certificate_expired',
      files: await harness.issue({ notBefore: outOfTime - 2 * hour, notAfter: outOfTime - hour }),
      isOwned: true,
    },
    {
      name: 'not yet valid',
      code: 'certificate_not_yet_valid',
      files: await harness.issue({ notBefore: outOfTime + hour }),
      isOwned: true,
    },
    { name: 'revoked', code: 'certificate_revoked', files: revoked, isOwned: true },
    {
      name: 'not registered',
      code: 'certificate_not_registered',
      files: await harness.issue({ registered: false }),
    },
    wrongPurpose('without a purpose', 'keyUsage=critical,digitalSignature'),
    wrongPurpose('for servers', 'extendedKeyUsage=serverAuth'),
    wrongPurpose('for any purpose', 'extendedKeyUsage=anyExtendedKeyUsage'),
    wrongPurpose('of an authority', 'basicConstraints=critical,CA:TRUE\nextendedKeyUsage=clientAuth'),
    wrongPurpose('that signs certificates', 'keyUsage=keyCertSign\nextendedKeyUsage=clientAuth'),
    wrongPurpose('with an unknown critical extension', `${clientPurpose}\n1.2.3.4=critical,DER:0500`),
    wrongPurpose('of version 1', ''),
    {
      name: 'a short key',
      code: 'certificate_weak',
      files: ofOurs('short-key', clientPurpose, { key: ['-newkey', 'rsa:1024'] }),
      tls: 'lenient',
    },
    {
      name: 'signed with SHA-1',
      code: 'certificate_weak',
      files: ofOurs('sha-1', clientPurpose, { more: ['-sha1'] }),
      tls: 'lenient',
    },
    await makeBelowClient(harness, forge),
  ]
}

/** Returns a certificate that a client has issued with its own, and the chain of both. */
async function makeBelowClient(harness: GatewayHarness, forge: Forge): Promise<WrongCertificate> {
  const client = await harness.issue()
  const files = forge.issue('below-client', client, clientPurpose)
  writeFileSync(files.certFile, readFileSync(files.certFile, 'utf8') + client.cert)
  return { name: 'issued by a client', code: 'certificate_chain_invalid', files }
}
