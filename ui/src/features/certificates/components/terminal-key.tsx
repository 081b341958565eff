import { NativeSelect, SegmentedControl } from '@mantine/core'
import { IconFileCertificate, IconKey } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { keyFileName } from '../../../../../src/kits/file-names.ts'
import {
  type CommandKeyKind,
  keyKinds,
  opensslCommand,
  type Shell,
  shells,
} from '../../../../../src/kits/openssl-command.ts'
import { renewalCommand } from '../../../../../src/kits/renewal-command.ts'
import { CommandBlock } from '../../../components/ui/command-block.tsx'
import { useShell } from '../../../lib/use-shell.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import classes from './key-step.module.css'

interface TerminalKeyProps {
  certificate: CertificateView
  keyKind: CommandKeyKind
  onKeyKind: (keyKind: CommandKeyKind) => void
}

/** Shows the command that creates the key and the CSR on the user's own machine. */
export function TerminalKey({ certificate, keyKind: wanted, onKeyKind }: TerminalKeyProps) {
  const { environment } = useWorkspace()
  const { name, subject } = certificate
  const [shell, setShell] = useShell()
  const allowed = keyKinds.filter((kind) => environment.allowedKeys.includes(kind.id))
  const keyKind = (allowed.find((kind) => kind.id === wanted) ?? allowed[0] ?? keyKinds[0]).id
  const command = opensslCommand({ shell, keyKind, name, subject })
  return (
    <>
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
          onChange={(event) => onKeyKind(event.currentTarget.value as CommandKeyKind)}
        />
      </div>
      <CommandBlock label="OpenSSL command" text={command.text} />
      {environment.sameKeyRenewal && certificate.replaces && (
        <SameKey name={name} replaces={certificate.replaces.name} />
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
    </>
  )
}

function SameKey({ name, replaces }: { name: string; replaces: string }) {
  return (
    <details>
      <summary>{`Keep the key of ${replaces} instead`}</summary>
      <p>
        A new key is better: whoever got hold of the old one unseen loses it. Where the key cannot be
        replaced, run this where <code>{keyFileName(replaces)}</code> is.
      </p>
      <CommandBlock label="OpenSSL command that keeps the key" text={renewalCommand({ name, replaces })} />
    </details>
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

interface WrittenFileProps {
  icon: ReactNode
  name: string
  children: ReactNode
}

/** Shows a file that is written on the user's machine. */
export function WrittenFile({ icon, name, children }: WrittenFileProps) {
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
