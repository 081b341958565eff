import { openSequence } from '../../../src/pki/der/der-reader.ts'
import { constructedTag } from '../../../src/pki/der/der-tags.ts'
import { element, integer, oid, sequence, time } from '../../../src/pki/der/der-writer.ts'
import { oidName, oids } from '../../../src/pki/der/oids.ts'

const code = 'certificate_malformed'
const algorithm = sequence(oid(oids.ed25519))
const key = sequence(algorithm, element(3, new Uint8Array(33)))
const signature = element(3, new Uint8Array(65))

type IsTaken = (der: Uint8Array) => Promise<boolean>

/**
 * Names the part for which a reader rejects a certificate that Postern accepts: starts with a plain
 * certificate, inserts one part of `der` after the other, and returns the part that changes the result.
 */
export async function locateInCertificate(der: Uint8Array, isTaken: IsTaken): Promise<string> {
  const tbs = readAll(openSequence(der, code).readEncoded())
  const given = tbs[0]?.[0] === constructedTag(0) ? tbs.slice(1) : tbs
  const parts = [integer(1), algorithm, sequence(), given[3] as Uint8Array, sequence(), key]
  const write = (tail: Uint8Array[]) =>
    sequence(
      sequence(element(constructedTag(0), integer(2)), ...parts, ...tail),
      parts[1] as Uint8Array,
      signature,
    )
  const names = ['serial number', 'algorithm', 'issuer', 'validity', 'subject', 'key']
  for (const [i, name] of names.entries()) {
    parts[i] = given[i] as Uint8Array
    if (!(await isTaken(write([])))) return `its ${name}`
  }
  for (const extension of listExtensions(given.at(-1) as Uint8Array))
    if (!(await isTaken(write([element(constructedTag(3), sequence(extension))]))))
      return nameExtension(oidName(openSequence(extension, code).readOid()))
  return 'no one part of it'
}

const nameExtension = (name: string) =>
  /^\d/.test(name) ? 'an extension that is not known here' : `its extension ${name}`

/** Does the same for a CSR. */
export async function locateInRequest(der: Uint8Array, isTaken: IsTaken): Promise<string> {
  const [info = der, method = der] = readAll(der)
  const given = readAll(info)
  const parts = [integer(0), sequence(), given[2] as Uint8Array, element(constructedTag(0))]
  for (const [i, name] of ['key or algorithm', 'subject', 'key or algorithm', 'attributes'].entries()) {
    parts[i] = given[i] ?? new Uint8Array()
    if (!(await isTaken(sequence(sequence(...parts), method, signature)))) return `its ${name}`
  }
  return 'no one part of it'
}

/** Does the same for a CRL, of which only the issuer's name is restored. */
export async function locateInRevocationList(der: Uint8Array, isTaken: IsTaken): Promise<string> {
  const [tbs = der, method = der] = readAll(der)
  const given = readAll(tbs)
  const issuer = given[given[0]?.[0] === 0x02 ? 2 : 1] as Uint8Array
  const write = (name: Uint8Array) =>
    sequence(sequence(integer(1), method, name, time(0), time(0)), method, signature)
  if (!(await isTaken(write(sequence())))) return 'its algorithm'
  return (await isTaken(write(issuer))) ? 'no one part of it' : 'its issuer'
}

function readAll(der: Uint8Array): Uint8Array[] {
  const reader = openSequence(der, code)
  const parts: Uint8Array[] = []
  while (!reader.isAtEnd()) parts.push(reader.readEncoded())
  return parts
}

/** Returns the content of `[3]`, which holds one SEQUENCE. */
function listExtensions(tail: Uint8Array): Uint8Array[] {
  if (tail[0] !== constructedTag(3)) return []
  const [list] = readAll(Uint8Array.of(0x30, ...tail.subarray(1)))
  return list ? readAll(list) : []
}
