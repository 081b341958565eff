import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type {
  PasskeyAssertion,
  PasskeyAttestation,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
} from '../../src/contract/passkey.ts'

/** What a test lets an authenticator or a browser do wrong. */
export interface Fault {
  origin?: string
  rpId?: string
  /** Whether the user was verified; true where not given. */
  verified?: boolean
  counter?: number
  type?: string
  /** The attestation statement in CBOR, and its format. */
  attestation?: { format: string; statement: Buffer }
}

const base64url = (octets: Uint8Array | string) => Buffer.from(octets).toString('base64url')
const sha256 = (octets: Uint8Array | string) => createHash('sha256').update(octets).digest()

/** CBOR (RFC 8949, section 3) of a head; `major` is the type. */
const head = (major: number, value: number): Buffer =>
  value < 24
    ? Buffer.from([(major << 5) | value])
    : value < 256
      ? Buffer.from([(major << 5) | 24, value])
      : Buffer.from([(major << 5) | 25, value >> 8, value & 255])
const bytes = (octets: Uint8Array) => Buffer.concat([head(2, octets.length), octets])
const text = (value: string) => Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
const integer = (value: number) => (value < 0 ? head(1, -1 - value) : head(0, value))
const map = (...pairs: [Buffer, Buffer][]) => Buffer.concat([head(5, pairs.length), ...pairs.flat()])

/** A passkey in the memory of the test, for what no browser does: wrong origins, replays, counters that go back. */
export function createSoftwareAuthenticator(origin: string, credentialId = randomBytes(32)) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const coseKey = map(
    [integer(1), integer(2)],
    [integer(3), integer(-7)],
    [integer(-1), integer(1)],
    [integer(-2), bytes(Buffer.from(x, 'base64url'))],
    [integer(-3), bytes(Buffer.from(y, 'base64url'))],
  )
  const id = base64url(credentialId)
  let userHandle = ''
  const clientData = (challenge: string, type: string, fault: Fault) =>
    Buffer.from(
      JSON.stringify({
        type: fault.type ?? type,
        challenge,
        origin: fault.origin ?? origin,
        crossOrigin: false,
      }),
    )
  const authenticatorData = (fault: Fault, attested?: Buffer) => {
    const flags = 0x01 | (fault.verified === false ? 0 : 0x04) | (attested ? 0x40 : 0)
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(fault.counter ?? 0)
    const rpId = fault.rpId ?? new URL(origin).hostname
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), counter, attested ?? Buffer.alloc(0)])
  }
  const common = { id, rawId: id, type: 'public-key' as const, clientExtensionResults: {} }

  return {
    id,
    /** Returns the answer to `navigator.credentials.create()`. */
    create(options: PasskeyCreationOptions, fault: Fault = {}): PasskeyAttestation {
      userHandle = options.user.id
      const length = Buffer.alloc(2)
      length.writeUInt16BE(credentialId.length)
      const attested = Buffer.concat([Buffer.alloc(16), length, credentialId, coseKey])
      const { format, statement } = fault.attestation ?? { format: 'none', statement: map() }
      const attestationObject = map(
        [text('fmt'), text(format)],
        [text('attStmt'), statement],
        [text('authData'), bytes(authenticatorData(fault, attested))],
      )
      return {
        ...common,
        response: {
          clientDataJSON: base64url(clientData(options.challenge, 'webauthn.create', fault)),
          attestationObject: base64url(attestationObject),
          transports: ['internal'],
        },
      }
    },
    /** Returns the answer to `navigator.credentials.get()`. */
    get(options: PasskeyRequestOptions, fault: Fault = {}): PasskeyAssertion {
      const client = clientData(options.challenge, 'webauthn.get', fault)
      const data = authenticatorData(fault)
      return {
        ...common,
        response: {
          clientDataJSON: base64url(client),
          authenticatorData: base64url(data),
          signature: base64url(sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)),
          userHandle,
        },
      }
    },
  }
}

/** The statement of a packed attestation with a certificate. */
export const certifiedAttestation = {
  format: 'packed',
  statement: map(
    [text('alg'), integer(-7)],
    [text('sig'), bytes(Buffer.alloc(8))],
    [text('x5c'), Buffer.concat([head(4, 1), bytes(Buffer.alloc(8))])],
  ),
}
