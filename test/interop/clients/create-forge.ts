import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SetUp } from './set-up.ts'

/** Paths of PEM files. */
export type Files = Pick<SetUp, 'certFile' | 'keyFile'>

const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']

/** Creates certificates that no portal issues, with OpenSSL. */
export function createForge(folder: string) {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  return {
    selfSigned(name: string, subject: string): Files {
      const base = join(folder, name)
      const files = ['-keyout', `${base}.key`, '-out', `${base}.pem`]
      openssl('req', '-x509', ...p256, '-nodes', '-days', '9', '-subj', subject, ...files)
      return { certFile: `${base}.pem`, keyFile: `${base}.key` }
    },
    /** Creates a certificate of `issuer`, of version 1 if there are no extensions. */
    issue(
      name: string,
      issuer: Files,
      extensions: string,
      { key = p256, more = [] as string[] } = {},
    ): Files {
      const base = join(folder, name)
      openssl(
        'req',
        '-new',
        ...key,
        '-nodes',
        '-subj',
        `/CN=${name}`,
        '-keyout',
        `${base}.key`,
        '-out',
        `${base}.csr`,
      )
      writeFileSync(`${base}.ext`, extensions)
      openssl(
        ...[
          'x509',
          '-req',
          '-in',
          `${base}.csr`,
          '-CA',
          issuer.certFile,
          '-CAkey',
          issuer.keyFile,
          '-days',
          '9',
        ],
        ...['-set_serial', String(Date.now()), '-out', `${base}.pem`],
        ...(extensions === '' ? [] : ['-extfile', `${base}.ext`]),
        ...more,
      )
      return { certFile: `${base}.pem`, keyFile: `${base}.key` }
    },
  }
}

export type Forge = ReturnType<typeof createForge>
