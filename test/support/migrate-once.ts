/** One migration of one SQLite file, to be killed from outside: `node test/support/migrate-once.ts <path> up|none|<id>`. Prints what it ran. */

import { sqliteExecutor } from '../../src/store/engine.ts'
import { lockFile } from '../../src/store/lock.ts'
import { migrate } from '../../src/store/migrate.ts'
import { registry } from '../../src/store/migrations/index.ts'
import { openSqlite } from '../../src/store/sqlite.ts'

const [path, target] = process.argv.slice(2)
if (path === undefined || target === undefined) throw new Error('Say a path, and up, none or the id of a migration.')
const lock = lockFile(path)
const connection = openSqlite(path)
const { ids } = await migrate(sqliteExecutor(connection), {
  clock: { now: Date.now, monotonic: () => performance.now() },
  release: '0.1.0',
  path,
  acceptLoss: registry.map(({ id }) => id),
  ...(target === 'up' ? {} : { to: target }),
})
connection.close()
lock.release()
process.stdout.write(`${JSON.stringify(ids)}\n`)
