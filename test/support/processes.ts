import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import type { PosternPlace } from './postern.ts'

/** Lists every process, of any parent, that runs on the data folder of `place`. */
export function listProcesses({ dataFolder }: Pick<PosternPlace, 'dataFolder'>): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readOrEmpty(`/proc/${pid}/environ`).includes(`POSTERN_DATA=${dataFolder}\0`))
    .map(Number)
}

/** Stops the remaining processes of a test that may have failed, and deletes its folder. */
export function clearPlace(place: Pick<PosternPlace, 'dataFolder' | 'remove'>): void {
  for (const pid of listProcesses(place)) process.kill(pid, 'SIGKILL')
  place.remove()
}

/** Returns those of `ports` that still accept connections. */
export async function findTakenPorts(ports: readonly number[]): Promise<number[]> {
  const taken = await Promise.all(ports.map(isTaken))
  return ports.filter((_, index) => taken[index])
}

/** Returns whether a port of 127.0.0.1 accepts connections. */
export function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Returns how many of the processes `pids` accept connections on a port: they share its socket. */
export function countListeners(port: number, pids: readonly number[]): number {
  const sockets = readConnections().filter(
    ({ localPort, state }) => localPort === port && state === listening,
  )
  const inodes = new Set(sockets.map(({ inode }) => `socket:[${inode}]`))
  return pids.filter((pid) => {
    const files = listDescriptors(pid)
    const watched = files
      .filter(({ target }) => target === 'anon_inode:[eventpoll]')
      .flatMap(({ fd }) => [...readOrEmpty(`/proc/${pid}/fdinfo/${fd}`).matchAll(/^tfd:\s*(\d+)/gm)])
      .map(([, fd]) => fd)
    return files.some(({ fd, target }) => inodes.has(target) && watched.includes(fd))
  }).length
}

/** Maps each connection to `port`, by its client port, to the one of the processes `pids` that holds it. */
export function findOwners(port: number, pids: readonly number[]): Map<number, number> {
  const owners = new Map<string, number>()
  for (const pid of pids) {
    for (const inode of listSockets(pid)) owners.set(inode, pid)
  }
  const found = new Map<number, number>()
  for (const { localPort, remotePort, inode } of readConnections()) {
    const pid = owners.get(inode)
    if (localPort === port && pid !== undefined) found.set(remotePort, pid)
  }
  return found
}

const listening = '0A'

/** Reads the kernel's table: `sl local remote state … inode`, addresses and ports in hexadecimal. */
function readConnections() {
  const [, ...lines] = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n')
  return lines.map((line) => {
    const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/)
    const portOf = (address: string) => Number.parseInt(address.split(':')[1] ?? '', 16)
    return { localPort: portOf(local), remotePort: portOf(remote), state, inode }
  })
}

const listSockets = (pid: number): string[] =>
  listDescriptors(pid).flatMap(({ target }) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [])

/** Lists the open files of a process; undefined if it has just exited. */
function listDescriptors(pid: number): { fd: string; target: string }[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return { fd, target: readlinkSync(`/proc/${pid}/fd/${fd}`) }
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

/** Reads a file of a process; empty if it has exited, or is a zombie. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
