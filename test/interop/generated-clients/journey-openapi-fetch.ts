import createClient from 'openapi-fetch'
import { callGateway } from './call-gateway.ts'
import { assertAnswered, readInput, toCookie, waitAsTold } from './input.ts'
import type { paths } from './schema.ts'

const { apiUrl, email, password, newPassword, csr, key, serverCa, path: called } = readInput()
const api = createClient<paths>({ baseUrl: apiUrl })
const path = { organization: 'acme', environment: 'production' }

const signedIn = await api.POST('/session', { body: { email, password } })
let cookie = toCookie(signedIn.response)
api.use({
  onRequest({ request }) {
    request.headers.set('cookie', cookie)
    return request
  },
  onResponse({ response }) {
    cookie = toCookie(response) || cookie
  },
})
const changed = await api.POST('/session/password', {
  body: { currentPassword: password, newPassword },
})
assertAnswered(changed.data, changed.error)

const created = await api.POST('/organizations/{organization}/environments/{environment}/certificates', {
  params: { path },
  body: { description: 'Payments', csr },
})
assertAnswered(created.data, created.error)
let certificate = created.data
while (certificate.status === 'pending') {
  const read = await api.GET('/organizations/{organization}/certificates/{certificateId}', {
    params: { path: { organization: path.organization, certificateId: certificate.id } },
  })
  assertAnswered(read.data, read.error)
  certificate = read.data
  if (certificate.status === 'pending') await waitAsTold(read.response)
}
if (certificate.status !== 'issued') throw new Error(`The certificate is ${certificate.status}`)
// The status narrows the union: what is issued has its PEM and its end.
const { pem } = certificate.issued
const notAfter: string = certificate.notAfter

const credential = await api.POST('/organizations/{organization}/environments/{environment}/credentials', {
  params: { path },
  body: { name: 'Payments' },
})
assertAnswered(credential.data, credential.error)
const environments = await api.GET('/organizations/{organization}/environments', {
  params: { path: { organization: path.organization } },
})
assertAnswered(environments.data, environments.error)
const environment = environments.data.items.find(({ name }) => name === path.environment)
if (environment === undefined) throw new Error('The environment is not listed')

const identity = { ca: serverCa, cert: pem, key }
console.log(
  JSON.stringify({ status: await callGateway(identity, environment, credential.data, called), notAfter }),
)
