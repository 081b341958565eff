import { Button } from '@mantine/core'
import { IconDownload, IconFileZip } from '@tabler/icons-react'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { keyFileName } from '../../../../../src/kits/file-names.ts'
import { CommandBlock } from '../../../components/ui/command-block.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { saveFile } from '../../../lib/save-file.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import type { BrowserKey } from '../create-browser-key.ts'
import { keyMediaType } from '../use-browser-key.ts'

interface SavedKeyNoticeProps {
  certificate: CertificateView
  browserKey: BrowserKey
}

/** Says where the key is that this page made, and saves it again as long as the page has it. */
export function SavedKeyNotice({ certificate, browserKey }: SavedKeyNoticeProps) {
  const { environment } = useWorkspace()
  const { name, issued } = certificate
  const saveKey = async () => {
    const { toKeyFile } = await import('../create-browser-key.ts')
    saveFile(keyFileName(name), toKeyFile(browserKey), keyMediaType)
  }
  const saveBoth = async (pem: string) => {
    const { saveKeyPackage } = await import('../save-key-package.ts')
    saveKeyPackage({ name, pem, key: browserKey, serverCa: environment.serverCa?.pem ?? null })
  }
  return (
    <Notice
      tone="warn"
      title={`Your browser saved ${keyFileName(name)}. Keep this file`}
      actions={
        <>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconDownload size={14} aria-hidden />}
            onClick={saveKey}
          >
            Save key again
          </Button>
          {issued !== null && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconFileZip size={14} aria-hidden />}
              onClick={() => saveBoth(issued.pem)}
            >
              Save key and certificate as .zip
            </Button>
          )}
        </>
      }
    >
      <p>
        It is the only copy of the private key. Postern never received it, and this page forgets it when you
        leave. Move the file from your downloads to a secrets manager, and let no other user read it.
      </p>
      <details>
        <summary>What was sent</summary>
        <CommandBlock label="CSR" text={browserKey.csr} />
      </details>
    </Notice>
  )
}
