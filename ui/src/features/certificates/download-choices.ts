import type { DownloadForm } from '../../../../src/contract/certificate.ts'
import { certificateFileName } from '../../../../src/kits/file-names.ts'

/** Returns the download formats of an issued certificate, in the order of the menu. */
export const downloadChoices = (
  name: string,
  withServerCa: boolean,
): { form: DownloadForm; label: string; what: string }[] => [
  { form: 'pem', label: certificateFileName(name), what: 'The certificate alone' },
  { form: 'fullchain', label: `${name}-fullchain.pem`, what: 'Certificate and chain in one file' },
  { form: 'chain', label: `${name}-chain.pem`, what: 'The chain alone' },
  { form: 'der', label: `${name}.der`, what: 'The certificate in binary' },
  { form: 'p7b', label: `${name}.p7b`, what: 'PKCS #7, for Windows and Java' },
  { form: 'ca_bundle', label: 'CA bundle', what: 'The CAs that issue client certificates' },
  ...(withServerCa
    ? [
        {
          form: 'server_ca' as const,
          label: 'Gateway CA',
          what: 'The CA behind the gateway’s own certificate',
        },
      ]
    : []),
  { form: 'package', label: `${name}.zip`, what: 'Everything, with a README' },
]
