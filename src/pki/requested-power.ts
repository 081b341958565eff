import type { ExtensionFacts } from './parse-extension.ts'

const usagePowers: Record<string, string> = {
  keyCertSign: 'to sign certificates',
  cRLSign: 'to sign revocation lists',
}

const purposePowers: Record<string, string> = {
  anyExtendedKeyUsage: 'to be used for any purpose',
  serverAuth: 'to be a TLS server',
  codeSigning: 'to sign programs',
  emailProtection: 'to sign e-mail',
  timeStamping: 'to sign time stamps',
  ocspSigning: 'to sign OCSP answers',
}

/** What extensions ask for beyond being a TLS client, in words that follow “asks …”. */
export function listPowers({ basicConstraints, keyUsage, extendedKeyUsage }: ExtensionFacts): string[] {
  return [
    basicConstraints?.ca ? 'to be a CA' : undefined,
    ...(keyUsage ?? []).map((usage) => usagePowers[usage]),
    ...(extendedKeyUsage ?? []).map((purpose) => purposePowers[purpose]),
  ].filter((power) => power !== undefined)
}
