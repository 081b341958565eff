import { csrFileName, keyFileName } from './file-names.ts'

/**
 * Returns the OpenSSL command that creates a CSR with an existing key; the same in every shell. Names are
 * those of certificates.
 */
export function renewalCommand({ name, replaces }: { name: string; replaces: string }): string {
  return `openssl req -new -sha256 -key ${keyFileName(replaces)} -out ${csrFileName(name)} -subj "/CN=${name}"`
}
