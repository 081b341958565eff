import type { Pkcs11Api } from './load-pkcs11.ts'

/** Returns the CKR_ value of a failed call; undefined for an error outside PKCS#11. */
export function getReturnValue(error: unknown): number | undefined {
  const { name, code } = error as { name?: string; code?: unknown }
  return name === 'Pkcs11Error' && typeof code === 'number' ? code : undefined
}

/**
 * Returns whether a call failed because session, login or device were lost, so that a new session may help.
 */
export function isLostSession(api: Pkcs11Api, error: unknown): boolean {
  const lost: (number | undefined)[] = [
    api.CKR_SESSION_HANDLE_INVALID,
    api.CKR_SESSION_CLOSED,
    api.CKR_USER_NOT_LOGGED_IN,
    api.CKR_OBJECT_HANDLE_INVALID,
    api.CKR_KEY_HANDLE_INVALID,
    api.CKR_CRYPTOKI_NOT_INITIALIZED,
    api.CKR_SLOT_ID_INVALID,
    api.CKR_TOKEN_NOT_PRESENT,
    api.CKR_TOKEN_NOT_RECOGNIZED,
    api.CKR_DEVICE_REMOVED,
    api.CKR_DEVICE_ERROR,
    api.CKR_DEVICE_MEMORY,
    api.CKR_GENERAL_ERROR,
    api.CKR_FUNCTION_FAILED,
    api.CKR_OPERATION_ACTIVE,
  ]
  const value = getReturnValue(error)
  return value !== undefined && lost.includes(value)
}

/** Returns whether a login failed because of the PIN, so that a retry would use up one of few attempts. */
export function isPinRejection(api: Pkcs11Api, error: unknown): boolean {
  const rejections: (number | undefined)[] = [
    api.CKR_PIN_INCORRECT,
    api.CKR_PIN_INVALID,
    api.CKR_PIN_LEN_RANGE,
    api.CKR_PIN_EXPIRED,
    api.CKR_PIN_LOCKED,
    api.CKR_USER_PIN_NOT_INITIALIZED,
  ]
  return rejections.includes(getReturnValue(error))
}
