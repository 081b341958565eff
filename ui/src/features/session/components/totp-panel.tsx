import { Button, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { TotpConfirmation } from '../../../../../src/contract/second-factor.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { signInMethodsQuery, useBeginTotp, useConfirmTotp, useDeleteTotp } from '../api/sign-in-methods.ts'

const QrCode = lazy(() => import('./qr-code.tsx').then((module) => ({ default: module.QrCode })))

/** Shows whether an authenticator app is set up, sets one up, and removes it. */
export function TotpPanel() {
  const { data } = useQuery(signInMethodsQuery)
  const [isRemoving, setRemoving] = useState(false)
  const begin = useBeginTotp()
  const remove = useDeleteTotp()
  const close = () => {
    setRemoving(false)
    begin.reset()
    remove.reset()
  }
  const isSetUp = data?.totpSetUpAt != null
  return (
    <Panel
      title="Authenticator app"
      description="An app on your phone shows a code of six digits, which you enter after your password."
      actions={
        isSetUp ? (
          <Button variant="default" onClick={() => setRemoving(true)}>
            Remove app
          </Button>
        ) : (
          <Button disabled={begin.isPending} onClick={() => begin.mutate(undefined)}>
            Set up app
          </Button>
        )
      }
    >
      {isSetUp ? (
        <p>
          Set up <Moment at={data.totpSetUpAt} />.
        </p>
      ) : (
        <p>No authenticator app is set up.</p>
      )}
      {begin.isError && <ErrorNotice error={begin.error} title="The app was not set up" />}
      {begin.data && <ConfirmTotp {...begin.data} onClose={close} />}
      <ConfirmDialog
        opened={isRemoving}
        title="Remove authenticator app"
        action="Remove app"
        keep="Keep app"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: close })}
        onClose={close}
      >
        <p>Its codes no longer sign you in.</p>
      </ConfirmDialog>
    </Panel>
  )
}

function ConfirmTotp({ secret, uri, onClose }: { secret: string; uri: string; onClose: () => void }) {
  const confirm = useConfirmTotp()
  const { bind, change, submit } = useContractForm({
    schema: TotpConfirmation,
    start: { code: '' },
    toBody: (values) => values,
    error: confirm.error,
  })
  return (
    <Dialog opened onClose={onClose} title="Set up authenticator app" insistent>
      <DialogForm
        action="Confirm code"
        busy="Checking…"
        keep="Cancel"
        call={confirm}
        onSubmit={submit(({ code }) =>
          confirm.mutate(code, { onSuccess: onClose, onError: () => change({ code: '' }) }),
        )}
        onClose={onClose}
      >
        <Stack gap="sm">
          <p>Scan the QR code with the app, or type the secret in. It is shown only now.</p>
          <Suspense fallback={<p>One moment…</p>}>
            <QrCode text={uri} label="QR code of the authenticator app" />
          </Suspense>
          <CopyValue value={secret} what="the secret" />
        </Stack>
        <TextInput
          label="Code"
          description="The six digits that the app shows now."
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          withAsterisk={false}
          {...bind('code')}
        />
      </DialogForm>
    </Dialog>
  )
}
