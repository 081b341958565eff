import type { DownloadForm } from '../../../../src/contract/certificate.ts'
import { certificateFileName } from '../../../../src/kits/file-names.ts'

/** A file that can be downloaded; `pkcs12` is made in the page, from the private key of the user. */
export interface DownloadChoice {
  form: DownloadForm | 'pkcs12'
  label: string
  /** What the file has, and which clients take it. */
  what: string
}

/** Returns the download formats of an issued certificate, in the order of the menu. */
export const downloadChoices = (name: string, withServerCa: boolean): DownloadChoice[] => [
  {
    form: 'pem',
    label: certificateFileName(name),
    what: 'The certificate alone. For cURL, Postman, Python, Go and PHP, with the key in its own file',
  },
  {
    form: 'fullchain',
    label: `${name}-fullchain.pem`,
    what: 'Certificate and chain. For nginx, HAProxy, Node.js, and Java with a PKCS#8 key',
  },
  { form: 'pkcs12', label: `${name}.p12`, what: 'PKCS#12 with your key. For .NET, Windows, macOS and Java' },
  {
    form: 'chain',
    label: `${name}-chain.pem`,
    what: 'The chain alone. For clients that ask for a separate file',
  },
  { form: 'der', label: `${name}.der`, what: 'The certificate in binary. For Windows and Java tools' },
  {
    form: 'p7b',
    label: `${name}.p7b`,
    what: 'PKCS#7 without a key. To look at the chain in Windows or Java',
  },
  { form: 'ca_bundle', label: 'CA bundle', what: 'The CAs that issue client certificates. For servers' },
  ...(withServerCa
    ? [
        {
          form: 'server_ca' as const,
          label: 'Gateway CA',
          what: 'The CA of the gateway’s own certificate. For every client, for example as --cacert',
        },
      ]
    : []),
  { form: 'package', label: `${name}.zip`, what: 'All of these files but PKCS#12, with a README' },
]
