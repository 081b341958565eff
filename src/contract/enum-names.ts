/** The API's names of the values of an enum, and the way between them and the values that are stored. */
interface EnumNames<Stored extends string, Name extends string> {
  names: [Name, ...Name[]]
  toName(value: Stored): Name
  toStored(name: Name): Stored
}

/**
 * Returns the API's names of an enum. What is stored and authenticated keeps its spelling; the API says every
 * value in snake_case.
 */
function nameEnum<const Names extends Record<string, string>>(
  names: Names,
): EnumNames<Extract<keyof Names, string>, Names[keyof Names]> {
  type Stored = Extract<keyof Names, string>
  type Name = Names[keyof Names]
  const stored = new Map(Object.entries(names).map(([value, name]) => [name as Name, value as Stored]))
  return {
    names: [...stored.keys()] as [Name, ...Name[]],
    toName: (value) => names[value],
    toStored: (name) => stored.get(name) as Stored,
  }
}

export const revocationReasonNames = nameEnum({
  unspecified: 'unspecified',
  keyCompromise: 'key_compromise',
  affiliationChanged: 'affiliation_changed',
  superseded: 'superseded',
  cessationOfOperation: 'cessation_of_operation',
  privilegeWithdrawn: 'privilege_withdrawn',
})

export const certificateSourceNames = nameEnum({
  postern: 'postern',
  'trusted-issuer': 'trusted_issuer',
  pinned: 'pinned',
})

export const keyKindNames = nameEnum({
  'ec-p256': 'ec_p256',
  'ec-p384': 'ec_p384',
  'ec-p521': 'ec_p521',
  'rsa-2048': 'rsa_2048',
  'rsa-3072': 'rsa_3072',
  'rsa-4096': 'rsa_4096',
  ed25519: 'ed25519',
})

export const externalCertificateNames = nameEnum({
  off: 'off',
  'trusted-issuers': 'trusted_issuers',
  pinned: 'pinned',
})

export const outcomeNames = nameEnum({ ok: 'allowed', refused: 'denied' })

export const restoreCauseNames = nameEnum({ restore: 'restored', 'went-back': 'went_back' })

export const lostRevocationKindNames = nameEnum({
  certificate_revoked: 'certificate_revoked',
  certificate_unknown: 'certificate_unknown',
  credential_deleted: 'credential_deleted',
  credential_unknown: 'credential_unknown',
  credential_limited: 'credential_restricted',
  secret_ended: 'secret_deleted',
  key_ended: 'client_key_removed',
  plan_enforced: 'enforcement_required',
  migration_limited: 'external_certificates_ended',
  issuer_retired: 'issuer_retired',
  organization_stopped: 'organization_stopped',
})

export const lostRevocationOutcomeNames = nameEnum({
  restored: 'revoked_again',
  absent: 'already_gone',
  refused: 'operator_required',
  told: 'reported',
})
