import { execFile } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { ocspRoutes } from '../../src/authority/ocsp-routes.ts'
import type { CertificateView } from '../../src/contract/certificate.ts'
import { createRevocationServer } from '../../src/http/revocation-endpoints.ts'
import { toPem } from '../../src/pki/text/pem.ts'
import type { Database } from '../../src/storage/database.ts'
import { createCertificateHarness } from './certificate-harness.ts'
import { openListener } from './open-listener.ts'
import { findFreePort } from './postgres.ts'
import { openToolFolder } from './tool-folder.ts'

const run = promisify(execFile)

/** Opens an issuer with certificates, its listening OCSP responder, and a folder for OCSP clients. */
export async function openOcspHarness(database: Database) {
  const port = await findFreePort()
  /** The signing function of the issuer's key; a test can disable it. */
  const key = { isAway: false }
  const harness = await createCertificateHarness(database, {
    publicationUrl: `http://127.0.0.1:${port}`,
    replaceSigner: (real) => ({
      ...real,
      async signCertificate(certificate) {
        if (key.isAway) throw new Error('the key is away')
        return real.signCertificate(certificate)
      },
    }),
  })
  const { issuers } = harness.issue
  const issuer = await issuers.getSigning('production')
  const folder = openToolFolder()
  const chain = await issuers.listChain(issuer.id)
  const [issuerPem = '', rootPem = ''] = chain.map(({ certificateDer }) =>
    toPem('CERTIFICATE', new Uint8Array(certificateDer)),
  )
  folder.write('issuer.pem', issuerPem)
  folder.write('root.pem', rootPem)
  folder.write('trust.pem', issuerPem + rootPem)

  const open = async ({ dependencies: parts }: Pick<typeof harness, 'dependencies'>, port = 0) => {
    const routes = ocspRoutes(parts.ocsp)
    const server = createRevocationServer(routes, openListener)
    await server.listen({ host: '127.0.0.1', port })
    const address = server.server.address() as AddressInfo
    return { server, url: `http://127.0.0.1:${address.port}/ocsp/${issuer.id}` }
  }
  const first = await open(harness, port)
  const servers = [first.server]

  return {
    ...harness,
    ...{ issuer, issuers, folder, key, url: first.url },
    /** Opens another portal process on the same store; returns its address. */
    async openAnother(): Promise<string> {
      const { server, url } = await open(await harness.openCore())
      servers.push(server)
      return url
    },
    /** Issues a certificate, writes it to `<name>.pem` and returns it. */
    async issueTo(
      file: string,
      organization: Parameters<typeof harness.issueOne>[0],
    ): Promise<CertificateView> {
      const issued = await harness.issueOne(organization)
      const row = await database.queries
        .selectFrom('certificates')
        .select('certificate_der')
        .where('id', '=', issued.id)
        .executeTakeFirstOrThrow()
      folder.write(`${file}.pem`, toPem('CERTIFICATE', new Uint8Array(row.certificate_der ?? [])))
      return issued
    },
    /** Returns the output of a program on both streams, even if it fails, without blocking the responder. */
    async ask(command: string): Promise<string> {
      const [program = '', ...args] = command.split(' ')
      const options = { cwd: folder.path, env: { ...process.env, LC_ALL: 'C.UTF-8' } }
      const { stdout, stderr } = await run(program, args, options).catch(
        (error: { stdout: string; stderr: string }) => error,
      )
      return stdout + stderr
    },
    async close() {
      for (const server of servers) await server.close()
      folder[Symbol.dispose]()
    },
  }
}

export type OcspHarness = Awaited<ReturnType<typeof openOcspHarness>>
