/** Ids that sort by the time they were made (UUID version 7, RFC 9562), so that an insert always lands at the end of its index. */

import type { Clock, Random } from './ports.ts'

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A maker of UUIDv7. Within one millisecond a counter keeps the order of making; a clock that steps back does not. */
export function uuidMaker(clock: Clock, random: Random): () => string {
  let lastMs = 0
  let counter = 0
  let pool = random.bytes(512)
  let used = 0
  return () => {
    const now = clock.now()
    if (now > lastMs) {
      lastMs = now
      counter = 0
    } else if (++counter > 0xfff) {
      lastMs += 1
      counter = 0
    }
    if (used + 8 > pool.length) {
      pool = random.bytes(512)
      used = 0
    }
    const octet = (): string => hex[pool[used++]!]!
    const time = lastMs.toString(16).padStart(12, '0')
    const order = counter.toString(16).padStart(3, '0')
    const variant = hex[(pool[used++]! & 0x3f) | 0x80]!
    return `${time.slice(0, 8)}-${time.slice(8)}-7${order}-${variant}${octet()}-${octet()}${octet()}${octet()}${octet()}${octet()}${octet()}`
  }
}
