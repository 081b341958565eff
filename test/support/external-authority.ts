import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClientFiles } from './certificates.ts'

/** The default OpenSSL extensions of a client certificate. */
export const clientExtensions =
  'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth'
const authorityExtensions = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign'

const keyMakers = {
  ec: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ed25519: () => generateKeyPairSync('ed25519'),
}

/** Creates external CAs and the certificates that they issue, by OpenSSL in `folder`; the keys are made here. */
export function createExternalAuthority(folder: string) {
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  let serial = 0

  const issue = (name: string, subject: string, { by, extensions, key = 'ec', days = 30 }: Issue) => {
    serial += 1
    const { privateKey } = keyMakers[key]()
    writeFileSync(join(folder, `${name}.key`), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const sections = ['[req]', 'distinguished_name=name', 'x509_extensions=given', '[name]', '[given]']
    writeFileSync(join(folder, `${name}.cnf`), [...sections, extensions, ''].join('\n'))
    const signer = by === undefined ? [] : ['-CA', `${by}.pem`, '-CAkey', `${by}.key`]
    const subjectAndKey = ['-utf8', '-subj', subject, '-key', `${name}.key`]
    const given = ['-config', `${name}.cnf`, '-days', String(days), '-set_serial', String(serial)]
    run('req', '-x509', '-new', ...subjectAndKey, ...signer, ...given, '-out', `${name}.pem`)
    return read(`${name}.pem`)
  }

  /** Writes the database of `openssl ca` with these serial numbers: revoked ones with the time and the reason. */
  const writeIndex = (file: string, entries: readonly IndexEntry[]) => {
    const lines = entries.map(({ serialNumber, revoked }) =>
      [
        revoked === undefined ? 'V' : 'R',
        '350101000000Z',
        revoked ?? '',
        serialNumber.toUpperCase(),
        'unknown',
        '/CN=x',
      ].join('\t'),
    )
    writeFileSync(join(folder, file), lines.map((line) => `${line}\n`).join(''))
    writeFileSync(join(folder, `${file}.attr`), 'unique_subject = no\n')
  }

  return {
    read,
    /** Creates the CRL of a CA, DER. */
    makeList(
      by: string,
      revoked: readonly IndexEntry[],
      { from, until, extensions = '' }: ListTerms,
    ): Buffer {
      writeIndex('list.txt', revoked)
      writeFileSync(join(folder, 'list.number'), '1000\n')
      const settings = [
        'database=list.txt',
        'crlnumber=list.number',
        'default_md=sha256',
        'crl_extensions=extra',
      ]
      const sections = ['[ca]', 'default_ca=own', '[own]', ...settings, '[extra]', extensions, '']
      writeFileSync(join(folder, 'list.cnf'), sections.join('\n'))
      const times = ['-crl_lastupdate', toDerTime(from), '-crl_nextupdate', toDerTime(until)]
      const signer = ['-keyfile', `${by}.key`, '-cert', `${by}.pem`]
      run('ca', '-gencrl', '-config', 'list.cnf', ...signer, ...times, '-out', 'list.pem')
      run('crl', '-in', 'list.pem', '-outform', 'DER', '-out', 'list.der')
      return readFileSync(join(folder, 'list.der'))
    },
    /** Answers an OCSP request as `openssl ocsp` does, for these certificates of a CA. */
    answer(request: Uint8Array, { by, signer = by, entries, minutes = 60 }: AnswerTerms): Buffer {
      writeIndex('ocsp.txt', entries)
      writeFileSync(join(folder, 'ocsp.request'), request)
      const files = [
        '-index',
        'ocsp.txt',
        '-CA',
        `${by}.pem`,
        '-rsigner',
        `${signer}.pem`,
        '-rkey',
        `${signer}.key`,
      ]
      const exchange = ['-reqin', 'ocsp.request', '-respout', 'ocsp.response', '-nmin', String(minutes)]
      run('ocsp', ...files, ...exchange)
      return readFileSync(join(folder, 'ocsp.response'))
    },
    /** Creates a certificate of any profile. */
    issue,
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
  key?: keyof typeof keyMakers
  days?: number
}

/** A certificate in the database of `openssl ca`. */
export interface IndexEntry {
  /** Hex, of even length. */
  serialNumber: string
  /** Such as `260101000000Z,keyCompromise`; absent for one that is valid. */
  revoked?: string
}

interface ListTerms {
  /** Milliseconds since 1970. */
  from: number
  until: number
  /** Lines of an OpenSSL section. */
  extensions?: string
}

interface AnswerTerms {
  by: string
  /** The responder, if it is not the CA itself. */
  signer?: string
  entries: readonly IndexEntry[]
  minutes?: number
}

const toDerTime = (moment: number) =>
  `${new Date(moment).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`
