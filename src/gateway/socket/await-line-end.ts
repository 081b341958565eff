import type { Socket } from 'node:net'

const maxWaitMs = 1000
const maxBytes = 262_144
const maxCharacters = 200

/**
 * Reads to the end of the current line, after HTTP parsing has stopped, and returns its last 200 characters;
 * undefined if the line does not end within a second and 256 KiB.
 */
export function awaitLineEnd(socket: Socket, onEnd: (line: string | undefined) => void): void {
  let tail = ''
  let left = maxBytes
  socket.removeAllListeners('data')
  const end = (line: string | undefined): void => {
    clearTimeout(timer)
    socket.off('data', onData).off('close', onClose)
    if (!socket.destroyed) onEnd(line)
  }
  const onData = (chunk: Buffer): void => {
    left -= chunk.length
    const text = tail + chunk.toString('latin1')
    const [line = '', ...others] = text.split(/\r?\n/, 2)
    tail = line.slice(-maxCharacters)
    if (others.length > 0 || left < 0) end(others.length > 0 ? tail : undefined)
  }
  const onClose = (): void => end(undefined)
  const timer = setTimeout(() => end(undefined), maxWaitMs)
  socket.on('data', onData).once('close', onClose)
  socket.resume()
}
