import { readFileSync } from 'node:fs'
import { request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { Agent, request as requestUndici } from 'undici'

/** Runs the set-ups of a file with node:https or with undici; prints name, status and body of each. */
const [, , file = '', library = ''] = process.argv

const modes: Record<string, SecureContextOptions> = {
  default: {},
  untrusted: {},
  lenient: { ciphers: 'DEFAULT:@SECLEVEL=0' },
  version: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' },
  cipher: { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' },
  group: { ecdhCurve: 'X448' },
}

interface Call {
  url: string
  method: string
  headers: Record<string, string>
  tls: SecureContextOptions
}

function callHttps({ url, method, headers, tls }: Call): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? requestTls : requestPlain
    const asked = request(url, { method, headers, ...tls, agent: false }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve([response.statusCode ?? 0, text])
    })
    asked.once('error', reject).end()
  })
}

async function callUndici({ url, method, headers, tls }: Call): Promise<[number, string]> {
  const dispatcher = new Agent({ connect: tls })
  try {
    const { statusCode, body } = await requestUndici(url, { method: method as 'GET', headers, dispatcher })
    return [statusCode, await body.text()]
  } finally {
    await dispatcher.destroy()
  }
}

for (const line of readFileSync(file, 'utf8').split('\n')) {
  const [
    name,
    url = '',
    method = '',
    certFile,
    keyFile = '',
    caFile = '',
    trace = '',
    authorization,
    host,
    mode = '',
  ] = line.split('\t')
  const identity = certFile ? { cert: readFileSync(certFile), key: readFileSync(keyFile) } : {}
  const ca = mode === 'untrusted' ? {} : { ca: readFileSync(caFile) }
  const headers = {
    traceparent: trace,
    ...(authorization && { authorization }),
    ...(host && { host }),
  }
  const call = { url, method, headers, tls: { ...identity, ...ca, ...modes[mode] } }
  const [status, body] = await (library === 'undici' ? callUndici : callHttps)(call).catch(
    (error: Error): [number, string] => [0, String(error.message).replaceAll(/\s/g, ' ')],
  )
  console.log(`${name}\t${status}\t${body}`)
}
