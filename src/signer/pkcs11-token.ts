import type { Handle, Mechanism, PKCS11 } from 'pkcs11js'
import { PosternError } from '../errors.ts'
import type { IssuerKeyKind, TokenSettings } from './hsm.ts'
import type { Pkcs11Api } from './load-pkcs11.ts'
import { createKeyPair, findPrivateKey, type PublicNumbers } from './pkcs11-keys.ts'
import { getReturnValue, isLostSession, isPinRejection } from './pkcs11-return-values.ts'

/** How `sign` turns its input into a signature: a digest by ECDSA, a DigestInfo by RSA. */
export type SignatureScheme = 'ecdsa' | 'rsa'

/** Long enough for RSA with 8192 bits. */
const maxSignatureOctets = 1024

/** A token that this thread uses. Calls return when the module has answered, however long that takes. */
export interface Token {
  check(): void
  find(id: Uint8Array): void
  generate(kind: IssuerKeyKind, id: Uint8Array, label: string): PublicNumbers
  /** Returns the signature in the format of the module: r ‖ s for ECDSA. */
  sign(id: Uint8Array, scheme: SignatureScheme, data: Uint8Array): Uint8Array
  close(): void
}

/**
 * Opens a token of a PKCS#11 module, logged in as its user. A lost session (a reset of the device, a token
 * that was removed) is opened again once in each call. This process never retries a refused PIN, since tokens
 * lock themselves: every later call throws `hsm_pin_refused`.
 */
export function openToken(api: Pkcs11Api, settings: TokenSettings, pin: string): Token {
  const module = loadModule(api, settings.module)
  let session: Handle | undefined
  let refused: PosternError | undefined
  const handles = new Map<string, Handle>()

  /** Some modules find a token that is back only after they are initialized again. */
  const disconnect = (): void => {
    session = undefined
    handles.clear()
    ignoreFailure(() => module.C_Finalize())
  }
  const connect = (): Handle => {
    if (refused !== undefined) throw refused
    if (session !== undefined) return session
    try {
      initialize(api, module)
      session = openSession(api, module, findSlot(api, module, settings), pin)
      return session
    } catch (error) {
      disconnect()
      if (error instanceof PosternError && error.code === 'hsm_pin_refused') refused = error
      throw error
    }
  }
  const use = <T>(work: (session: Handle) => T): T => {
    const wasConnected = session !== undefined
    try {
      return work(connect())
    } catch (error) {
      if (!wasConnected || !isLost(api, error)) throw explain(error, settings)
      disconnect()
    }
    try {
      return work(connect())
    } catch (error) {
      throw explain(error, settings)
    }
  }
  const findKey = (current: Handle, id: Uint8Array): Handle => {
    const name = Buffer.from(id).toString('hex')
    const handle =
      handles.get(name) ?? findPrivateKey({ api, module, session: current }, id, describeToken(settings))
    handles.set(name, handle)
    return handle
  }

  return {
    check: () => use(() => {}),
    find: (id) => use((current) => void findKey(current, id)),
    generate: (kind, id, label) =>
      use((current) => createKeyPair({ api, module, session: current }, { kind, id, label })),
    sign: (id, scheme, data) =>
      use((current) => {
        module.C_SignInit(current, mechanismOf(api, scheme), findKey(current, id))
        return module.C_Sign(current, Buffer.from(data), Buffer.alloc(maxSignatureOctets))
      }),
    close: disconnect,
  }
}

/** Without a login a token hides its private keys: a missing key may appear after the next login. */
const isLost = (api: Pkcs11Api, error: unknown): boolean =>
  isLostSession(api, error) || (error instanceof PosternError && error.code === 'issuer_unavailable')

/** Returns the name of the token for display. */
export function describeToken({ token, slot }: Pick<TokenSettings, 'token' | 'slot'>): string {
  return token ?? `in slot ${slot}`
}

const mechanismOf = (api: Pkcs11Api, scheme: SignatureScheme): Mechanism => ({
  mechanism: scheme === 'ecdsa' ? api.CKM_ECDSA : api.CKM_RSA_PKCS,
})

