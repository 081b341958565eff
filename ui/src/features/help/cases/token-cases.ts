import type { HelpCase } from '../help-case.ts'

/** Problems with client ID, secret or token. */
export const tokenCases: HelpCase[] = [
  {
    id: 'placeholder',
    symptom: 'A placeholder was sent instead of the client ID or the client secret',
    says: ['YOUR_CLIENT_ID', 'YOUR_CLIENT_SECRET', '{{clientId}}', '{{clientSecret}}'],
    codes: ['client_id_placeholder', 'client_secret_placeholder'],
    meaning:
      'The command or the Postman environment was sent before its placeholders were replaced. The attempt does not count as a wrong secret.',
    steps: [
      'Copy the client ID from API credentials of this environment, and insert it in place of YOUR_CLIENT_ID.',
      'Insert your client secret in place of YOUR_CLIENT_SECRET. In Postman, enter it as the value of the variable clientSecret and select the environment.',
      'A secret is shown once. If you have lost it, select Rotate secret: the new one fills the commands on the page.',
    ],
  },
  {
    id: 'client-authentication',
    symptom: 'The token request is answered with 401',
    says: ['invalid_client'],
    codes: ['client_authentication_failed'],
    meaning:
      'The certificate was accepted, but client ID and secret, or client ID and assertion, do not belong together here.',
    steps: [
      'Read code and error_description of the answer. A code that begins with certificate_ is about the certificate.',
      'Compare the client ID with the one under API credentials, in this very environment.',
      'Compare the client secret. It is shown once; if it is lost, rotate it.',
      'A rotated secret ends when its overlap ends. The list of credentials shows which secrets hold, by their last four characters.',
      'If the credentials are restricted to certificates, call with one of those.',
      'With public keys, make a new assertion for each request, with the gateway as its audience.',
    ],
  },
  {
    id: 'network',
    symptom: 'The credentials cannot be used from this address',
    says: [],
    codes: ['network_not_allowed'],
    meaning: 'The credentials are limited to networks, and the client address is in none of them.',
    steps: [
      'Activity shows the client address that the gateway saw; it is often that of a NAT or an egress proxy.',
      'Call from one of the networks that the list of credentials names.',
      'Or select Actions, Change under API credentials, and add the network.',
    ],
  },
  {
    id: 'token',
    symptom: 'A call is answered with 401 after the TLS connection has succeeded',
    says: ['invalid_token'],
    codes: ['token_missing', 'token_invalid', 'token_expired', 'token_not_yet_valid', 'token_revoked'],
    meaning: 'The TLS connection works. The call has no access token, or one that is no longer valid.',
    steps: [
      'Send the header Authorization with the word Bearer, a space, and the token.',
      'Tokens are short-lived: get a new token before expires_in has passed.',
      'A token stops working immediately if its certificate is revoked or its credentials are deleted.',
    ],
  },
  {
    id: 'authorization-malformed',
    symptom: 'A call is answered with 400, and the header Authorization is the reason',
    says: ['invalid_request'],
    codes: ['authorization_malformed'],
    meaning: 'The header does not contain exactly one access token, or the request has the header twice.',
    steps: [
      'Send the word Bearer, a space and the token as it was issued, without quotation marks.',
      'Check whether a library and your own code both add an Authorization header. Send it once.',
    ],
  },
  {
    id: 'target',
    symptom: 'The token request is answered with invalid_target',
    says: ['invalid_target', 'resource'],
    codes: ['target_unknown'],
    meaning: 'The parameter resource names another API. Tokens of an environment are only for its gateway.',
    steps: [
      'Leave the parameter resource out, or send the address of the gateway.',
      'For another environment, get a token at its own gateway.',
    ],
  },
  {
    id: 'token-bound',
    symptom: 'The token is bound to another certificate',
    says: [],
    codes: ['token_certificate_mismatch'],
    meaning:
      'A token can be used only with the certificate of its token request, and by the organization that it was issued to.',
    steps: [
      'Use the same certificate for the token request and for the calls.',
      'After a rotation, get new tokens with the replacement.',
      'If tokens are shared between machines, each machine needs the same certificate, or its own tokens.',
    ],
  },
  {
    id: 'scope',
    symptom: 'A call is answered with 403 after the TLS connection has succeeded',
    says: ['insufficient_scope'],
    codes: ['token_scope_missing'],
    meaning: 'The token is valid, but does not allow this request.',
    steps: [
      'Check the scopes of the credentials under API credentials.',
      'If the token request names scopes, name the one that the call needs too.',
      'If a scope is missing, select Actions, Change under API credentials, and add it. Then get a new token.',
    ],
  },
]
