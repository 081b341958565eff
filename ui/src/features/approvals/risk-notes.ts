import type { CertificateView } from '../../../../src/contract/certificate.ts'

/** What an operator should look at twice before deciding about a request, in sentences. */
export function riskNotes({ request, keyKind, replaces, description, contacts }: CertificateView): string[] {
  if (request === null) return []
  const namesOther = request.differences.some(({ field, asked }) => field.includes('(O)') && asked !== '')
  return [
    ...request.asksForPower.map((power) => `It asks ${power}. The certificate will not carry it.`),
    namesOther ? 'It asks for another organization name than the one on record.' : '',
    keyKind === 'rsa-2048' ? 'RSA 2048 is the weakest key that is still allowed.' : '',
    contacts.length === 0 ? 'Nobody is written to before it expires.' : '',
    description === '' && replaces === null ? 'Nothing says what it is for.' : '',
  ].filter((note) => note !== '')
}
