import { Server } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** The first turn may have begun before the port was looked at. */
const quietTurns = 2
/** So that a flood of connections cannot keep a process from ending. */
const mostTurns = 2000

/**
 * Closes the port of a server once it has taken the connections that the kernel has queued for it, which closing
 * would reset; the event loop takes one in each of its turns. Connections that are open go on.
 */
export async function stopAccepting(server: Server): Promise<void> {
  let isQuiet = true
  const note = () => {
    isQuiet = false
  }
  server.on('connection', note)
  for (let turn = 0, quiet = 0; turn < mostTurns && quiet < quietTurns; turn += 1) {
    isQuiet = true
    await nextTurn()
    quiet = isQuiet ? quiet + 1 : 0
  }
  server.off('connection', note)
  // The own way of servers for HTTP/2 would cut idle connections on which a request may be under way.
  Server.prototype.close.call(server)
}