function loadModule(api: Pkcs11Api, path: string): PKCS11 {
  const module = new api.PKCS11()
  try {
    module.load(path)
    return module
  } catch (error) {
    throw new PosternError(
      'config_invalid',
      `authority.pkcs11.module names ${path}, which cannot be loaded as a PKCS#11 module. Give the path of the library that came with the HSM.`,
      { detail: (error as Error).message, cause: error },
    )
  }
}

function initialize(api: Pkcs11Api, module: PKCS11): void {
  try {
    module.C_Initialize({ flags: api.CKF_OS_LOCKING_OK })
  } catch (error) {
    if (getReturnValue(error) !== api.CKR_CRYPTOKI_ALREADY_INITIALIZED) throw error
  }
}

function findSlot(api: Pkcs11Api, module: PKCS11, settings: TokenSettings): Handle {
  const found = module.C_GetSlotList(true).filter((slot) => {
    if (settings.slot !== null) return slot.readUIntLE(0, Math.min(slot.length, 6)) === settings.slot
    const { label, flags } = module.C_GetTokenInfo(slot)
    return (flags & api.CKF_TOKEN_INITIALIZED) !== 0 && label.trimEnd() === settings.token
  })
  const [slot, another] = found
  if (another !== undefined) {
    throw new PosternError(
      'config_invalid',
      `Two tokens have the label ${settings.token}. Name the slot of the right one with authority.pkcs11.slot in place of authority.pkcs11.token.`,
    )
  }
  if (slot !== undefined) return slot
  throw away(settings)
}

function openSession(api: Pkcs11Api, module: PKCS11, slot: Handle, pin: string): Handle {
  assertPinMayBeTried(api, module.C_GetTokenInfo(slot).flags)
  const session = module.C_OpenSession(slot, api.CKF_SERIAL_SESSION | api.CKF_RW_SESSION)
  try {
    module.C_Login(session, api.CKU_USER, pin)
  } catch (error) {
    if (getReturnValue(error) === api.CKR_USER_ALREADY_LOGGED_IN) return session
    if (!isPinRejection(api, error)) throw error
    throw new PosternError(
      'hsm_pin_refused',
      'The token rejected the PIN of POSTERN_PKCS11_PIN. It was tried once and is not tried again, since tokens lock themselves. Put the right PIN in place and log in by hand once (pkcs11-tool --login --list-objects), then start again; nothing was changed.',
      { detail: (error as Error).message, cause: error },
    )
  }
  return session
}

/**
 * Throws if a login could lock the token, since a process that restarts repeatedly with a wrong PIN would use
 * up the attempts.
 */
function assertPinMayBeTried(api: Pkcs11Api, flags: number): void {
  if ((flags & api.CKF_USER_PIN_LOCKED) !== 0) {
    throw new PosternError(
      'hsm_pin_refused',
      'The PIN of the token is locked after too many wrong tries. Have its security officer unlock it; nothing was changed.',
    )
  }
  if ((flags & (api.CKF_USER_PIN_COUNT_LOW | api.CKF_USER_PIN_FINAL_TRY)) !== 0) {
    throw new PosternError(
      'hsm_pin_refused',
      'The token says that the last PIN it was given was wrong, so none is tried before somebody has looked. Check POSTERN_PKCS11_PIN, log in by hand once (pkcs11-tool --login --list-objects), then start again; nothing was changed.',
    )
  }
}

function explain(error: unknown, settings: TokenSettings): PosternError {
  if (error instanceof PosternError) return error
  return away(settings, error)
}

const away = (settings: TokenSettings, cause?: unknown) =>
  new PosternError(
    'issuer_unavailable',
    `The token ${describeToken(settings)} with the keys of the authority cannot be used at the moment. Ask the operator to connect it.`,
    { ...(cause instanceof Error && { detail: cause.message }), cause },
  )

function ignoreFailure(work: () => void): void {
  try {
    work()
  } catch {
    // The session may already be closed.
  }
}
