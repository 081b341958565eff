import { buffer } from 'node:stream/consumers'
import { checkCertificateRequest } from '../../src/pki/request/check-request.ts'
import { PosternError } from '../../src/errors.ts'

/**
 * The result of the CSR validation for one input, and its cost in addition to what the process had before.
 */
export interface GateCost {
  verdict: string
  /** CPU time, which other processes of the machine do not lengthen. */
  milliseconds: number
  bytes: number
}

const input = new Uint8Array(await buffer(process.stdin))
const given = process.argv[2] === 'text' ? new TextDecoder().decode(input) : input
const before = process.memoryUsage.rss()
const start = process.cpuUsage()
const decision = await checkCertificateRequest(given, ['ec-p256', 'rsa-2048', 'ed25519']).then(
  () => 'accepted',
  (error) => (error instanceof PosternError ? error.code : String(error)),
)
const { user, system } = process.cpuUsage(start)
const milliseconds = (user + system) / 1000
const bytes = process.resourceUsage().maxRSS * 1024 - before
process.stdout.write(JSON.stringify({ verdict: decision, milliseconds, bytes } satisfies GateCost))
