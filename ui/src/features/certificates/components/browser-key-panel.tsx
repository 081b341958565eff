import { NativeSelect } from '@mantine/core'
import { IconFileCertificate, IconKey } from '@tabler/icons-react'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { certificateFileName, keyFileName } from '../../../../../src/kits/file-names.ts'
import type { CommandKeyKind } from '../../../../../src/kits/openssl-command.ts'
import { Notice } from '../../../components/ui/notice.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import type { CreatableKind } from '../use-creatable-kinds.ts'
import classes from './key-step.module.css'
import { WrittenFile } from './terminal-key.tsx'

interface BrowserKeyPanelProps {
  certificate: CertificateView
  kinds: CreatableKind[] | undefined
  keyKind: CommandKeyKind | undefined
  onKeyKind: (keyKind: CommandKeyKind) => void
  /** Whether the key was saved as a file, but its CSR is not accepted yet. */
  saved: boolean
}

/** Explains what happens to a key that is made in this page, and shows the choice of its type. */
export function BrowserKeyPanel({ certificate, kinds, keyKind, onKeyKind, saved }: BrowserKeyPanelProps) {
  const { environment } = useWorkspace()
  const keyFile = keyFileName(certificate.name)
  if (kinds?.length === 0) return <NoKeysHere />
  return (
    <>
      <NativeSelect
        label="Key type"
        className={classes.kind ?? ''}
        data={(kinds ?? []).map(({ id, label }) => ({ value: id, label }))}
        value={keyKind}
        disabled={kinds === undefined}
        onChange={(event) => onKeyKind(event.currentTarget.value as CommandKeyKind)}
      />
      <div className={classes.files}>
        <WrittenFile icon={<IconKey size={20} aria-hidden />} name={keyFile}>
          The private key. Your browser saves it as a file first. It is never sent, and this page forgets it
          when you leave.
        </WrittenFile>
        <WrittenFile
          icon={<IconFileCertificate size={20} aria-hidden />}
          name={certificateFileName(certificate.name)}
        >
          {environment.issuanceMode === 'automatic'
            ? 'The certificate. You download it in the next step.'
            : 'The certificate. You download it when it is issued.'}
        </WrittenFile>
      </div>
      {environment.issuanceMode !== 'automatic' && (
        <Notice tone="warn" title={`Keep ${keyFile}`}>
          <p>
            The certificate is issued later, and it works only with this file. If the file is lost, you need a
            new certificate.
          </p>
        </Notice>
      )}
      {saved && (
        <Notice tone="info" title={`${keyFile} is saved`}>
          <p>Its CSR was not accepted yet. Submit the CSR again; the key stays the same.</p>
        </Notice>
      )}
    </>
  )
}

function NoKeysHere() {
  return (
    <Notice tone="warn" title="This browser cannot create the key">
      <p>
        {window.isSecureContext
          ? 'It supports none of the key types that this environment accepts. Use Terminal.'
          : 'Browsers create keys only on pages with HTTPS. Use Terminal.'}
      </p>
    </Notice>
  )
}
