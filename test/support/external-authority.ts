import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClientFiles } from './certificates.ts'

/** The default OpenSSL extensions of a client certificate. */
export const clientExtensions =
  'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth'
const authorityExtensions = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign'

const keyOptions: Record<string, string[]> = {
  ec: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  ed25519: ['-algorithm', 'ED25519'],
}

/** Creates external CAs and the certificates that they issue, by OpenSSL in `folder`. */
export function createExternalAuthority(folder: string) {
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  let serial = 0

  const issue = (name: string, subject: string, { by, extensions, key = 'ec', days = 30 }: Issue) => {
    serial += 1
    run('genpkey', ...(keyOptions[key] ?? []), '-out', `${name}.key`)
    writeFileSync(join(folder, `${name}.ext`), extensions)
    run('req', '-new', '-key', `${name}.key`, '-subj', subject, '-utf8', '-out', `${name}.csr`)
    const signer =
      by === undefined ? ['-signkey', `${name}.key`] : ['-CA', `${by}.pem`, '-CAkey', `${by}.key`]
    const common = ['-req', '-in', `${name}.csr`, '-days', String(days), '-extfile', `${name}.ext`]
    run('x509', ...common, ...signer, '-set_serial', String(serial), '-out', `${name}.pem`)
    return read(`${name}.pem`)
  }

  return {
    read,
    /** Creates a CA, self-signed if no issuer is given; returns its certificate as PEM. */
    makeAuthority: (name: string, by?: string) =>
      issue(name, `/O=Trust Works/CN=${name}`, { by, extensions: authorityExtensions }),
    /** Creates the files of a client certificate and its key, self-signed if no issuer is given. */
    makeClient(name: string, more: Partial<Issue> = {}): ClientFiles & { pem: string } {
      const pem = issue(name, `/O=Łódź Płatności S.A./CN=${name}`, { extensions: clientExtensions, ...more })
      return { folder, keyFile: `${name}.key`, certificateFile: `${name}.pem`, pem }
    },
    /** Signs a challenge file as the portal instructs; returns base64. */
    sign(statement: string, { keyFile }: Pick<ClientFiles, 'keyFile'>, ...options: string[]): string {
      writeFileSync(join(folder, 'proof.txt'), statement)
      const signed = options.includes('-rawin')
        ? run('pkeyutl', '-sign', '-inkey', keyFile, ...options, '-in', 'proof.txt')
        : run('dgst', '-sign', keyFile, ...(options.length > 0 ? options : ['-sha256']), 'proof.txt')
      return signed.toString('base64')
    },
  }
}

interface Issue {
  by?: string | undefined
  extensions: string
  key?: string
  days?: number
}
