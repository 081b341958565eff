/** The gateway of a collection. */
export interface PostmanTarget {
  environmentName: string
  gatewayUrl: string
}

const schema = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json'

const expectToken = [
  "pm.test('The gateway issued a token', function () {",
  '  pm.response.to.have.status(200)',
  '  const token = pm.response.json()',
  "  pm.expect(token.token_type).to.eql('Bearer')",
  "  pm.expect(token.access_token).to.be.a('string').and.not.empty",
  "  pm.collectionVariables.set('accessToken', token.access_token)",
  '})',
]

const expectWhoami = (name: string) => [
  "pm.test('The gateway knows the certificate', function () {",
  '  pm.response.to.have.status(200)',
  `  pm.expect(pm.response.json().certificate.name).to.eql(${JSON.stringify(name)})`,
  '})',
]

/**
 * Returns a Postman collection (format 2.1.0) that gets a token in both ways and calls the gateway. Its tests
 * check the responses, in Postman and in newman.
 */
export function postmanCollection({
  environmentName,
  gatewayUrl,
  name,
}: PostmanTarget & {
  /** The name of the certificate, for example `acme-0001`. */
  name: string
}): object {
  const path = (...segments: string[]) => ({
    raw: `{{gatewayUrl}}/${segments.join('/')}`,
    host: ['{{gatewayUrl}}'],
    path: segments,
  })
  return {
    info: {
      name: `Postern ${environmentName}`,
      schema,
      description:
        'Add the certificate under Settings, Certificates first, and choose the environment of the same name.',
    },
    variable: [
      { key: 'gatewayUrl', value: gatewayUrl },
      { key: 'accessToken', value: '' },
    ],
    item: [
      {
        name: 'Token',
        event: [testOf(expectToken)],
        request: {
          method: 'POST',
          header: [{ key: 'x-api-key', value: '{{clientSecret}}' }],
          url: {
            ...path('auth', 'token', ':clientId'),
            variable: [{ key: 'clientId', value: '{{clientId}}' }],
          },
        },
      },
      {
        name: 'Token (OAuth form)',
        event: [testOf(expectToken)],
        request: {
          method: 'POST',
          auth: {
            type: 'basic',
            basic: [
              { key: 'username', value: '{{clientId}}', type: 'string' },
              { key: 'password', value: '{{clientSecret}}', type: 'string' },
            ],
          },
          body: { mode: 'urlencoded', urlencoded: [{ key: 'grant_type', value: 'client_credentials' }] },
          url: path('token'),
        },
      },
      {
        name: 'Who am I',
        event: [testOf(expectWhoami(name))],
        request: {
          method: 'GET',
          header: [{ key: 'Authorization', value: 'Bearer {{accessToken}}' }],
          url: path('whoami'),
        },
      },
    ],
  }
}

/** Returns the Postman environment of the collection; the user fills in the secret. */
export function postmanEnvironment({
  environmentName,
  gatewayUrl,
  clientId = '',
}: PostmanTarget & { clientId?: string }): object {
  return {
    name: `Postern ${environmentName}`,
    _postman_variable_scope: 'environment',
    values: [
      { key: 'gatewayUrl', value: gatewayUrl, type: 'default', enabled: true },
      { key: 'clientId', value: clientId, type: 'default', enabled: true },
      { key: 'clientSecret', value: '', type: 'secret', enabled: true },
    ],
  }
}

const testOf = (lines: string[]) => ({ listen: 'test', script: { type: 'text/javascript', exec: lines } })
