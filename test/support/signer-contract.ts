import { randomBytes, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseCertificate } from '../../src/pki/certificate/certificate.ts'
import { draftClientCertificate } from '../../src/pki/profile/certificate-profile.ts'
import { issuerFactsOf } from '../../src/pki/profile/issuer-facts.ts'
import { planFields, type Signer } from '../../src/pki/profile/signer.ts'
import { draftRevocationList } from '../../src/pki/status/revocation-list.ts'
import { createRecordSeals } from '../../src/signer/record-seals.ts'
import { signPlanned } from './sign-planned.ts'
import { makeKey, planClientCertificate } from './test-authority.ts'

/** What a signer is tried with: two issuers that it has the keys of. */
export interface SignerWorld {
  signer: Signer
  authorityKey: Uint8Array
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
    const { signer, authorityKey, issuers } = open()
    expect(issuers.length).toBeGreaterThan(1)
    for (const issuer of issuers) {
      const tbs = await planFor(issuer.certificateDer)
      const der = await signPlanned(signer, authorityKey, issuer.id, tbs)
      expect(Buffer.from(parseCertificate(der).tbs)).toEqual(Buffer.from(tbs))
      const verifiedBy = issuers.filter(({ certificateDer }) =>
        new X509Certificate(der).verify(new X509Certificate(certificateDer).publicKey),
      )
      expect(verifiedBy.map(({ id }) => id)).toEqual([issuer.id])
    }
  })

  test('signs many at once, each its own', async () => {
    const { signer, authorityKey, issuers } = open()
    const [issuer] = issuers
    if (issuer === undefined) throw new Error('no issuer')
    const plans = await Promise.all(Array.from({ length: 10 }, () => planFor(issuer.certificateDer)))
    const signed = await Promise.all(plans.map((tbs) => signPlanned(signer, authorityKey, issuer.id, tbs)))
    const key = new X509Certificate(issuer.certificateDer).publicKey
    for (const [index, der] of signed.entries()) {
      expect(Buffer.from(parseCertificate(der).tbs)).toEqual(Buffer.from(plans[index] ?? []))
      expect(new X509Certificate(der).verify(key)).toBe(true)
    }
  })

  test('refuses a plan that is not the one that was sealed, and a seal of another kind or key', async () => {
    const { signer, authorityKey, issuers } = open()
    const [one, two] = issuers
    if (one === undefined || two === undefined) throw new Error('no issuers')
    const tbs = await planFor(one.certificateDer)
    const plan = { kind: 'client', id: 'cert_1', environment: 'production', issuerId: one.id, tbs } as const
    const seals = createRecordSeals(authorityKey)
    const seal = seals.seal('plan', planFields(plan))
    expect((await signer.signPlan({ ...plan, seal })).length).toBeGreaterThan(tbs.length)
    const changed = tbs.with(-1, (tbs.at(-1) ?? 0) ^ 1)
    const forged: Parameters<typeof signer.signPlan>[0][] = [
      { ...plan, seal: null },
      { ...plan, seal: new Uint8Array() },
      { ...plan, seal: seal.subarray(0, 16) },
      { ...plan, seal: seal.with(0, (seal[0] ?? 0) ^ 1) },
      { ...plan, tbs: changed, seal },
      { ...plan, id: 'cert_2', seal },
      { ...plan, environment: 'staging', seal },
      { ...plan, environment: null, seal },
      { ...plan, kind: 'responder', seal },
      { ...plan, issuerId: two.id, seal },
      { ...plan, seal: seals.seal('request', planFields(plan)) },
      { ...plan, seal: createRecordSeals(randomBytes(32)).seal('plan', planFields(plan)) },
    ]
    for (const each of forged)
      await expect(signer.signPlan(each)).rejects.toMatchObject({ code: 'record_not_authentic' })
  })

  test('signs no certificate as a list, nor the list of another issuer', async () => {
    const { signer, issuers } = open()
    const [one, two] = issuers
    if (one === undefined || two === undefined) throw new Error('no issuers')
    const listOf = ({ certificateDer }: typeof one) => {
      const issuer = issuerFactsOf(new Uint8Array(certificateDer))
      return draftRevocationList({ issuer, number: 1, thisUpdate: 1e12, nextUpdate: 2e12, entries: [] })
    }
    expect((await signer.signList(one.id, listOf(one))).length).toBeGreaterThan(100)
    for (const tbs of [await planFor(one.certificateDer), listOf(two), new Uint8Array([0x30, 0])])
      await expect(signer.signList(one.id, tbs)).rejects.toMatchObject({ code: 'profile_violation' })
  })

  test('refuses an issuer that it has no key of', async () => {
    await expect(open().signer.signList('iss_unknown', new Uint8Array([0x30, 0]))).rejects.toMatchObject({
      code: 'issuer_unavailable',
    })
  })
}
