/** What seals a key that stood in clear: bound to the origin of its connection's provider, or nothing where there is no key-encryption key. */

import { type SealedRow, seal } from '../../net/sealed.ts'
import type { OperationContext } from '../context.ts'

export type Sealer = (secret: { readonly id: string; readonly origin: string; readonly value: string }) => SealedRow

export function sealerOf({ secrets, random }: Pick<OperationContext, 'secrets' | 'random'>): Sealer | null {
  const { keys } = secrets
  return 'missing' in keys ? null : (secret) => seal(keys.current, random, secret)
}
