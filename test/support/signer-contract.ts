import { randomBytes, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseCertificate } from '../../src/pki/certificate/certificate.ts'
import { oids } from '../../src/pki/der/oids.ts'
import {
  draftClientCertificate,
  draftResponderCertificate,
} from '../../src/pki/profile/certificate-profile.ts'
import { getIssuerDetails } from '../../src/pki/profile/issuer-details.ts'
import { SoundTbsCertificate } from '../../src/pki/profile/lint-certificate.ts'
import { SoundTbsCertList } from '../../src/pki/status/lint-revocation-list.ts'
import { draftRevocationList } from '../../src/pki/status/revocation-list.ts'
import { type MasterKey, toMasterKey } from '../../src/shapes/master-key.ts'
import { type CertificateToSign, type Signer, tbsFields } from '../../src/shapes/signer.ts'
import { createRecordSeals } from '../../src/signer/record-seals.ts'
import { signSealed } from './sign-sealed.ts'
import { makeKey, planClientCertificate, randomSerialNumber } from './test-authority.ts'

/** What a signer is tested with: two issuers whose keys it holds. */
export interface SignerHarness {
  signer: Signer
  authorityKey: MasterKey
  issuers: { id: string; certificateDer: Uint8Array }[]
}

/** Tests what every `Signer` must do, wherever it keeps its keys. */
export function testSigner(open: () => SignerHarness): void {
  const draftFor = async (certificateDer: Uint8Array) => {
    const facts = getIssuerDetails(new Uint8Array(certificateDer))
    const issuer = { facts, der: certificateDer, sign: () => new Uint8Array() }
    const tbs = draftClientCertificate(planClientCertificate(issuer, await makeKey()))
    return new SoundTbsCertificate('client', tbs, facts)
  }
  const draftResponderOf = async ({ certificateDer }: SignerHarness['issuers'][number]) => {
    const issuer = getIssuerDetails(new Uint8Array(certificateDer))
    const { spki, subjectKeyIdentifier } = await makeKey()
    const times = { notBefore: Date.now(), notAfter: Date.now() + 86_400_000 }
    const subject = [{ type: oids.commonName, value: 'Test OCSP' }]
    const serialNumber = randomSerialNumber()
    const fields = { issuer, serialNumber, subject, spki, subjectKeyIdentifier, ...times }
    return new SoundTbsCertificate('responder', draftResponderCertificate(fields), issuer)
  }
  const draftListOf = ({ certificateDer }: SignerHarness['issuers'][number]) => {
    const issuer = getIssuerDetails(new Uint8Array(certificateDer))
    const list = { issuer, number: 1, thisUpdate: 1e12, nextUpdate: 2e12, entries: [] }
    return new SoundTbsCertList(draftRevocationList(list), issuer)
  }

  test('signs the given data with the key of the named issuer', async () => {
    const { signer, authorityKey, issuers } = open()
    expect(issuers.length).toBeGreaterThan(1)
    for (const issuer of issuers) {
      const tbs = await draftFor(issuer.certificateDer)
      const der = await signSealed(signer, authorityKey, issuer.id, tbs)
      expect(Buffer.from(parseCertificate(der).tbs)).toEqual(Buffer.from(tbs.der))
      const verifiedBy = issuers.filter(({ certificateDer }) =>
        new X509Certificate(der).verify(new X509Certificate(certificateDer).publicKey),
      )
      expect(verifiedBy.map(({ id }) => id)).toEqual([issuer.id])
    }
  })

  test('signs many simultaneous requests, each with its own data', async () => {
    const { signer, authorityKey, issuers } = open()
    const [issuer] = issuers
    if (issuer === undefined) throw new Error('no issuer')
    const drafts = await Promise.all(Array.from({ length: 10 }, () => draftFor(issuer.certificateDer)))
    const signed = await Promise.all(drafts.map((tbs) => signSealed(signer, authorityKey, issuer.id, tbs)))
    const key = new X509Certificate(issuer.certificateDer).publicKey
    for (const [index, der] of signed.entries()) {
      expect(Buffer.from(parseCertificate(der).tbs)).toEqual(Buffer.from(drafts[index]?.der ?? []))
      expect(new X509Certificate(der).verify(key)).toBe(true)
    }
  })

  test('refuses a TBSCertificate that is not the one that was sealed, and a seal of another kind or key', async () => {
    const { signer, authorityKey, issuers } = open()
    const [one, two] = issuers
    if (one === undefined || two === undefined) throw new Error('no issuers')
    const tbs = await draftFor(one.certificateDer)
    const right = { id: 'cert_1', environment: 'production', issuerId: one.id, tbs }
    const fields = tbsFields({ ...right, kind: 'client', tbs: tbs.der })
    const seals = createRecordSeals(authorityKey)
    const seal = seals.seal('tbs-certificate', fields)
    expect((await signer.signCertificate({ ...right, seal })).length).toBeGreaterThan(tbs.der.length)
    const changed = await draftFor(one.certificateDer)
    const forged: CertificateToSign[] = [
      { ...right, seal: null },
      { ...right, seal: new Uint8Array() },
      { ...right, seal: seal.subarray(0, 16) },
      { ...right, seal: seal.with(0, (seal[0] ?? 0) ^ 1) },
      { ...right, tbs: changed, seal },
      { ...right, id: 'cert_2', seal },
      { ...right, environment: 'staging', seal },
      { ...right, environment: null, seal },
      { ...right, tbs: await draftResponderOf(one), seal },
      { ...right, issuerId: two.id, seal },
      { ...right, seal: seals.seal('request', fields) },
      { ...right, seal: createRecordSeals(toMasterKey(randomBytes(32))).seal('tbs-certificate', fields) },
    ]
    for (const each of forged)
      await expect(signer.signCertificate(each)).rejects.toMatchObject({ code: 'record_not_authentic' })
  })

  test('refuses what was linted for another issuer, sealed or not, and what was never linted', async () => {
    const { signer, authorityKey, issuers } = open()
    const [one, two] = issuers
    if (one === undefined || two === undefined) throw new Error('no issuers')
    const tbs = await draftFor(two.certificateDer)
    const refused = { code: 'profile_violation' }
    await expect(signSealed(signer, authorityKey, one.id, tbs)).rejects.toMatchObject(refused)
    // @ts-expect-error: octets are no sound TBSCertificate.
    expect(() => signSealed(signer, authorityKey, one.id, tbs.der)).toThrow()
    const list = draftListOf(one)
    const lookAlike = { der: list.der, issuer: list.issuer }
    // @ts-expect-error: neither is what shows the same as a sound list.
    await expect(signer.signRevocationList(one.id, lookAlike)).rejects.toMatchObject(refused)
    const cast = lookAlike as unknown as SoundTbsCertList
    await expect(signer.signRevocationList(one.id, cast)).rejects.toMatchObject(refused)
    const own = await draftFor(one.certificateDer)
    // @ts-expect-error: a certificate is no list.
    await expect(signer.signRevocationList(one.id, own)).rejects.toMatchObject(refused)
  })

  test('signs no certificate as a CRL, and no CRL of another issuer', async () => {
    const { signer, issuers } = open()
    const [one, two] = issuers
    if (one === undefined || two === undefined) throw new Error('no issuers')
    const refused = { code: 'profile_violation' }
    expect((await signer.signRevocationList(one.id, draftListOf(one))).length).toBeGreaterThan(100)
    await expect(signer.signRevocationList(one.id, draftListOf(two))).rejects.toMatchObject(refused)
    const { der, issuer } = await draftFor(one.certificateDer)
    for (const octets of [der, new Uint8Array([0x30, 0])])
      expect(() => new SoundTbsCertList(octets, issuer)).toThrow(expect.objectContaining(refused))
  })

  test('rejects an issuer whose key it does not hold', async () => {
    const { signer, issuers } = open()
    const [one] = issuers
    if (one === undefined) throw new Error('no issuer')
    await expect(signer.signRevocationList('iss_unknown', draftListOf(one))).rejects.toMatchObject({
      code: 'issuer_unavailable',
    })
  })
}
