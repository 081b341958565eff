import { setTimeout as wait } from 'node:timers/promises'
import { recordChange } from '../../src/storage/change-log.ts'
import { openDatabase, type StorageLocation } from '../../src/storage/database.ts'

// A process of its own: writes changes in transactions that stay open for a random moment.
const [location, writer, count] = process.argv.slice(2)
const database = await openDatabase(JSON.parse(location as string) as StorageLocation)
for (let done = 0; done < Number(count); done++) {
  await database.transaction(async (tx) => {
    await recordChange(tx, 'certificate', `${writer}-${done}`, 1)
    await wait(Math.random() * 4)
  })
}
await database.close()
