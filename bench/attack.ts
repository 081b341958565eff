import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { makeCostlyChain } from '../test/support/costly-chain.ts'

/**
 * Attacks a port of this machine for some seconds, and prints as JSON the attempts and the closed
 * connections.
 */
const [kind = '', port = '', seconds = '', identityFile = ''] = process.argv.slice(2)
const end = performance.now() + Number(seconds) * 1000
const counts = { tried: 0, shaken: 0, closed: 0 }

const addressOf = (number: number) => `127.0.${1 + (number >> 8)}.${1 + (number & 127)}`
const place = (address: string) => ({ port: Number(port), host: '127.0.0.1', localAddress: address })

/** A certificate with its key, PEM; undefined for a client without. */
type Identity = { cert: string; key: string } | undefined

/** Performs consecutive handshakes on several lanes, each with the certificate that `next` returns. */
async function flood(
  addresses: number,
  next: () => Identity = () => undefined,
  most = Number.POSITIVE_INFINITY,
): Promise<void> {
  const lane = async (number: number): Promise<void> => {
    while (performance.now() < end && counts.tried < most) {
      counts.tried += 1
      await new Promise<void>((resolve) => {
        const options = { ...place(addressOf(number % addresses)), servername: 'localhost', ...next() }
        const socket = connectTls({ ...options, rejectUnauthorized: false }, () => {
          counts.shaken += 1
          socket.destroy()
        })
        socket.on('error', () => {
          counts.closed += 1
        })
        socket.on('close', () => resolve())
      })
    }
  }
  await Promise.all(Array.from({ length: 64 }, (_, number) => lane(number)))
}

const readIdentity = (): Identity => JSON.parse(readFileSync(identityFile, 'utf8'))

/**
 * Returns the certificate of the file with a different serial number each time: all are unregistered and
 * different.
 */
function makeUnauthenticatedClients(): () => Identity {
  const { cert, key } = readIdentity() as NonNullable<Identity>
  const der = new X509Certificate(cert).raw
  const serialNumber = Buffer.from(new X509Certificate(cert).serialNumber, 'hex')
  const at = der.indexOf(serialNumber) + serialNumber.length - 4
  let number = 0
  return () => {
    number += 1
    der.writeUInt32BE(number, at)
    const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
    return { cert: pem, key }
  }
}

/**
 * Creates a self-signed certificate with the serial number of the one in the file, a customer's: any attacker
 * can.
 */
function makeImpostor(): Identity {
  const { cert } = readIdentity() as NonNullable<Identity>
  const folder = mkdtempSync(join(tmpdir(), 'postern-impostor-'))
  const files = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', files[0]]
  const serial = ['-set_serial', `0x${new X509Certificate(cert).serialNumber}`]
  execFileSync('openssl', ['req', '-x509', ...key, ...serial, '-subj', '/CN=x', '-out', files[1]], {
    stdio: 'ignore',
  })
  const identity = { key: readFileSync(files[0], 'utf8'), cert: readFileSync(files[1], 'utf8') }
  rmSync(folder, { recursive: true, force: true })
  return identity
}

/**
 * Opens HTTP/2 connections whose certificate is denied, four per second, each with a hundred simultaneous
 * requests.
 */
async function askOnManyStreams(identity: Identity): Promise<void> {
  while (performance.now() < end) {
    counts.tried += 1
    const session = connectHttp2(`https://127.0.0.1:${port}`, {
      ...identity,
      servername: 'localhost',
      rejectUnauthorized: false,
    })
    session.on('error', () => {})
    session.on('connect', () => {
      counts.shaken += 1
      for (let i = 0; i < 100; i += 1)
        session
          .request({ ':path': '/whoami', ':authority': 'localhost' })
          .on('error', () => {})
          .resume()
    })
    session.on('close', () => {
      counts.closed += 1
    })
    await wait(250)
  }
}

/** Opens connections that stay open and send a byte per second, or nothing at all. */
async function linger(count: number, addresses: number, text: string): Promise<void> {
  const sockets: Socket[] = []
  for (let i = 0; i < count; i += 1) {
    counts.tried += 1
    const socket = connect(place(addressOf(i % addresses)))
    socket.on('error', () => {})
    socket.on('close', () => {
      counts.closed += 1
    })
    socket.resume()
    sockets.push(socket)
    if (i % 200 === 199) await wait(10)
  }
  for (let at = 0; performance.now() < end; at += 1) {
    const byte = text[at % Math.max(1, text.length)]
    if (byte !== undefined) for (const socket of sockets) if (!socket.destroyed) socket.write(byte)
    await wait(1000)
  }
}

const costly = kind === 'chains of large keys' ? makeCostlyChain(7) : undefined
const impostor = kind === 'the serial number of a customer' ? makeImpostor() : undefined

const attacks: Record<string, () => Promise<void>> = {
  'flood of one address': () => flood(1),
  'flood of a hundred addresses': () => flood(100),
  'flood with unknown certificates': () => flood(100, makeUnauthenticatedClients()),
  'flood with a valid certificate': () => flood(100, readIdentity),
  'chains of large keys': () => flood(20, () => costly),
  'a hundred streams of each denied connection': () => askOnManyStreams(makeUnauthenticatedClients()()),
  'the serial number of a customer': () => flood(20, () => impostor),
  '100,000 unknown certificates': () => flood(100, makeUnauthenticatedClients(), 100_000),
  '10,000 silent connections of twenty addresses': () => linger(10_000, 20, ''),
  '10,000 silent connections of one address': () => linger(10_000, 1, ''),
  'a byte a second': () => linger(2000, 4, '\u0016\u0003\u0001\u0002'),
}
await attacks[kind]?.()
process.stdout.write(JSON.stringify(counts))
process.exit()
