import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { operations } from '../../src/contract/operations.ts'
import { until } from '../../test/support/certificates.ts'
import { preparePostern } from '../../test/support/postern.ts'
import { createPostgresDatabase, startPostgres } from '../../test/support/postgres.ts'
import { clearPlace, listProcesses } from '../../test/support/processes.ts'
import { type Fault, noFindings, type Outcome } from './fault.ts'
import { callOnce, openHarness } from './harness.ts'
import { findLost, startLoad } from './load.ts'

/** Kills everything at a random moment of a first start, and starts again. */
async function killFirstStart(
  environment: NodeJS.ProcessEnv,
  config: Record<string, unknown>,
): Promise<Outcome> {
  const found = noFindings()
  const place = await preparePostern({ config, environment })
  try {
    const { processId, exitCode } = place.run('serve')
    await wait(400 + Math.random() * 5000)
    for (const pid of [processId, ...listProcesses(place)]) killAtOnce(pid)
    await exitCode
    await until(
      async () => listProcesses(place).length,
      (count) => count === 0,
      10,
    )
    const began = performance.now()
    const postern = await place.start()
    await postern.end()
    return { ...found, felt: performance.now() - began }
  } catch (error) {
    found.lost.push((error as Error).message)
    return found
  } finally {
    clearPlace(place)
  }
}

/** Kills a process that may have exited meanwhile. */
function killAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const firstStartOnSqlite: Fault = {
  name: 'the first start is killed, SQLite',
  async *run(rounds) {
    for (let number = 0; number < rounds; number += 1) yield await killFirstStart({}, {})
  },
}

const firstStartOnPostgres: Fault = {
  name: 'the first start is killed, PostgreSQL',
  async *run(rounds) {
    const server = await startPostgres()
    try {
      for (let number = 0; number < rounds; number += 1) {
        const url = await createPostgresDatabase(server.url)
        yield await killFirstStart({ POSTERN_DATABASE_URL: url }, { storage: { engine: 'postgres' } })
      }
    } finally {
      await server.stop()
    }
  },
}

/** Shuts down the file system as a power cut does (EXT4_IOC_SHUTDOWN without flushing its log). */
const cutPower = `import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))`

function openDisk() {
  const folder = mkdtempSync(join(tmpdir(), 'postern-disk-'))
  const [image, disk] = [join(folder, 'disk.img'), join(folder, 'disk')]
  mkdirSync(disk)
  writeFileSync(image, '')
  truncateSync(image, 512 * 1_048_576)
  execFileSync('mkfs.ext4', ['-q', '-F', image])
  const mount = () => execFileSync('mount', ['-o', 'loop', image, disk])
  mount()
  return {
    disk,
    cut: () => execFileSync('python3', ['-c', cutPower, disk]),
    async mountAgain() {
      // Killed processes close their files shortly after they have left the process list.
      const unmount = async () => spawnSync('umount', [disk]).status
      await until(unmount, (status) => status === 0, 10)
      mount()
    },
    remove() {
      execFileSync('umount', ['-l', disk])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const power: Fault = {
  name: 'power goes under load, SQLite',
  findMissing: () => (process.getuid?.() === 0 ? undefined : 'root, to mount a disk'),
  async *run(rounds) {
    const { disk, cut, mountAgain, remove } = openDisk()
    const harness = await openHarness({ environment: { POSTERN_DATA: join(disk, 'data') } })
    // Clients use a separate disk.
    const serverCaFile = join(mkdtempSync(join(tmpdir(), 'postern-ca-')), 'server-ca.pem')
    copyFileSync(harness.postern.serverCaFile, serverCaFile)
    Object.assign(harness.postern, { serverCaFile })
    try {
      for (let number = 0; number < rounds; number += 1) {
        yield await cutUnderLoad(harness, async () => {
          cut()
          for (const pid of listProcesses(harness.place)) killAtOnce(pid)
          await until(
            async () => listProcesses(harness.place).length,
            (count) => count === 0,
            10,
          )
          await mountAgain()
        })
      }
    } finally {
      for (const pid of listProcesses(harness.place)) killAtOnce(pid)
      harness.place.remove()
      remove()
    }
  },
}

async function cutUnderLoad(
  harness: Parameters<typeof startLoad>[0],
  cut: () => Promise<void>,
): Promise<Outcome> {
  const found = noFindings()
  const load = await startLoad(harness, {
    calls: /^(?:0|50\d) /,
    refusals: /^50\d /,
    callSeconds: 90,
    apiSeconds: 90,
  })
  await wait(500 + Math.random() * 2000)
  await cut()
  const began = performance.now()
  try {
    Object.assign(harness.postern, await harness.place.start(), {
      serverCaFile: harness.postern.serverCaFile,
    })
  } catch (error) {
    found.lost.push((error as Error).message)
    return found
  }
  const felt = performance.now() - began
  const { acknowledged, ...outcome } = await load.stop()
  const lost = await findLost(harness, acknowledged)
  return { ...outcome, lost, felt }
}

const sqliteLocked: Fault = {
  name: 'another program holds the lock of SQLite for 4 s',
  async *run(rounds) {
    const harness = await openHarness()
    const { storage } = harness.postern
    if (storage.engine !== 'sqlite') throw new Error('This Postern is not on SQLite.')
    try {
      for (let number = 0; number < rounds; number += 1) {
        const found = noFindings()
        const other = new DatabaseSync(storage.path)
        other.exec('begin immediate')
        const released = wait(4000).then(() => {
          other.exec('rollback')
          other.close()
        })
        const write = harness.admin.send(operations.createCertificate, {
          params: { organization: 'acme', environment: 'production' },
          body: {},
        })
        await wait(100)
        let longest = 0
        for (let asked = 0; asked < 20; asked += 1) {
          const began = performance.now()
          await harness.admin.call(operations.getSession)
          longest = Math.max(longest, performance.now() - began)
          await wait(100)
        }
        if (longest > 1000) found.hung.push(`the session took ${Math.round(longest)} ms`)
        const { status, body } = await write
        if (status !== 503) found.failed.push(`a change answered ${status} ${body.code}`)
        if ((await callOnce(harness)) !== '200') found.failed.push('a call was refused')
        await released
        const began = performance.now()
        await until(
          () =>
            harness.admin.send(operations.createCertificate, {
              params: { organization: 'acme', environment: 'production' },
              body: {},
            }),
          (answer) => answer.status === 201 || answer.status === 200,
          10,
        )
        yield { ...found, felt: performance.now() - began }
      }
    } finally {
      await harness.close()
    }
  },
}

/** Faults of files, disks and locks. */
export const fileFaults: Fault[] = [firstStartOnSqlite, firstStartOnPostgres, power, sqliteLocked]
