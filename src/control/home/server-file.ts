/** `state/server.json`: how a command finds the server that runs on this home. Written by the server, removed when it stops. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { withoutPassword } from '../../core/database-address.ts'
import { parseJson } from '../../core/json.ts'
import type { Home } from './home.ts'

const serverFile = z.object({
  pid: z.int().min(1),
  instance: z.string(),
  database: z.string(),
  inference_url: z.url(),
  admin_url: z.url(),
  started_at: z.int(),
})
export type ServerFile = z.infer<typeof serverFile>

export function writeServerFile(home: Home, content: ServerFile): void {
  writeFileSync(home.serverFile, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
}

/** Only one's own: a file that a later server wrote is left alone. */
export function removeServerFile(home: Home, pid: number): void {
  if (readServerFile(home)?.pid === pid) rmSync(home.serverFile, { force: true })
}

/**
 * The server of this home, if its process lives and it serves this database (undefined: whichever it is). A leftover of one that
 * was killed counts as none.
 */
export function liveServer(home: Home, database: string | undefined): ServerFile | null {
  const found = readServerFile(home)
  if (found === null || !lives(found.pid)) return null
  return database === undefined || withoutPassword(database) === found.database ? found : null
}

function readServerFile(home: Home): ServerFile | null {
  try {
    return serverFile.safeParse(parseJson(readFileSync(home.serverFile, 'utf8'))).data ?? null
  } catch {
    return null
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
