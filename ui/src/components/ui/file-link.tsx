import { Anchor } from '@mantine/core'
import { saveFile } from '../../lib/save-file.ts'

interface FileLinkProps {
  fileName: string
  text: string
  mediaType: string
}

/** Shows a file name that saves `text` as that file, without a request to the server. */
export function FileLink({ fileName, text, mediaType }: FileLinkProps) {
  return (
    <Anchor
      component="button"
      type="button"
      inherit
      underline="always"
      onClick={() => saveFile(fileName, text, mediaType)}
    >
      {fileName}
    </Anchor>
  )
}
