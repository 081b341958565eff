import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { damagedBytes } from '../../test/support/damaged-bytes.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { takeStoreAway } from '../../test/support/make-store-unavailable.ts'
import { type OcspHarness, openOcspHarness } from '../../test/support/ocsp-harness.ts'
import type { CertificateView } from '../contract/certificate.ts'
import { openSequence } from '../pki/der/der-reader.ts'
import { element, integer, sequence } from '../pki/der/der-writer.ts'
import { toPem } from '../pki/text/pem.ts'

const hour = 3_600_000
const mediaType = 'application/ocsp-request'

describeOnBothEngines('the OCSP responder', (store) => {
  let harness: OcspHarness
  let acme: Parameters<OcspHarness['issueTo']>[1]
  beforeAll(async () => {
    harness = await openOcspHarness(store.database)
    acme = await harness.addOrganization('acme')
    await harness.issueTo('good', acme)
  })
  afterAll(() => harness.close())

  const openssl = (rest: string, url = harness.url) =>
    harness.ask(`openssl ocsp -issuer issuer.pem -url ${url} -CAfile trust.pem ${rest}`)
  const serialOf = ({ issued }: CertificateView) => `0x${issued?.serialNumber}`
  const post = (body: Uint8Array, headers: Record<string, string> = { 'content-type': mediaType }) =>
    fetch(harness.url, { method: 'POST', body: new Uint8Array(body), headers })
  const readBytes = async (response: Response) => new Uint8Array(await response.arrayBuffer())
  const makeRequest = async (which: string) => {
    await harness.ask(`openssl ocsp -issuer issuer.pem ${which} -reqout request.der`)
    return harness.folder.read('request.der')
  }
  const get = (request: Uint8Array, headers: Record<string, string> = {}) =>
    fetch(`${harness.url}/${encodeURIComponent(Buffer.from(request).toString('base64'))}`, { headers })
  const readResponse = async (der: Uint8Array, rest: string) => {
    harness.folder.write('response.der', der)
    return harness.ask(`openssl ocsp -respin response.der -issuer issuer.pem -CAfile trust.pem ${rest}`)
  }

  test.each(['-sha1', '-sha256'])(
    'reports good certificates to openssl (%s) and repeats its nonce',
    async (hash) => {
      const text = await openssl(`${hash} -cert good.pem -resp_text`)
      expect(text).toContain('Response verify OK')
      expect(text).toContain('good.pem: good')
      expect(text).not.toContain('WARNING')
      expect(text).toMatch(/Responder Id: [0-9A-F]{40}/)
      expect(text).toContain('OCSP No Check')
    },
  )

  test('reports a revocation immediately, with reason and time as in the CRL', async () => {
    const issued = await harness.issueTo('bad', acme)
    const request = await makeRequest('-no_nonce -cert bad.pem')
    // The response is cached from here on.
    expect(await readResponse(await readBytes(await get(request)), '-cert bad.pem')).toContain(
      'bad.pem: good',
    )
    await harness.revoke(acme, issued)
    expect(await openssl('-cert bad.pem')).toMatch(/bad\.pem: revoked\s[\s\S]*Reason: superseded/)
    const text = await readResponse(await readBytes(await get(request)), '-cert bad.pem')
    const [, time] = /Revocation Time: (.*)/.exec(text) ?? []
    await harness.publish(harness.issuer.id)
    harness.folder.write(
      'list.crl',
      (await harness.crls.findDer({ issuerId: harness.issuer.id, partition: null })) ?? '',
    )
    const list = await harness.ask('openssl crl -inform DER -in list.crl -noout -text')
    expect(list).toContain(`Revocation Date: ${time}`)
  })

  test('reports a revocation even if another process has just answered good', async () => {
    const other = await harness.openAnother()
    const issued = await harness.issueTo('moved', acme)
    expect(await openssl('-no_nonce -cert moved.pem', other)).toContain('moved.pem: good')
    await harness.revoke(acme, issued)
    expect(await openssl('-no_nonce -cert moved.pem', other)).toContain('moved.pem: revoked')
  })

  test('answers for several certificates in one response, and unknown for an unknown serial number', async () => {
    const [good, bad] = [await harness.issueTo('one', acme), await harness.issueTo('two', acme)]
    await harness.revoke(acme, bad)
    const serials = `-serial ${serialOf(good)} -serial 0x42 -serial ${serialOf(bad)} -serial 0xff42`
    const text = await openssl(serials)
    expect(text).toContain('Response verify OK')
    expect(text.match(/^0x\w+: \w+/gm)?.map((line) => line.split(': ')[1])).toEqual([
      'good',
      'unknown',
      'revoked',
      'unknown',
    ])
    expect(await openssl(`${serials} -no_nonce`)).toContain('Response verify OK')
  })

  test('answers each of many concurrent requests for its own certificates', async () => {
    const [good, bad] = [await harness.issueTo('three', acme), await harness.issueTo('four', acme)]
    await harness.revoke(acme, bad)
    const serials = [serialOf(good), serialOf(bad), '0x1234', serialOf(bad)]
    const requests: Uint8Array[] = []
    for (const serial of serials) requests.push(await makeRequest(`-no_nonce -serial ${serial}`))
    const asked = Array.from({ length: 41 }, (_, i) => i % serials.length)
    const answers = await Promise.all(
      asked.map(async (i) => readBytes(await post(requests[i] ?? sequence()))),
    )
    const expected = ['good', 'revoked', 'unknown', 'revoked']
    for (const [at, i] of asked.entries())
      expect(await readResponse(answers[at] ?? sequence(), `-serial ${serials[i]}`)).toContain(
        `${serials[i]}: ${expected[i]}`,
      )
  })

  test('does not know a certificate that is only planned', async () => {
    const draft = await harness.createDraft(acme)
    const serialNumber = '4a00000000000000000000000000000001'
    await store.database.queries
      .updateTable('certificates')
      .set({ status: 'pending', issuer_id: harness.issuer.id, serial_number: serialNumber })
      .where('id', '=', draft.id)
      .execute()
    expect(await openssl(`-serial 0x${serialNumber}`)).toContain(': unknown')
  })

  test('is accepted by GnuTLS, which sends the request, verifies the response and detects the revocation', async () => {
    const issued = await harness.issueTo('gnutls', acme)
    const ask = (outfile: string) =>
      harness.ask(
        `ocsptool --ask=${harness.url} --nonce --load-cert gnutls.pem --load-issuer issuer.pem --outfile ${outfile} --load-trust trust.pem`,
      )
    const good = await ask('good.der')
    expect(good).toContain('Verifying OCSP Response: Success.')
    const info = await harness.ask('ocsptool --response-info --infile good.der')
    expect(info).toContain('Certificate Status: good')
    expect(info).toMatch(/Extensions:\s+Nonce: \w+/)
    const verify = '--load-trust trust.pem --verify-response'
    expect(await harness.ask(`ocsptool ${verify} --infile good.der`)).toContain('Success')
    await harness.revoke(acme, issued)
    await ask('revoked.der')
    const later = await harness.ask('ocsptool --response-info --infile revoked.der')
    expect(later).toContain('Certificate Status: revoked')
  })

  test('answers curl’s GET with caching headers, and without a body if curl has the latest response', async () => {
    await harness.issueTo('cached', acme)
    const request = await makeRequest('-no_nonce -cert cached.pem')
    const base64 = Buffer.from(request).toString('base64')
    const curl = 'curl --silent --show-error --dump-header headers.txt --output response.der'
    await harness.ask(`${curl} ${harness.url}/${base64}`)
    const headers = Buffer.from(harness.folder.read('headers.txt')).toString()
    expect(headers).toMatch(/cache-control: public, max-age=10, no-transform, must-revalidate/)
    expect(headers).toMatch(/content-type: application\/ocsp-response/)
    expect(await readResponse(harness.folder.read('response.der'), '-cert cached.pem')).toContain('good')

    const first = await get(request)
    const moments = ['date', 'last-modified', 'expires'].map((name) =>
      Date.parse(first.headers.get(name) ?? ''),
    )
    expect((moments[2] ?? 0) - (moments[0] ?? 0)).toBeLessThanOrEqual(11_000)
    expect(moments[1]).toBeLessThanOrEqual((moments[0] ?? 0) + 1000)
    const etag = first.headers.get('etag') ?? ''
    const again = await get(request, { 'if-none-match': etag })
    expect([again.status, (await readBytes(again)).length]).toEqual([304, 0])
    harness.clock.advance(301_000)
    expect((await get(request, { 'if-none-match': etag })).status).toBe(200)
  })

  test('accepts a GET with base64 characters both plain and percent-encoded', async () => {
    const request = await makeRequest(`-no_nonce -serial 0x3${'f'.repeat(7)}${'fbefbe00'.repeat(3)}`)
    const base64 = Buffer.from(request).toString('base64')
    expect(base64).toMatch(/\/\/.*\+/)
    for (const path of [base64, encodeURIComponent(base64), base64.replaceAll('+', '%2b')]) {
      const der = await readBytes(await fetch(`${harness.url}/${path}`))
      expect(await readResponse(der, '-resp_text')).toContain('Cert Status: unknown')
    }
  })

  test('gives its last valid response while the store is unavailable, and tryLater, without a reason, if it has none', async () => {
    const request = await makeRequest('-no_nonce -cert good.pem')
    await harness.issueTo('unasked', acme)
    const unasked = await makeRequest('-no_nonce -cert unasked.pem')
    const before = await readBytes(await get(request))
    const bringBack = await takeStoreAway(store.location)
    expect(await readBytes(await get(request))).toEqual(before)
    for (const answer of [await get(unasked), await post(unasked)]) {
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
      // RFC 6960, section 4.2.1: an OCSPResponse with only the status tryLater (3).
      expect(Buffer.from(await readBytes(answer)).toString('hex')).toBe('30030a0103')
    }
    await bringBack()
    expect(await readResponse(await readBytes(await get(request)), '-cert good.pem')).toContain('good')
  })

  test('limits caching so that no response outlives a revocation, and allows caching of final responses until they expire', async () => {
    const issued = await harness.issueTo('kept', acme)
    const request = await makeRequest('-no_nonce -cert kept.pem')
    const etag = (await get(request)).headers.get('etag') ?? ''
    await harness.revoke(acme, issued)
    const revoked = await get(request, { 'if-none-match': etag })
    expect(revoked.status).toBe(200)
    expect(revoked.headers.get('cache-control')).toContain('max-age=600,')
    const withNonce = await makeRequest('-nonce -cert kept.pem')
    for (const response of [await get(withNonce), await post(withNonce)])
      expect([response.headers.get('cache-control'), response.headers.get('etag')]).toEqual([
        'no-store',
        null,
      ])
  })

  test('answers for its own certificates only', async () => {
    const staging = await harness.issuers.getSigning('staging')
    harness.folder.write('staging.pem', toPem('CERTIFICATE', new Uint8Array(staging.certificateDer)))
    const ask = (issuer: string, url: string) =>
      harness.ask(`openssl ocsp -issuer ${issuer} -serial 1 -url ${url} -CAfile trust.pem`)
    const root = (await harness.issuers.listChain(harness.issuer.id)).at(-1)
    const base = harness.url.slice(0, harness.url.lastIndexOf('/'))
    expect(await ask('staging.pem', harness.url)).toContain('unauthorized (6)')
    expect(await ask('issuer.pem', `${base}/${staging.id}`)).toContain('unauthorized (6)')
    expect(await ask('issuer.pem', `${base}/nobody`)).toContain('unauthorized (6)')
    expect(await ask('root.pem', `${base}/${root?.id}`)).toContain('unauthorized (6)')
    expect(
      await harness.ask(`openssl ocsp -sha512 -issuer issuer.pem -serial 1 -url ${harness.url}`),
    ).toContain('unauthorized (6)')
  })

  test('answers or rejects any bytes within the protocol', async () => {
    const seeds = [
      await makeRequest('-nonce -cert good.pem'),
      await makeRequest('-no_nonce -serial 1 -serial 2'),
    ]
    await fc.assert(
      fc.asyncProperty(damagedBytes(seeds), async (request) => {
        const response = await post(request)
        expect([response.status, response.headers.get('content-type')]).toEqual([
          200,
          'application/ocsp-response',
        ])
        const answer = openSequence(await readBytes(response), 'ocsp_request_malformed')
        expect([0, 1, 6]).toContain(answer.readContent(0x0a)[0])
      }),
      { numRuns: 400 },
    )
  })

  describe('an invalid OCSP request', () => {
    const malformed = Buffer.from('30030a0101', 'hex')
    test.each([
      ['nothing', new Uint8Array()],
      ['text', new TextEncoder().encode('GET / HTTP/1.1')],
      ['an empty sequence', sequence()],
      ['a request list without entries', sequence(sequence(sequence()))],
      ['a number', integer(1)],
      [
        'deep nesting',
        Array.from({ length: 40 }).reduce<Uint8Array>((inner) => element(0x30, inner), sequence()),
      ],
    ])('with %s is answered as malformed, without caching headers', async (_, body) => {
      for (const response of [await post(body), await get(body.length === 0 ? new Uint8Array(1) : body)]) {
        expect(response.status).toBe(200)
        expect(response.headers.get('cache-control')).toBe('no-store')
        expect(Buffer.from(await readBytes(response))).toEqual(malformed)
      }
    })

    test('that is not base64 is answered as malformed', async () => {
      for (const path of ['%%%', '*', '....', 'MEMwQTA/']) {
        const response = await fetch(`${harness.url}/${path}`)
        expect([200, 400]).toContain(response.status)
        if (response.status === 200) expect(Buffer.from(await readBytes(response))).toEqual(malformed)
      }
    })

    test('with a body that is too large or of another media type is rejected', async () => {
      expect((await post(new Uint8Array(20_000))).status).toBe(413)
      expect((await post(sequence(), { 'content-type': 'application/json' })).status).toBe(415)
      expect((await post(sequence(), { 'content-type': 'text/plain' })).status).toBe(415)
    })
  })

  describe('an OCSP responder certificate', () => {
    const responders = () =>
      store.database.queries
        .selectFrom('ocsp_responders')
        .selectAll()
        .where('issuer_id', '=', harness.issuer.id)
        .orderBy('created_at')
        .execute()
    const signedBy = async () =>
      /Responder Id: (\w+)/.exec(await openssl('-cert good.pem -resp_text'))?.[1] ?? 'nobody'

    test('is accepted by openssl as a responder, and its key can sign only responses', async () => {
      await signedBy()
      const [{ certificate_der: der } = { certificate_der: null }] = await responders()
      harness.folder.write('responder.pem', toPem('CERTIFICATE', new Uint8Array(der ?? [])))
      const verify = 'openssl verify -x509_strict -CAfile root.pem -untrusted issuer.pem'
      expect(await harness.ask(`${verify} -purpose ocsphelper responder.pem`)).toContain('responder.pem: OK')
      expect(await harness.ask(`${verify} -purpose sslclient responder.pem`)).toContain('purpose')
      const text = await harness.ask('openssl x509 -in responder.pem -noout -text')
      expect(text).toContain('OCSP Signing')
      expect(text).toContain('CA:FALSE')
    })

    test('has a sealed key, an audit row and the state good', async () => {
      const [row] = await responders()
      const ecPublicKey = Buffer.from('06072a8648ce3d0201', 'hex')
      expect(Buffer.from(row?.sealed_key ?? []).includes(ecPublicKey)).toBe(false)
      const audit = await store.database.queries
        .selectFrom('audit')
        .select('after')
        .where('action', '=', 'ocsp_responder.certified')
        .execute()
      expect(audit.map(({ after }) => JSON.parse(after ?? '{}').serialNumber)).toContain(row?.serial_number)
      expect(await openssl(`-serial 0x${row?.serial_number}`)).toContain(': good')
    })

    test('is shared by all processes', async () => {
      const other = await harness.openAnother()
      await openssl('-cert good.pem', other)
      expect(await responders()).toHaveLength(1)
    })

    test('is replaced automatically, and stays in use while the issuer’s key is unavailable', async () => {
      const first = await signedBy()
      harness.key.isAway = true
      harness.clock.advance(25 * hour)
      expect(await signedBy()).toBe(first)
      await vi.waitFor(() =>
        expect(harness.failures.join()).toContain('renew-ocsp-responder: the key is away'),
      )
      harness.key.isAway = false
      harness.clock.advance(120_000)
      const untilAnotherSigns = (present: string) =>
        vi.waitFor(
          async () => {
            const next = await signedBy()
            expect(next).not.toBe(present)
            return next
          },
          { timeout: 20_000 },
        )
      const haveKeys = async () => (await responders()).map(({ sealed_key: key }) => key !== null)
      const second = await untilAnotherSigns(first)
      expect(await haveKeys()).toEqual([true, true])
      harness.clock.advance(25 * hour)
      await untilAnotherSigns(second)
      // The key of the first, expired responder is destroyed.
      expect(await haveKeys()).toEqual([false, true, true])
    })

    test('if missing makes the responder answer tryLater; the stored plan is signed later', async () => {
      harness.key.isAway = true
      harness.clock.advance(60 * hour)
      expect(await openssl('-cert good.pem')).toContain('trylater (3)')
      const planned = (await responders()).at(-1)
      expect(planned).toMatchObject({ certificate_der: null })
      harness.key.isAway = false
      await signedBy()
      const last = (await responders()).at(-1)
      expect(last?.id).toBe(planned?.id)
      expect(last?.certificate_der).not.toBeNull()
    })
  })
})
