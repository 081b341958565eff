import { expect, test } from 'vitest'
import { assertSocketsWanted, joinSockets } from './inherit-sockets.ts'

const socket = (port: number, descriptor: number) => ({ port, descriptor })
const own = { list: () => [socket(9, 90)], release() {}, outliveRelease: false }

test('a second socket of a port from whose sockets one process accepts is rejected, and one of gateways is used', () => {
  const wanted = { ports: [3000, 8080, 8443], single: [3000, 8080] }
  const given = [socket(3000, 3), socket(8080, 4), socket(8443, 5), socket(8443, 6)]
  expect(() => assertSocketsWanted(given, wanted)).not.toThrow()
  expect(() => assertSocketsWanted([...given, socket(8080, 7)], wanted)).toThrow(
    'systemd passes several sockets of port 8080, and Postern accepts from one. Leave one ListenStream=',
  )
  expect(() => assertSocketsWanted([...given, socket(1, 7)], wanted)).toThrow('a socket of port 1, which')
})

test.each([1, 2, 3, 4, 7])('each of several sockets is accepted from by %i processes', (processes) => {
  for (const count of [1, 2, 3, 5, 8]) {
    const given = Array.from({ length: count }, (_, index) => socket(8443, 10 + index))
    const sockets = joinSockets(own, given, processes)
    const lists = Array.from({ length: processes }, (_, index) => sockets.list(index))
    for (const list of lists) {
      expect(list).toContainEqual(socket(9, 90))
      expect(list.length).toBeGreaterThan(1)
      expect(new Set(list).size).toBe(list.length)
    }
    for (const one of given)
      expect(lists.filter((list) => list.includes(one)).length).toBeGreaterThanOrEqual(Math.min(2, processes))
  }
})
