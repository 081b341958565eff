import type { ExtensionDetails } from '../certificate/parse-extension.ts'
import { oidName, oids } from '../der/oids.ts'

const usagePrivileges: Record<string, string> = {
  keyCertSign: 'to sign certificates',
  cRLSign: 'to sign revocation lists',
}

const purposePrivileges: Record<string, string> = {
  anyExtendedKeyUsage: 'to be used for any purpose',
  serverAuth: 'to be a TLS server',
  codeSigning: 'to sign programs',
  emailProtection: 'to sign email',
  timeStamping: 'to sign time stamps',
  ocspSigning: 'to sign OCSP answers',
  smartcardLogon: 'to sign in to Windows',
}

/** Extensions that request rights whatever their content. */
const extensionPrivileges = new Map<string, string>([
  [oids.certificatePolicies, 'to carry a policy of its own'],
  [oids.policyMappings, 'to map policies, as CAs do'],
  [oids.policyConstraints, 'to constrain policies, as CAs do'],
  [oids.inhibitAnyPolicy, 'to constrain policies, as CAs do'],
  [oids.nameConstraints, 'to constrain names, as CAs do'],
])

/** Returns whether an extension is among those that {@link listPrivileges} lists by their type only. */
export function isPrivilegeAlone(oid: string): boolean {
  return extensionPrivileges.has(oid)
}

/**
 * Returns the requested rights beyond those of a TLS client, in words that follow “asks …”. An unreadable
 * extension may request anything.
 */
export function listPrivileges(
  { basicConstraints, keyUsage, extendedKeyUsage }: ExtensionDetails,
  extensions: readonly { oid: string }[],
  unreadable: readonly string[] = [],
): string[] {
  const powers = [
    basicConstraints?.ca ? 'to be a CA' : undefined,
    ...(keyUsage ?? []).map((usage) => usagePrivileges[usage]),
    ...(extendedKeyUsage ?? [])
      .filter((purpose) => purpose !== oidName(oids.clientAuth))
      .map((purpose) => purposePrivileges[purpose] ?? `to be used for ${purpose}`),
    ...extensions.map(({ oid }) => extensionPrivileges.get(oid)),
    ...unreadable.map((oid) => `for something that cannot be read (${oidName(oid)})`),
  ]
  return [...new Set(powers.filter((power) => power !== undefined))]
}
