import { chmodSync, existsSync, lstatSync, renameSync, rmSync, statSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { PosternError } from './errors.ts'
import { randomHex } from './random-octets.ts'

const tryMs = 100
const ownerAlone = 0o177

/** A Unix socket, and its permissions. */
export interface SocketAddress {
  socketPath: string
  /** 0600 or 0660, as a number. */
  socketMode: number
}

/**
 * Lets one of several processes listen on a Unix socket: the first that finds it free. The others try again
 * ten times per second, and one of them takes over when it has ended. Throws the system's error if the socket
 * cannot be created, and `config_invalid` if its folder is missing or a file of another kind is in its place.
 */
export async function bindSocket(server: Server, { socketPath, socketMode }: SocketAddress) {
  const stopping = new AbortController()
  let ownInode: number | undefined

  const tryToHold = async (): Promise<void> => {
    // Two processes that find it free concurrently both create one; the later one takes the name, and the
    // other closes its own.
    if (ownInode !== undefined && inodeOf(socketPath) !== ownInode) {
      server.close()
      server.closeIdleConnections()
      ownInode = undefined
    }
    if (ownInode !== undefined || (await isAnswered(socketPath)) || stopping.signal.aborted) return
    assertReplaceable(socketPath)
    await listenAt(server, socketPath, socketMode)
    ownInode = inodeOf(socketPath)
  }
  const keepTrying = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await wait(tryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
      // A temporarily missing folder is tried again.
      if (!stopping.signal.aborted) await tryToHold().catch(() => {})
    }
  }

  await tryToHold()
  void keepTrying()
  return {
    /** Lets another process take over the socket. */
    release(): void {
      stopping.abort()
      if (ownInode !== undefined && inodeOf(socketPath) === ownInode) rmSync(socketPath, { force: true })
      ownInode = undefined
    },
  }
}

/**
 * Created under a temporary name without rights for other users, so that no client can connect before its
 * mode is set.
 */
async function listenAt(server: Server, path: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomHex(4)}`
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const before = process.umask(ownerAlone)
    // The socket is created within this call.
    server.listen({ path: temporary }, () => {
      server.off('error', reject)
      resolve()
    })
    process.umask(before)
  })
  chmodSync(temporary, mode)
  renameSync(temporary, path)
}

const inodeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino

function assertReplaceable(path: string): void {
  if (!existsSync(dirname(path))) {
    throw new PosternError(
      'config_invalid',
      `authorizer.socketPath names ${path}, whose folder is not there. Make the folder, which edges may enter.`,
    )
  }
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.isSocket()) return
  throw new PosternError(
    'config_invalid',
    `authorizer.socketPath names ${path}, which is there and is no socket. Remove it, or choose another path.`,
  )
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const settle = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}
