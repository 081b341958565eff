import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { PrivateKeyFile } from '../../../../src/pki/key-store/read-private-key.ts'
import { saveFile } from '../../lib/save-file.ts'
import type { CertificateKey } from './api/get-certificate.ts'
import { getFullChain } from './api/get-full-chain.ts'
import type { BrowserKey } from './create-browser-key.ts'
import type { Pkcs12Input } from './create-pkcs12.ts'

/** The key that a PKCS#12 file is made of, and how it is called. */
export interface ChosenKey {
  label: string
  key: PrivateKeyFile
}

/** The file name of a PKCS#12 file. */
export const pkcs12FileName = (name: string): string => `${name}.p12`

const load = () => import('./create-pkcs12.ts')

/** Makes a PKCS#12 file of a key that the user has chosen, in this page only. */
export function usePkcs12(certificate: CertificateKey & { name: string }, browserKey?: BrowserKey) {
  const { name } = certificate
  const [chosen, setChosen] = useState<ChosenKey | undefined>(
    browserKey && {
      label: 'The key that this page has made',
      key: { der: browserKey.pkcs8, encrypted: false },
    },
  )
  const [passphrase, setPassphrase] = useState<string>()
  const creation = useMutation({
    mutationFn: async (choice: Pick<Pkcs12Input, 'profile' | 'keyPassphrase'> & { key: PrivateKeyFile }) => {
      const [{ createPkcs12 }, fullchain] = await Promise.all([load(), getFullChain(certificate)])
      return createPkcs12({ name, fullchain, ...choice })
    },
    // Only the passphrase stays, and only while it is shown.
    gcTime: 0,
    onSuccess: (file) => {
      saveFile(pkcs12FileName(name), file.bytes, 'application/x-pkcs12')
      setPassphrase(file.passphrase)
    },
  })
  const reading = useMutation({
    mutationFn: async (file: File) => {
      setChosen(undefined)
      creation.reset()
      const { readPrivateKey } = await load()
      setChosen({ label: file.name, key: readPrivateKey(new Uint8Array(await file.arrayBuffer())) })
    },
    gcTime: 0,
  })
  return {
    chosen,
    passphrase,
    busy: creation.isPending,
    error: reading.error ?? creation.error,
    read: reading.mutate,
    create: (profile: Pkcs12Input['profile'], keyPassphrase: string) =>
      chosen !== undefined && creation.mutate({ profile, keyPassphrase, key: chosen.key }),
  }
}
