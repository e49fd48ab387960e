/** Secrets that a provider which moves leaves behind. */

import { originOf } from '../../net/destination.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import { mayGo } from './plan.ts'
import { usersOfSecrets } from './secrets.ts'

/** A secret stays where it was bound. Connections whose secret does not go to a new address are named, and work again once it is entered or bound anew. */
export async function strandedSecrets(context: OperationContext, row: Row<'providers'>, baseUrl: string | undefined): Promise<string[]> {
  if (baseUrl === undefined || !URL.canParse(row.base_url) || originOf(baseUrl) === originOf(row.base_url)) return []
  const [from, to] = [originOf(row.base_url), originOf(baseUrl)]
  const users = (await usersOfSecrets(context)).filter((user) => user.providerId === row.id && user.origin === from)
  const stay = await Promise.all(users.map(async (user) => ((await mayGo(context, user.reference, to)) ? [] : [user])))
  return stay.flat().map(({ name, reference }) => {
    const mend = reference.startsWith('sealed:')
      ? `purser connections update ${name} --key-stdin`
      : `purser secrets bind ${reference} --origin ${to}`
    return `The connection "${name}" cannot be used at ${to}: its secret ${reference} goes to ${from} alone. Mend it:  ${mend}`
  })
}
