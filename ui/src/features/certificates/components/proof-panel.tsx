import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import { Proof, type RegistrationView } from '../../../../../src/contract/registration.ts'
import {
  proofCommand,
  proofCurlCommand,
  proofFileName,
  proofSignatureFileName,
} from '../../../../../src/kits/proof-command.ts'
import { containsPrivateKey } from '../../../../../src/pki/text/private-key-text.ts'
import { CommandBlock } from '../../../components/ui/command-block.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { FileDrop } from '../../../components/ui/file-drop.tsx'
import { FileLink } from '../../../components/ui/file-link.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { PasteInput } from '../../../components/ui/paste-input.tsx'
import { saveFile } from '../../../lib/save-file.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useProveRegistration } from '../api/prove-registration.ts'
import { readFileText } from '../read-file-text.ts'
import { PrivateKeyDetected } from './private-key-detected.tsx'
import classes from './proof-panel.module.css'

/** Shows the two ways to prove possession of the private key of a certificate to register. */
export function ProofPanel({ registration }: { registration: RegistrationView }) {
  const { environment } = useWorkspace()
  const { challenge, keyAlgorithm, proofUrl, lastProblem } = registration
  return (
    <Panel
      title="Prove possession of the private key"
      description="The challenge file names your organization, the environment and the certificate. It contains no secret."
      actions={
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => saveFile(proofFileName, challenge, 'text/plain')}
        >
          {proofFileName}
        </Button>
      }
    >
      <div className={classes.ways}>
        {lastProblem !== null && (
          <Notice tone="bad" announced title="Proof of possession failed">
            <p>{lastProblem}</p>
          </Notice>
        )}
        <p>
          Save the challenge file in the folder of the key, and either <strong>sign it</strong>:
        </p>
        <CommandBlock label="OpenSSL, in any shell" text={proofCommand(keyAlgorithm)} />
        <Signature registration={registration} />
        <p>
          or <strong>send it with the certificate</strong>. This page updates automatically:
        </p>
        <CommandBlock
          label="cURL (in PowerShell: curl.exe)"
          text={proofCurlCommand({ proofUrl, caFile: environment.serverCa?.fileName ?? null })}
        />
        {environment.serverCa !== null && (
          <p>
            {'The certificate of the gateway comes from a private CA. Save '}
            <FileLink
              fileName={environment.serverCa.fileName}
              text={environment.serverCa.pem}
              mediaType="application/x-pem-file"
            />
            {' into the same folder.'}
          </p>
        )}
      </div>
    </Panel>
  )
}

/** Edits the signature, as the file that the command wrote or in base64. */
function Signature({ registration: { id } }: { registration: RegistrationView }) {
  const { params } = useWorkspace()
  const prove = useProveRegistration({ organization: params.organization, registrationId: id })
  const { bind, change, isReady, submit } = useContractForm({
    schema: Proof,
    start: { signature: '' },
    toBody: (body) => body,
    error: prove.error,
  })
  const [isKey, setIsKey] = useState(false)
  const take = (text: string): boolean => {
    const found = containsPrivateKey(text)
    prove.reset()
    setIsKey(found)
    change({ signature: found ? '' : text })
    return !found
  }
  return (
    <form className={classes.ways} onSubmit={submit(({ signature }) => prove.mutate(signature))}>
      <FileDrop
        accept=".sig,.bin,.txt,.b64"
        onFile={async (file) => {
          const text = await readFileText(file)
          if (take(text)) prove.mutate(text)
        }}
      >
        Drop <code>{proofSignatureFileName}</code> here
      </FileDrop>
      <PasteInput
        label="Signature"
        description="Or paste the signature in base64."
        rows={[2, 6]}
        {...bind('signature')}
        onChange={take}
      />
      {isKey && (
        <PrivateKeyDetected message="Treat the key as exposed all the same: have a new certificate issued for a new key. The signature is in the file that the command writes." />
      )}
      {prove.error !== null && <ErrorNotice error={prove.error} />}
      <div>
        <Button type="submit" disabled={!isReady || prove.isPending}>
          {prove.isPending ? 'One moment…' : 'Register'}
        </Button>
      </div>
    </form>
  )
}
