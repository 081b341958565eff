import { callGateway } from './call-gateway.ts'
import { client } from './hey-api/client.gen.ts'
import {
  changePassword,
  createCertificate,
  createCredential,
  getCertificate,
  listEnvironments,
  signIn,
} from './hey-api/sdk.gen.ts'
import { assertAnswered, readInput, toCookie, waitAsTold } from './input.ts'

const { apiUrl, email, password, newPassword, csr, key, serverCa, path: called } = readInput()
client.setConfig({ baseUrl: apiUrl })
const path = { organization: 'acme', environment: 'production' }
const stay = (response: Response | undefined) => {
  const cookie = response && toCookie(response)
  if (cookie) client.setConfig({ headers: { cookie } })
}

const signedIn = await signIn({ body: { email, password } })
stay(signedIn.response)
const changed = await changePassword({ body: { currentPassword: password, newPassword } })
assertAnswered(changed.data, changed.error)
stay(changed.response)

const created = await createCertificate({ path, body: { description: 'Payments', csr } })
assertAnswered(created.data, created.error)
let certificate = created.data
while (certificate.status === 'pending') {
  const read = await getCertificate({
    path: { organization: path.organization, certificateId: certificate.id },
  })
  assertAnswered(read.data, read.error)
  certificate = read.data
  if (certificate.status === 'pending') await waitAsTold(read.response as Response)
}
if (certificate.status !== 'issued') throw new Error(`The certificate is ${certificate.status}`)
// The status narrows the union: what is issued has its PEM and its end.
const { pem } = certificate.issued
const notAfter: string = certificate.notAfter

const credential = await createCredential({ path, body: { name: 'Payments' } })
assertAnswered(credential.data, credential.error)
const environments = await listEnvironments({ path: { organization: path.organization } })
assertAnswered(environments.data, environments.error)
const environment = environments.data.items.find(({ name }) => name === path.environment)
if (environment === undefined) throw new Error('The environment is not listed')

const identity = { ca: serverCa, cert: pem, key }
console.log(
  JSON.stringify({ status: await callGateway(identity, environment, credential.data, called), notAfter }),
)
