import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify from 'fastify'

/** A web framework with the routes /payments and /payments/refunds, each with everything below it. */
export interface Router {
  name: string
  /** Returns which of them runs for a request target, undefined if neither does. */
  run(method: string, target: string): Promise<string | undefined>
}

/** The parts of the untyped frameworks that are used here. */
interface RouterLike {
  all(path: string, handler: (first: unknown, second: { end(text: string): void }) => void): unknown
}

const paths = {
  '/payments/refunds': 'refunds',
  '/payments/refunds/:id': 'refunds',
  '/payments': 'payments',
  '/payments/:id': 'payments',
}

/** Opens Express 4 and 5, Fastify with and without case sensitivity, Koa's router and Go's ServeMux. */
export async function openRouters() {
  const agent = new Agent({ keepAlive: true })
  const closers: (() => void)[] = [() => agent.destroy()]
  const listen = async (name: string, listener: RequestListener): Promise<Router> => {
    const server = createServer(listener)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return toRouter(name, (server.address() as AddressInfo).port, agent)
  }
  const routers = [
    await listen('Express 4', await createExpress('express4')),
    await listen('Express 5', await createExpress('express')),
    await listen('Fastify', await createFastify(true)),
    await listen('Fastify without case', await createFastify(false)),
    await listen('Koa', await createKoa()),
  ]
  const go = await openServeMux()
  closers.push(go.close)
  return {
    routers: [...routers, toRouter('ServeMux', go.port, agent)],
    close: () => {
      for (const close of closers) close()
    },
  }
}

/** Imports a package without types, as both versions of Express are. */
const importPlain = async (name: string) => (await import(name)).default

async function createExpress(name: string): Promise<RequestListener> {
  const app = (await importPlain(name))()
  const router: RouterLike = app
  for (const [path, route] of Object.entries(paths))
    router.all(path, (_request, response) => response.end(route))
  app.use(
    (_error: unknown, _request: unknown, response: { statusCode: number; end(): void }, _next: unknown) => {
      response.statusCode = 400
      response.end()
    },
  )
  return app
}

async function createFastify(caseSensitive: boolean): Promise<RequestListener> {
  const app = fastify({ routerOptions: { caseSensitive, ignoreTrailingSlash: true, maxParamLength: 500 } })
  for (const [path, route] of Object.entries(paths)) app.all(path, async () => route)
  await app.ready()
  return app.routing as RequestListener
}

async function createKoa(): Promise<RequestListener> {
  const [Koa, KoaRouter] = [await importPlain('koa'), (await import('@koa/router')).default]
  const app = new Koa({ silent: true })
  const router = new KoaRouter()
  for (const [path, route] of Object.entries(paths))
    router.all(path, (context: { body: unknown }) => {
      context.body = route
    })
  app.use(router.routes())
  return app.callback()
}

async function openServeMux(): Promise<{ port: number; close(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-mux-'))
  const program = join(folder, 'mux')
  execFileSync('go', ['build', '-o', program, join(import.meta.dirname, 'mux.go')], {
    env: { ...process.env, GOCACHE: join(folder, 'cache'), GO111MODULE: 'off' },
  })
  const child: ChildProcess = spawn(program, { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return {
    port: Number(line.toString()),
    close: () => {
      child.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function toRouter(name: string, port: number, agent: Agent): Router {
  return {
    name,
    async run(method, path) {
      const sent = request({ host: '127.0.0.1', port, method, path, agent })
      sent.end()
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      let text = ''
      for await (const chunk of response) text += chunk
      return response.statusCode === 200 ? text : undefined
    },
  }
}
