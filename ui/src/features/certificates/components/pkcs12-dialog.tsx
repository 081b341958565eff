import { Button, Group, PasswordInput, Radio, Stack } from '@mantine/core'
import { type SubmitEvent, useState } from 'react'
import { keyFileName } from '../../../../../src/kits/file-names.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { FileDrop } from '../../../components/ui/file-drop.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { SecretValue } from '../../../components/ui/secret-value.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import type { BrowserKey } from '../create-browser-key.ts'
import type { Pkcs12Input } from '../create-pkcs12.ts'
import { pkcs12FileName, usePkcs12 } from '../use-pkcs12.ts'

interface Pkcs12DialogProps {
  certificate: { id: string; name: string }
  /** The key of this certificate, if this page has made it. */
  browserKey?: BrowserKey | undefined
  onClose: () => void
}

/** Makes a PKCS#12 file from a private key and the certificate, all in this page, and shows its passphrase once. */
export function Pkcs12Dialog({ certificate, browserKey, onClose }: Pkcs12DialogProps) {
  const { params } = useWorkspace()
  const { id, name } = certificate
  const pkcs12 = usePkcs12({ organization: params.organization, certificateId: id, name }, browserKey)
  const isMade = pkcs12.passphrase !== undefined
  return (
    <Dialog opened onClose={onClose} title={`Create ${pkcs12FileName(name)}`} insistent={isMade}>
      {pkcs12.passphrase === undefined ? (
        <KeyForm name={name} pkcs12={pkcs12} onClose={onClose} />
      ) : (
        <Passphrase name={name} passphrase={pkcs12.passphrase} onClose={onClose} />
      )}
    </Dialog>
  )
}

const profiles = [
  { value: 'modern', label: 'Modern', description: 'AES-256 and SHA-256. For current systems.' },
  {
    value: 'legacy',
    label: 'Legacy',
    description: '3DES and SHA-1. For old macOS, Windows and Java versions.',
  },
]

interface KeyFormProps {
  name: string
  pkcs12: ReturnType<typeof usePkcs12>
  onClose: () => void
}

function KeyForm({ name, pkcs12, onClose }: KeyFormProps) {
  const [profile, setProfile] = useState<string>('modern')
  const [keyPassphrase, setKeyPassphrase] = useState('')
  const { chosen, busy, error } = pkcs12
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!busy) pkcs12.create(profile as Pkcs12Input['profile'], keyPassphrase)
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <p>
          A PKCS#12 file holds the private key, the certificate and its chain. This page creates the file from
          your key. The key is not sent.
        </p>
        <FileDrop accept=".key,.pem,.der,.p8,.pk8" onFile={(file) => pkcs12.read(file)}>
          Drop <code>{keyFileName(name)}</code> here
        </FileDrop>
        {chosen && (
          <p role="status">
            Private key: <strong style={{ overflowWrap: 'anywhere' }}>{chosen.label}</strong>
          </p>
        )}
        {chosen?.key.encrypted && (
          <PasswordInput
            label="Passphrase of the private key"
            autoComplete="off"
            value={keyPassphrase}
            onChange={(event) => setKeyPassphrase(event.currentTarget.value)}
          />
        )}
        <Radio.Group label="Encryption" value={profile} onChange={setProfile}>
          <Stack gap="xs" mt={4}>
            {profiles.map((each) => (
              <Radio key={each.value} {...each} />
            ))}
          </Stack>
        </Radio.Group>
        <Problem error={error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={chosen === undefined || busy}>
            {busy ? 'Creating the file…' : `Create ${pkcs12FileName(name)}`}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Shows why no file was made: a problem of the key, in its own words, or an error of the API. */
function Problem({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null
  if (!(error instanceof Error) || error.name !== 'KeyFileProblem') return <ErrorNotice error={error} />
  return (
    <Notice tone="bad" announced title="This key cannot be used">
      <p>{error.message}</p>
    </Notice>
  )
}

interface PassphraseProps {
  name: string
  passphrase: string
  onClose: () => void
}

function Passphrase({ name, passphrase, onClose }: PassphraseProps) {
  const [visible, setVisible] = useState(false)
  return (
    <Stack gap="md">
      <Notice tone="warn" announced title="Copy the passphrase now">
        <p>
          {`Your browser saved ${pkcs12FileName(name)}. The passphrase opens this file and is shown once. Postern does not know it.`}
        </p>
      </Notice>
      <SecretValue label="Passphrase" value={passphrase} visible={visible} onVisible={setVisible} />
      <Group justify="flex-end">
        <Button onClick={onClose}>I have saved it</Button>
      </Group>
    </Stack>
  )
}
