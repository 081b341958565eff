/** Codes with which a command or a process ends; no answer of the API or of a gateway has them. */
export const startUpCodes = [
  'config_invalid',
  'port_taken',
  'master_key_wrong',
  'hsm_pin_refused',
  'backup_damaged',
  'backup_identity_wrong',
] as const

/** One of {@link startUpCodes}. */
export type StartUpCode = (typeof startUpCodes)[number]
