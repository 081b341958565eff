import { setTimeout as wait } from 'node:timers/promises'
import { recordChange } from '../../src/storage/change-log.ts'
import { openDatabase, type StorageLocation } from '../../src/storage/database.ts'

// A separate process that writes changes in transactions of random duration.
const [location, writer, count] = process.argv.slice(2)
const database = await openDatabase(JSON.parse(location as string) as StorageLocation)
for (let done = 0; done < Number(count); done++) {
  await database.transaction(async (tx) => {
    await recordChange(tx, 'certificate', `${writer}-${done}`, 1)
    await wait(Math.random() * 4)
  })
}
await database.close()
