/** What the books say of a call, read over the admin API as an operator would. */

import type { Purser } from '../src/index.ts'

export type Settlement = {
  readonly outcome: string
  readonly usage_source: string
  readonly pricing_status: string
  readonly charged: string | null
  readonly usage: { readonly segments: readonly { readonly meters: Readonly<Record<string, string>> }[] } | null
}
export type Attempt = {
  readonly settlement: Settlement | null
  readonly charges: readonly { readonly meter: string; readonly qty: string; readonly amount: string }[]
}
export type CallRow = {
  readonly id: string
  readonly requested_name: string
  readonly contract: string
  readonly attempts: readonly Attempt[]
}

export type Books = {
  /** An aborted call settles just after its client has gone: asked a few times. */
  call(id: string): Promise<CallRow>
  /** Calls that came in since an instant, newest first. */
  since(instant: number): Promise<readonly CallRow[]>
}

const patience = { tries: 100, pauseMs: 20 }

export function openBooks(adminUrl: string, adminToken: string): Books {
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(`${adminUrl}/api/v1/${path}`, { headers: { authorization: `Bearer ${adminToken}` } })
    return response.ok ? response.json() : undefined
  }
  const call = async (id: string): Promise<CallRow> => {
    for (let tries = 0; ; tries += 1) {
      const row = (await get(`calls/${id}`)) as CallRow | undefined
      if (row?.attempts.every((attempt) => attempt.settlement)) return row
      if (tries >= patience.tries) return row ?? { id, requested_name: '', contract: '', attempts: [] }
      await new Promise((resolve) => setTimeout(resolve, patience.pauseMs))
    }
  }
  return {
    call,
    async since(instant) {
      const { items } = (await get('calls?limit=1000')) as { items: readonly { id: string; created_at: number }[] }
      return Promise.all(items.filter((row) => row.created_at >= instant).map((row) => call(row.id)))
    },
  }
}

/** The same of a Purser in this process, in the words of HTTP. */
export function booksOf({ calls }: Purser): Books {
  const call = async (id: string) => JSON.parse(JSON.stringify(await calls.get({ call: id }))) as CallRow
  return {
    call,
    async since(instant) {
      const { items } = await calls.list({ limit: 1000, since: instant })
      return Promise.all(items.map((row) => call(row.id)))
    },
  }
}

export function sumOf(charges: Attempt['charges']): bigint {
  return charges.reduce((sum, { amount }) => sum + picoOf(amount), 0n)
}

export function picoOf(text: string): bigint {
  const [whole = '0', decimals = ''] = text.split('.')
  return BigInt(whole) * 10n ** 12n + BigInt(decimals.padEnd(12, '0'))
}
