import type { ToolFolder } from '../support/tool-folder.ts'
import { join } from './element-tree.ts'

const sections = {
  root: 'basicConstraints = critical,CA:TRUE\nsubjectKeyIdentifier = hash',
  middle: `basicConstraints = critical,CA:TRUE,pathlen:1
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
certificatePolicies = 1.2.3.4,1.2.3.5
policyMappings = 1.2.3.4:1.2.3.6,1.2.3.4:1.2.3.7,1.2.3.5:1.2.3.6
policyConstraints = requireExplicitPolicy:1,inhibitPolicyMapping:1
inhibitAnyPolicy = 1
nameConstraints = critical,permitted;DNS:.example,permitted;email:example.org,permitted;IP:192.0.2.0/255.255.255.0,permitted;URI:.example,permitted;dirName:allowed,excluded;DNS:bad.example,excluded;IP:203.0.113.0/255.255.255.0`,
  open: `basicConstraints = critical,CA:TRUE
certificatePolicies = 2.5.29.32.0
nameConstraints = permitted;DNS:example`,
  leaf: `basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = clientAuth
certificatePolicies = 1.2.3.6,1.2.3.7
subjectAltName = DNS:a.example,email:a@example.org,IP:192.0.2.7,URI:https://b.example/c`,
}
const configuration = `[req]
distinguished_name = dn
[dn]
[allowed]
C = DE
${Object.entries(sections)
  .map(([name, lines]) => `[${name}]\n${lines}\n`)
  .join('')}`

/**
 * Returns chains of three and four certificates with policies, policy mappings and name constraints, leaf
 * first.
 */
export function makeChains(folder: ToolFolder): Uint8Array[] {
  folder.write('chain.cnf', configuration)
  const make = (name: string, section: string, issuer?: string): Uint8Array => {
    const subject = `/C=DE/O=Acme/CN=${name}`
    folder.run('openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out', `${name}.key`)
    folder.run(
      `openssl req -new -config chain.cnf -key ${name}.key -subj ${subject} -days 9000 -outform PEM -out ${name}.pem -x509 -extensions ${section}${issuer ? ` -CA ${issuer}.pem -CAkey ${issuer}.key` : ''}`,
    )
    folder.run(`openssl x509 -in ${name}.pem -outform DER -out ${name}.der`)
    return folder.read(`${name}.der`)
  }
  const root = make('root', 'root')
  const open = make('open', 'open', 'root')
  const middle = make('middle', 'middle', 'open')
  const leaf = make('leaf', 'leaf', 'middle')
  const other = make('other', 'leaf', 'open')
  return [join([leaf, middle, open, root]), join([other, open, root]), join([leaf, middle, middle, root])]
}
