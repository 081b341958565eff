import { NativeSelect, SegmentedControl } from '@mantine/core'
import { IconFileCertificate, IconKey } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { keyFileName } from '../../../../../src/kits/file-names.ts'
import { keyKinds, opensslCommand, type Shell, shells } from '../../../../../src/kits/openssl-command.ts'
import { renewalCommand } from '../../../../../src/kits/renewal-command.ts'
import { CommandBlock } from '../../../components/ui/command-block.tsx'
import { useShell } from '../../../lib/use-shell.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useUpdateCertificate } from '../api/update-certificate.ts'
import classes from './key-step.module.css'
import { StepForm } from './step-form.tsx'

const shellNames: Record<Shell, string> = {
  posix: 'in bash or zsh',
  powershell: 'in PowerShell',
  cmd: 'at the command prompt',
  'git-bash': 'in Git Bash',
}

interface KeyStepProps {
  certificate: CertificateView
  back: ReactNode
  onDone: () => void
}

/** Shows the third step: the command that creates the key and the CSR on the user's own machine. */
export function KeyStep({ certificate, back, onDone }: KeyStepProps) {
  const { params, environment } = useWorkspace()
  const { id, name, subject } = certificate
  const [shell, setShell] = useShell()
  const update = useUpdateCertificate({ organization: params.organization, certificateId: id })
  const allowed = keyKinds.filter((kind) => environment.allowedKeys.includes(kind.id))
  // The choice is shown immediately; the draft is saved afterwards.
  const wanted = update.isError ? certificate.keyKind : (update.variables?.keyKind ?? certificate.keyKind)
  const keyKind = (allowed.find((kind) => kind.id === wanted) ?? allowed[0] ?? keyKinds[0]).id
  const command = opensslCommand({ shell, keyKind, name, subject })
  return (
    <StepForm
      title="Make the key and the signing request"
      description={`Copy this command and run it ${shellNames[shell]}, in the folder where the files shall be. It needs OpenSSL.`}
      error={update.error}
      back={back}
      onSubmit={onDone}
    >
      <div className={classes.choices}>
        <SegmentedControl
          aria-label="Shell"
          className={classes.shells ?? ''}
          size="sm"
          data={shells.map((each) => ({ value: each.id, label: each.label }))}
          value={shell}
          onChange={(value) => setShell(value as Shell)}
        />
        <NativeSelect
          aria-label="Key type"
          data={allowed.map((kind) => ({ value: kind.id, label: kind.label }))}
          value={keyKind}
          onChange={(event) => update.mutate({ keyKind: event.currentTarget.value as typeof keyKind })}
        />
      </div>
      <CommandBlock label="OpenSSL command" text={command.text} />
      {environment.sameKeyRenewal && certificate.replaces && (
        <details>
          <summary>{`Keep the key of ${certificate.replaces.name} instead`}</summary>
          <p>
            A new key is better: whoever got hold of the old one unseen loses it. Where the key cannot be
            replaced, run this where <code>{keyFileName(certificate.replaces.name)}</code> is.
          </p>
          <CommandBlock
            label="OpenSSL command that keeps the key"
            text={renewalCommand({ name, replaces: certificate.replaces.name })}
          />
        </details>
      )}
      <WrittenFiles keyFile={command.keyFile} csrFile={command.csrFile} />
      <ul className={classes.notes}>
        {command.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
        <li>
          This page may be left: the draft <strong>{name}</strong> waits in the list until its request comes.
        </li>
      </ul>
    </StepForm>
  )
}

function WrittenFiles({ keyFile, csrFile }: { keyFile: string; csrFile: string }) {
  return (
    <div className={classes.files}>
      <WrittenFile icon={<IconKey size={20} aria-hidden />} name={keyFile}>
        The private key. It stays with you: keep it in a secrets manager, send it to nobody.
      </WrittenFile>
      <WrittenFile icon={<IconFileCertificate size={20} aria-hidden />} name={csrFile}>
        The signing request. You submit it in the next step; it holds nothing secret.
      </WrittenFile>
    </div>
  )
}

function WrittenFile({ icon, name, children }: { icon: ReactNode; name: string; children: ReactNode }) {
  return (
    <div className={classes.file}>
      {icon}
      <div>
        <code>{name}</code>
        <p>{children}</p>
      </div>
    </div>
  )
}
