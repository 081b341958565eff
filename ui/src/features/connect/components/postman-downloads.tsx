import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { postmanCollection, postmanEnvironment } from '../../../../../src/kits/postman-collection.ts'
import { saveFile } from '../../../lib/save-file.ts'
import type { ConnectionDetails } from '../connection-details.ts'
import classes from './postman-downloads.module.css'

/** Shows the downloads for Postman, collection and environment, which are generated in the page. */
export function PostmanDownloads({
  details: { name, environment, clientId },
}: {
  details: ConnectionDetails
}) {
  const target = { environmentName: environment.label, gatewayUrl: environment.gatewayUrl }
  const save = (kind: string, content: object) =>
    saveFile(`postern-${environment.name}.postman_${kind}.json`, `${JSON.stringify(content, null, 2)}\n`)
  return (
    <div className={classes.root}>
      <Button
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
        onClick={() => save('collection', postmanCollection({ ...target, name }))}
      >
        Postman collection
      </Button>
      <Button
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
        onClick={() =>
          save('environment', postmanEnvironment({ ...target, ...(clientId ? { clientId } : {}) }))
        }
      >
        Postman environment
      </Button>
    </div>
  )
}
