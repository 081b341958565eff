import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { parseArgs } from 'node:util'
import { signInFirst } from '../test/support/api.ts'
import { issueCertificate } from '../test/support/certificates.ts'
import { readIdentity } from '../test/support/gateway-client.ts'
import { startPostern } from '../test/support/postern.ts'
import { startPassthrough } from '../test/support/proxy-program.ts'

/**
 * Counts the new connections that an honest client loses while strangers without a certificate connect through
 * the same HAProxy: with the PROXY protocol, and without it, where all of them have the address of HAProxy.
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, strangers: { type: 'string', default: '250' } },
})
const [seconds, perSecond] = [Number(values.seconds), Number(values.strangers)]

async function measure(usesProxyProtocol: boolean): Promise<string> {
  const proxyProtocolFrom = usesProxyProtocol ? ['127.0.0.1'] : []
  const postern = await startPostern({ config: { gateway: { processes: 1, proxyProtocolFrom } } })
  const admin = await signInFirst(postern, 'admin@acme.example')
  const { files } = await issueCertificate(admin, 'acme')
  const gateway = Number(new URL(postern.gateways.production as string).port)
  const haproxy = await startPassthrough(files.folder, [gateway], { sendsHeader: usesProxyProtocol })
  const place = { host: '127.0.0.1', port: haproxy.port, servername: 'localhost' }
  const ca = readFileSync(postern.serverCaFile)
  const tls = { ...place, ...readIdentity(files), ca, localAddress: '127.0.0.2' }

  /** Whether a new connection of the honest client gets an answer. */
  const call = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket: TLSSocket = connectTls(tls, () =>
        socket.write('GET /whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
      )
      let answer = ''
      socket.setEncoding('latin1').on('data', (text) => {
        answer += text
      })
      socket.on('error', () => {}).on('close', () => resolve(answer.startsWith('HTTP/1.1 200')))
    })
  /** Addresses of a hundred strangers, in turn. */
  const flood = async (end: number): Promise<number> => {
    let count = 0
    for (const start = performance.now(); performance.now() < end; await wait(4))
      for (; count < ((performance.now() - start) / 1000) * perSecond; count += 1) {
        const stranger = { ...place, localAddress: `127.0.1.${1 + (count % 100)}`, rejectUnauthorized: false }
        const socket = connectTls(stranger, () => socket.destroy())
        socket.on('error', () => {})
      }
    return count
  }
  await call()
  const end = performance.now() + seconds * 1000
  const flooding = flood(end)
  const answers: boolean[] = []
  while (performance.now() < end) answers.push(await call())
  const strangers = await flooding
  await haproxy.stop()
  await postern.stop()
  const lost = answers.filter((isAnswered) => !isAnswered).length
  return `${lost} of ${answers.length} new connections lost beside ${Math.round(strangers / seconds)} strangers a second`
}

process.stdout.write(`without the PROXY protocol: ${await measure(false)}\n`)
process.stdout.write(`with the PROXY protocol: ${await measure(true)}\n`)
