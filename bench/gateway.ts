/** One gateway under test: how it is started, and how it is called. */

import type { Books } from './books.ts'
import type { Program } from './processes.ts'
import type { ContractName } from './rows.ts'

export type Gateway = {
  readonly name: string
  readonly port: number
  /** Null where there is nothing to start: the calls go straight to the upstream. */
  readonly program: Program | null
  /** Header lines that prove who calls, one for each caller. Connections are dealt out among them. */
  readonly callers: readonly string[]
  /** Null where it keeps none. */
  readonly books?: Books | null
  /** Further header lines of every request. */
  readonly headers?: Readonly<Record<ContractName, readonly string[]>>
  /** The name under which callers of this gateway ask for one of the upstream's models. */
  model(contract: ContractName, model: string): string
}

export type Place = { readonly directory: string; readonly upstreamPort: number }

export const sameModel = (_contract: ContractName, model: string) => model
/** The credential a gateway puts in. The upstream takes any. */
export const upstreamKey = 'sk-upstream-0123456789abcdef'

export const bearer = (key: string) => `authorization: Bearer ${key}`
