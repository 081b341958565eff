import { Button } from '@mantine/core'
import { IconDownload, IconFileZip } from '@tabler/icons-react'
import { certificateFileName } from '../../../../../src/kits/file-names.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { downloadAddress } from '../api/download-address.ts'
import type { BrowserKey } from '../create-browser-key.ts'
import { DownloadMenu } from './download-menu.tsx'

interface CertificateDownloadsProps {
  id: string
  name: string
  /** The private key, if this page has made it. */
  browserKey?: BrowserKey | undefined
}

/** Shows the downloads of an issued certificate: its file, the client certificate package, and every format. */
export function CertificateDownloads({ id, name, browserKey }: CertificateDownloadsProps) {
  const { params } = useWorkspace()
  const key = { organization: params.organization, certificateId: id }
  return (
    <>
      <Button
        component="a"
        href={downloadAddress(key, 'pem')}
        download
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
      >
        {`Download ${certificateFileName(name)}`}
      </Button>
      <Button
        component="a"
        href={downloadAddress(key, 'package')}
        download
        variant="default"
        leftSection={<IconFileZip size={16} aria-hidden />}
      >
        Client certificate package
      </Button>
      <DownloadMenu id={id} name={name} browserKey={browserKey} />
    </>
  )
}
