import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { operations } from '../../src/contract/operations.ts'
import { issueCertificate, until } from '../../test/support/certificates.ts'
import { createGatewayClient, readIdentity } from '../../test/support/gateway-client.ts'
import { type Fault, noFindings } from './fault.ts'
import { callOnce, openHarness } from './harness.ts'

const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'

/** Opens a clock for the processes that can be changed while they run; monotonic time is not affected. */
function openClock() {
  const folder = mkdtempSync(join(tmpdir(), 'postern-clock-'))
  const file = join(folder, 'offset')
  const set = (offset: string) => {
    writeFileSync(`${file}.new`, offset)
    renameSync(`${file}.new`, file)
  }
  set('+0')
  return {
    set,
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const clockJumps: Fault = {
  name: 'the clock jumps a day forward and back',
  findMissing: () => (existsSync(library) ? undefined : 'libfaketime'),
  async *run(rounds) {
    const clock = openClock()
    const harness = await openHarness({ environment: clock.environment })
    try {
      for (let number = 0; number < rounds; number += 1) {
        const found = noFindings()
        const { certificate, files } = await issueCertificate(harness.admin, 'acme')
        const revoked = createGatewayClient(harness.postern, readIdentity(files))
        await harness.admin.call(operations.revokeCertificate, {
          params: { organization: 'acme', certificateId: certificate.id },
          body: { reason: 'key_compromise', name: certificate.name },
        })
        const ask = async () => (await revoked.get('/whoami')).status
        await until(ask, (status) => status === 403, 5)
        for (const offset of ['+1d', '+0']) {
          clock.set(offset)
          await wait(2500)
          const statuses = await Promise.all(Array.from({ length: 6 }, ask))
          if (statuses.some((status) => status === 200)) found.lost.push(`revoked, let in at ${offset}`)
        }
        revoked.close()
        const answer = await until(
          () => callOnce(harness),
          (it) => it === '200',
          10,
        ).catch(() => undefined)
        if (answer === undefined) found.failed.push('calls are refused with the right clock')
        yield found
      }
    } finally {
      await harness.close()
      clock.remove()
    }
  },
}

/** Faults of the clock. */
export const clockFaults: Fault[] = [clockJumps]
