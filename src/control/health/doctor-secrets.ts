/** Checks of what proves who pays: the key-encryption key, that every sealed row opens with it, that every binding is proven by it, that no connection in use lacks its secret. */

import { proves } from '../../net/kek.ts'
import { unseal } from '../../net/sealed.ts'
import type { OperationContext } from '../context.ts'
import { readSecretRows } from '../secrets/rows.ts'
import type { Check } from './doctor-check.ts'

export async function secretChecks(context: OperationContext): Promise<readonly Check[]> {
  const { keys } = context.secrets
  const { sealed, bindings } = await readSecretRows(context.store)
  if ('missing' in keys) {
    const lost = sealed.length + bindings.length
    const mend = 'Restore the file from a backup, or enter the keys again:  purser connections update NAME --key-stdin'
    return [
      {
        check: 'key-encryption key',
        result: lost === 0 ? 'warning' : 'failed',
        detail: `${keys.missing} ${lost === 1 ? 'One row needs' : `${lost} rows need`} it.`,
        mend,
      },
    ]
  }
  const older = [...sealed].filter(({ kid }) => kid !== keys.current.kid && keys.all.has(kid)).length
  const shut = sealed.filter((row) => unseal(keys, row) === undefined).map(({ id }) => `sealed:${id}`)
  const unproven = bindings.filter(({ reference, origin, hmac }) => !proves(keys, reference, origin, hmac))
  return [
    {
      check: 'key-encryption key',
      result: keys.all.size === 1 && older === 0 ? 'ok' : 'warning',
      detail: `${keys.current.kid}${keys.all.size === 1 ? '' : ', with an older one that is still needed or was left'}`,
      mend: keys.all.size === 1 && older === 0 ? null : 'purser secrets rekey',
    },
    {
      check: 'sealed secrets',
      result: shut.length === 0 ? 'ok' : 'failed',
      detail: shut.length === 0 ? `${sealed.length} open` : `do not open: ${shut.join(', ')}`,
      mend: shut.length === 0 ? null : 'Enter each again:  purser secrets rotate SECRET --key-stdin',
    },
    {
      check: 'secret bindings',
      result: unproven.length === 0 ? 'ok' : 'failed',
      detail:
        unproven.length === 0
          ? `${bindings.length} hold`
          : `not proven: ${unproven.map((row) => `${row.reference} at ${row.origin}`).join(', ')}`,
      mend: unproven.length === 0 ? null : `purser secrets bind ${unproven[0]!.reference} --origin ${unproven[0]!.origin}`,
    },
  ]
}
