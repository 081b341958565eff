import { Server } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** The first turn may have begun before the port was checked. */
const quietTurns = 2
/** So that a flood of connections cannot keep a process from ending. */
const maxTurns = 2000

/**
 * Closes the port of a server after it has accepted the connections in the kernel's queue, which closing
 * would reset; the event loop accepts one per turn. Open connections continue.
 */
export async function stopAccepting(server: Server): Promise<void> {
  let isQuiet = true
  const note = () => {
    isQuiet = false
  }
  server.on('connection', note)
  for (let turn = 0, quiet = 0; turn < maxTurns && quiet < quietTurns; turn += 1) {
    isQuiet = true
    await nextTurn()
    quiet = isQuiet ? quiet + 1 : 0
  }
  server.off('connection', note)
  // The close method of HTTP/2 servers would close idle connections on which a request may be arriving.
  Server.prototype.close.call(server)
}
