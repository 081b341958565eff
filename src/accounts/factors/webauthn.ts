import type {
  PasskeyAssertion,
  PasskeyAttestation,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
} from '../../contract/passkey.ts'
import { PosternError } from '../../errors.ts'

/** A stored public key. */
export interface PasskeyKey {
  credentialId: string
  publicKey: Uint8Array
  counter: number
  transports: string[]
}

/** What a registration gives. */
export interface NewPasskeyKey extends PasskeyKey {
  isSynced: boolean
}

/** Ed25519, ECDSA with P-256 and RSA, all with SHA-256 or better (RFC 9053; RFC 8812, section 2). */
const algorithms = [-8, -7, -257]
const timeout = 300_000

/** The library and what it stands on are read with the first ceremony, not at each start. */
const readLibrary = async () => ({
  ...(await import('@simplewebauthn/server')),
  ...(await import('@simplewebauthn/server/helpers')),
})
type Library = Awaited<ReturnType<typeof readLibrary>>

/**
 * Creates the ceremonies of Web Authentication (Level 3, sections 7.1 and 7.2) for the origin of the portal. The user
 * is always verified by the authenticator, so that a passkey is two factors in one.
 */
export function createWebauthn(portalUrl: string) {
  const rpId = new URL(portalUrl).hostname
  const expected = { expectedOrigin: portalUrl, expectedRPID: rpId, requireUserVerification: true }
  const describe = ({ credentialId, transports }: Pick<PasskeyKey, 'credentialId' | 'transports'>) => ({
    id: credentialId,
    type: 'public-key' as const,
    transports,
  })

  return {
    describeCreation(
      challenge: string,
      user: { userId: string; email: string; name: string },
      known: readonly PasskeyKey[],
    ): PasskeyCreationOptions {
      return {
        challenge,
        rp: { id: rpId, name: 'Postern' },
        user: {
          id: Buffer.from(user.userId).toString('base64url'),
          name: user.email,
          displayName: user.name,
        },
        pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
        timeout,
        attestation: 'none',
        excludeCredentials: known.map(describe),
        authenticatorSelection: {
          residentKey: 'required',
          requireResidentKey: true,
          userVerification: 'required',
        },
      }
    },

    /** `known` are the keys that may answer; with none, any passkey of the portal may. */
    describeRequest(challenge: string, known: readonly PasskeyKey[]): PasskeyRequestOptions {
      return {
        challenge,
        rpId,
        timeout,
        userVerification: 'required',
        allowCredentials: known.map(describe),
      }
    },

    /** Checks the answer to a creation. Throws `passkey_unsuitable`. */
    async checkAttestation(response: PasskeyAttestation, challenge: string): Promise<NewPasskeyKey> {
      const library = await readLibrary()
      const found = await attempt(async () => {
        assertUnattested(library, response)
        return library.verifyRegistrationResponse({
          ...expected,
          response: response as unknown as Parameters<Library['verifyRegistrationResponse']>[0]['response'],
          expectedChallenge: challenge,
          supportedAlgorithmIDs: algorithms,
        })
      })
      if (found === undefined || !found.verified) throw unsuitable()
      const { credential, credentialBackedUp } = found.registrationInfo
      return {
        credentialId: credential.id,
        publicKey: credential.publicKey,
        counter: credential.counter,
        transports: response.response.transports ?? [],
        isSynced: credentialBackedUp,
      }
    },

    /**
     * Checks an assertion with the key of the passkey. Returns the new counter; undefined for any fault: another
     * challenge, origin or RP ID, no verification of the user, a wrong signature, a counter that went back.
     */
    async checkAssertion(
      response: PasskeyAssertion,
      key: PasskeyKey,
      challenge: string,
    ): Promise<number | undefined> {
      const { verifyAuthenticationResponse } = await readLibrary()
      const found = await attempt(() =>
        verifyAuthenticationResponse({
          ...expected,
          response: response as unknown as Parameters<typeof verifyAuthenticationResponse>[0]['response'],
          expectedChallenge: challenge,
          credential: {
            id: key.credentialId,
            publicKey: new Uint8Array(key.publicKey),
            counter: key.counter,
          },
        }),
      )
      return found?.verified ? found.authenticationInfo.newCounter : undefined
    },
  }
}

/** The library throws for what a stranger sends, and for nothing else: it does no I/O here. */
async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch {
    return undefined
  }
}

/** No certificates are asked for. Those of an unasked attestation are not read: that would fetch addresses in them. */
function assertUnattested(
  { decodeAttestationObject, isoBase64URL }: Library,
  { response }: PasskeyAttestation,
): void {
  const attestation = decodeAttestationObject(isoBase64URL.toBuffer(response.attestationObject))
  const isSelfSigned = attestation.get('fmt') === 'packed' && !attestation.get('attStmt').get('x5c')
  if (attestation.get('fmt') !== 'none' && !isSelfSigned) throw unsuitable()
}

const unsuitable = () =>
  new PosternError(
    'passkey_unsuitable',
    'The passkey cannot be used here: it is not for this portal, or it does not verify its user by a PIN, a fingerprint or the like. Create another one, on this page.',
  )
