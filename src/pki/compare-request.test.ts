import { expect, test } from 'vitest'
import { openToolFolder } from '../../test/support/tool-folder.ts'
import { parseCertificateRequest } from './certificate-request.ts'
import { listDifferences } from './compare-request.ts'

const subject = { organizationName: 'Łódź', country: 'PL', state: 'Łódzkie', commonName: 'acme-0001' }

function compare(name: string, ...wishes: string[]) {
  using folder = openToolFolder()
  folder.run('openssl genpkey -algorithm ed25519 -out key.pem')
  const extensions = wishes.flatMap((wish) => ['-addext', wish])
  folder.run('openssl req -new -utf8 -key key.pem -out a.csr -subj', name, ...extensions)
  return listDifferences(parseCertificateRequest(folder.read('a.csr')), subject)
}

test('a request that asks for what it gets shows nothing, whatever its order', () => {
  expect(compare('/C=PL/ST=Łódzkie/O=Łódź/CN=acme-0001')).toEqual([])
  expect(compare('/CN=acme-0001/O=Ło\u0301dz\u0301/ST=Łódzkie/C=PL', 'extendedKeyUsage=clientAuth')).toEqual(
    [],
  )
})

test('each difference is named with what was asked and what is given', () => {
  const wishes = ['subjectAltName=DNS:a.example', 'basicConstraints=CA:TRUE', 'tlsfeature=status_request']
  expect(compare('/C=DE/O=Acme/OU=a/OU=b/CN=acme-0001/emailAddress=a@b.example', ...wishes)).toEqual([
    { field: 'Country (C)', asked: 'DE', given: 'PL' },
    { field: 'State or province (ST)', asked: '', given: 'Łódzkie' },
    { field: 'Organization (O)', asked: 'Acme', given: 'Łódź' },
    { field: 'Unit (OU)', asked: 'a, b', given: '' },
    { field: 'E-mail address', asked: 'a@b.example', given: '' },
    { field: 'Alternative name', asked: 'dns:a.example', given: '' },
    { field: 'Permission', asked: 'to be a CA', given: '' },
    { field: 'Extension', asked: 'tlsFeature', given: '' },
  ])
})
