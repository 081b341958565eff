import type { Page } from 'playwright-core'

/** What a page has let out: everything that leaves its memory, apart from the files that it saves. */
export interface Leaks {
  /** Returns all that was let out until now, each with where it went. */
  list(): Promise<{ where: string; content: string }[]>
}

/** Notes, in the page, what it gives to storage, to other threads and windows, and to the clipboard. */
const spy = `(() => {
  const noted = (globalThis.__noted = [])
  const text = (value) => {
    if (typeof value === 'string') return value
    if (value instanceof ArrayBuffer) value = new Uint8Array(value)
    if (ArrayBuffer.isView(value))
      return String.fromCharCode(...new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    try { return JSON.stringify(value, (_, part) => (ArrayBuffer.isView(part) ? text(part) : part)) ?? '' } catch { return String(value) }
  }
  const wrap = (owner, name) => {
    const original = owner?.[name]
    if (typeof original !== 'function') return
    owner[name] = function (...given) {
      noted.push({ where: name, content: given.map(text).join(' ') })
      return original.apply(this, given)
    }
  }
  for (const owner of [Worker, SharedWorker, MessagePort, BroadcastChannel, ServiceWorker, Window])
    wrap(owner?.prototype, 'postMessage')
  wrap(globalThis, 'postMessage')
  wrap(Storage.prototype, 'setItem')
  wrap(IDBObjectStore.prototype, 'put')
  wrap(IDBObjectStore.prototype, 'add')
  wrap(Cache.prototype, 'put')
  wrap(Navigator.prototype, 'sendBeacon')
  wrap(WebSocket.prototype, 'send')
  wrap(Clipboard.prototype, 'writeText')
  for (const name of ['pushState', 'replaceState']) wrap(History.prototype, name)
  for (const name of ['Worker', 'SharedWorker', 'WebSocket', 'EventSource', 'RTCPeerConnection']) {
    const Original = globalThis[name]
    if (Original)
      globalThis[name] = new Proxy(Original, {
        construct(target, given) {
          noted.push({ where: name, content: given.map(text).join(' ') })
          return Reflect.construct(target, given)
        },
      })
  }
})()`

/** What is left in the page and its origin. */
const leftBehind = `(async () => {
  const left = globalThis.__noted.slice()
  for (const where of ['localStorage', 'sessionStorage'])
    left.push({ where, content: JSON.stringify(Object.entries(globalThis[where])) })
  left.push({ where: 'cookie', content: document.cookie })
  left.push({ where: 'window.name', content: globalThis.name })
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve, reject) => {
      const request = indexedDB.open(name)
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    for (const store of database.objectStoreNames) {
      const rows = await new Promise((resolve) => {
        database.transaction(store).objectStore(store).getAll().onsuccess = ({ target }) => resolve(target.result)
      })
      left.push({ where: 'indexedDB', content: JSON.stringify(rows) })
    }
    database.close()
  }
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys())
      left.push({ where: 'cache', content: request.url })
  return left
})()`

/** Watches everything that `page` lets out from now on; to be called before it opens an address. */
export async function watchPage(page: Page): Promise<Leaks> {
  const seen: { where: string; content: string }[] = []
  const note = (where: string, content: string) => seen.push({ where, content })
  await page.addInitScript(spy)
  page.on('request', (request) => {
    note('URL', request.url())
    note('headers', JSON.stringify(request.headers()))
    note('body', request.postDataBuffer()?.toString('latin1') ?? '')
  })
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => note('WebSocket', String(payload))),
  )
  page.on('console', (message) => note('console', message.text()))
  page.on('pageerror', (error) => note('exception', String(error.stack)))
  page.on('framenavigated', (frame) => note('address', frame.url()))
  return {
    async list() {
      return [...seen, ...(await page.evaluate<typeof seen>(leftBehind))]
    },
  }
}
