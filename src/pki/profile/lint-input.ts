import { type ExtensionDetails, parseExtension } from '../certificate/parse-extension.ts'
import { parseTbsCertificate, type TbsCertificate } from '../certificate/tbs-certificate.ts'
import { DerReader } from '../der/der-reader.ts'
import { type PublicKey, parsePublicKey } from '../key/public-key.ts'
import { parseTaggedName } from '../name/name.ts'
import type { IssuerDetails } from './certificate-profile.ts'
import { type LintRule, readOrExplain } from './lint-rule.ts'

/** A TBSCertificate as the rules look at it. */
export type LintInput = TbsCertificate &
  ExtensionDetails & {
    subject: ReturnType<typeof parseTaggedName>
    publicKey: PublicKey
    /** Whether each present extension is critical, by object identifier. */
    critical: ReadonlyMap<string, boolean>
  }

/** A rule for a TBSCertificate that this issuer is to sign. */
export type CertificateRule = LintRule<LintInput, IssuerDetails>

const code = 'certificate_malformed'

/** Returns the parsed plan, or the reason why the bytes are not a TBSCertificate with a certifiable key. */
export const readLintInput = (tbs: Uint8Array): LintInput | string =>
  readOrExplain(() => {
    const fields = parseTbsCertificate(tbs, code)
    const name = new DerReader(fields.subjectDer, code)
    const subject = parseTaggedName(name)
    name.assertEnd()
    const extensionDetails: ExtensionDetails = Object.assign(
      {},
      ...fields.extensions.map((extension) => parseExtension(extension, code)),
    )
    return {
      ...fields,
      ...extensionDetails,
      subject,
      publicKey: parsePublicKey(fields.spki),
      critical: new Map(fields.extensions.map(({ oid, critical }) => [oid, critical])),
    }
  })
