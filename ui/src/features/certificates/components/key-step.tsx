import { Tabs } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import type { ReactNode } from 'react'
import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import type { CommandKeyKind } from '../../../../../src/kits/openssl-command.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useUpdateCertificate } from '../api/update-certificate.ts'
import type { BrowserKeyState } from '../use-browser-key.ts'
import { useCreatableKinds } from '../use-creatable-kinds.ts'
import { BrowserKeyPanel } from './browser-key-panel.tsx'
import { StepForm } from './step-form.tsx'
import { TerminalKey } from './terminal-key.tsx'

interface KeyStepProps {
  certificate: CertificateView
  browserKey: BrowserKeyState
  back: ReactNode
  /** Continues with the CSR that a command creates; the page goes on by itself once it has submitted its own. */
  onDone: () => void
}

/** Shows the third step: key and CSR are made by this browser, or by a command on the user's machine. */
export function KeyStep({ certificate, browserKey, back, onDone }: KeyStepProps) {
  const { params, environment } = useWorkspace()
  // The browser remembers the way that the user took last.
  const [place, setPlace] = useLocalStorage<string>({
    key: 'postern.key-place',
    defaultValue: 'browser',
    getInitialValueInEffect: false,
  })
  const update = useUpdateCertificate({ organization: params.organization, certificateId: certificate.id })
  const kinds = useCreatableKinds(environment)
  // The choice is shown immediately; the draft is saved afterwards.
  const wanted = update.isError ? certificate.keyKind : (update.variables?.keyKind ?? certificate.keyKind)
  const creatable = kinds?.find(({ id }) => id === wanted) ?? kinds?.[0]
  const change = (keyKind: CommandKeyKind) => update.mutate({ keyKind })
  const inBrowser = place !== 'terminal'
  const saved = browserKey.key !== undefined && browserKey.key.kind === creatable?.kind
  const submit = () => {
    if (!inBrowser) onDone()
    else if (creatable !== undefined) browserKey.create(creatable.kind)
  }
  return (
    <StepForm
      title="Make the key and the signing request"
      description="Your private key is made on your side, in this browser or by OpenSSL. Postern never receives it."
      {...(inBrowser && {
        action: actionOf(saved, environment.issuanceMode === 'automatic'),
        ready: creatable !== undefined,
        busy: browserKey.busy,
      })}
      error={(inBrowser ? browserKey.error : null) ?? update.error}
      back={back}
      onSubmit={submit}
    >
      <Tabs value={inBrowser ? 'browser' : 'terminal'} onChange={(value) => setPlace(value ?? 'browser')}>
        <Tabs.List mb="md">
          <Tabs.Tab value="browser">This browser</Tabs.Tab>
          <Tabs.Tab value="terminal">Terminal</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="browser" style={panel}>
          <BrowserKeyPanel
            certificate={certificate}
            kinds={kinds}
            keyKind={creatable?.id}
            onKeyKind={change}
            saved={saved && !browserKey.busy}
          />
        </Tabs.Panel>
        <Tabs.Panel value="terminal" style={panel}>
          <TerminalKey certificate={certificate} keyKind={wanted as CommandKeyKind} onKeyKind={change} />
        </Tabs.Panel>
      </Tabs>
    </StepForm>
  )
}

const panel = { display: 'grid', gap: '1rem' }

function actionOf(saved: boolean, automatic: boolean): string {
  if (saved) return 'Submit CSR'
  return automatic ? 'Create key and certificate' : 'Create key and submit CSR'
}
