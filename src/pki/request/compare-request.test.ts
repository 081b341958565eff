import { expect, test } from 'vitest'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
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

test('a CSR that requests what the certificate carries has no differences, in any order', () => {
  expect(compare('/C=PL/ST=Łódzkie/O=Łódź/CN=acme-0001')).toEqual([])
  expect(compare('/CN=acme-0001/O=Ło\u0301dz\u0301/ST=Łódzkie/C=PL', 'extendedKeyUsage=clientAuth')).toEqual(
    [],
  )
})

test('each difference is listed with the requested and the given value', () => {
  const wishes = [
    'subjectAltName=DNS:a.example',
    'basicConstraints=CA:TRUE',
    'extendedKeyUsage=OCSPSigning,msSmartcardLogin,1.2.3.4',
    'certificatePolicies=1.2.3.4',
    'nameConstraints=permitted;DNS:a.example',
    'tlsfeature=status_request',
  ]
  expect(compare('/C=DE/O=Acme/OU=a/OU=b/CN=acme-0001/emailAddress=a@b.example', ...wishes)).toEqual([
    { field: 'Country (C)', requested: 'DE', certified: 'PL' },
    { field: 'State or province (ST)', requested: '', certified: 'Łódzkie' },
    { field: 'Organization (O)', requested: 'Acme', certified: 'Łódź' },
    { field: 'Unit (OU)', requested: 'a, b', certified: '' },
    { field: 'Email address', requested: 'a@b.example', certified: '' },
    { field: 'Alternative name', requested: 'dns:a.example', certified: '' },
    ...[
      'to be a CA',
      'to sign OCSP answers',
      'to sign in to Windows',
      'to be used for 1.2.3.4',
      'to carry a policy of its own',
      'to constrain names, as CAs do',
    ].map((requested) => ({ field: 'Permission', requested, certified: '' })),
    { field: 'Extension', requested: 'tlsFeature', certified: '' },
  ])
})
