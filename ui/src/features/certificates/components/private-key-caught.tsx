import { Notice } from '../../../components/ui/notice.tsx'

/** Says that a private key was given where none belongs; `message` is what to do about it. */
export function PrivateKeyCaught({ message }: { message: string }) {
  return (
    <Notice tone="bad" announced title="That was a private key. It was not sent">
      <p>The field has been emptied and the key has not left this page.</p>
      <p>{message}</p>
    </Notice>
  )
}
