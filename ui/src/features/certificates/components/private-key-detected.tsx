import { Notice } from '../../../components/ui/notice.tsx'

/** Warns that a private key was entered in a field for other data; `message` says what to do. */
export function PrivateKeyDetected({ message }: { message: string }) {
  return (
    <Notice tone="bad" announced title="That was a private key. It was not sent">
      <p>The field has been emptied and the key has not left this page.</p>
      <p>{message}</p>
    </Notice>
  )
}
