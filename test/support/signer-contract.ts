import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseCertificate } from '../../src/pki/certificate.ts'
import { draftClientCertificate } from '../../src/pki/certificate-profile.ts'
import { issuerFactsOf } from '../../src/pki/issuer-facts.ts'
import type { Signer } from '../../src/pki/signer.ts'
import { makeKey, planClientCertificate } from './test-authority.ts'

/** What a signer is tried with: two issuers that it has the keys of. */
export interface SignerWorld {
  signer: Signer
  issuers: { id: string; certificateDer: Uint8Array }[]
}

/** What every `Signer` must do, wherever it keeps its keys. */
export function testSigner(open: () => SignerWorld): void {
  const planFor = async (certificateDer: Uint8Array) => {
    const facts = issuerFactsOf(new Uint8Array(certificateDer))
    const issuer = { facts, der: certificateDer, sign: () => new Uint8Array() }
    return draftClientCertificate(planClientCertificate(issuer, await makeKey()))
  }

  test('signs what it was given, with the key of the issuer that was named', async () => {
    const { signer, issuers } = open()
    expect(issuers.length).toBeGreaterThan(1)
    for (const issuer of issuers) {
      const tbs = await planFor(issuer.certificateDer)
      const der = await signer.sign(issuer.id, tbs)
      expect(Buffer.from(parseCertificate(der).tbs)).toEqual(Buffer.from(tbs))
      const verifiedBy = issuers.filter(({ certificateDer }) =>
        new X509Certificate(der).verify(new X509Certificate(certificateDer).publicKey),
      )
      expect(verifiedBy.map(({ id }) => id)).toEqual([issuer.id])
    }
  })

  test('signs many at once, each its own', async () => {
    const { signer, issuers } = open()
    const [issuer] = issuers
    if (issuer === undefined) throw new Error('no issuer')
    const plans = await Promise.all(Array.from({ length: 10 }, () => planFor(issuer.certificateDer)))
    const signed = await Promise.all(plans.map((tbs) => signer.sign(issuer.id, tbs)))
    const key = new X509Certificate(issuer.certificateDer).publicKey
    for (const [index, der] of signed.entries()) {
      expect(Buffer.from(parseCertificate(der).tbs)).toEqual(Buffer.from(plans[index] ?? []))
      expect(new X509Certificate(der).verify(key)).toBe(true)
    }
  })

  test('refuses an issuer that it has no key of', async () => {
    await expect(open().signer.sign('iss_unknown', new Uint8Array([0x30, 0]))).rejects.toMatchObject({
      code: 'issuer_unavailable',
    })
  })
}
