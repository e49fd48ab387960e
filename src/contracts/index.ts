/** The table of contracts, by id. An id that may stand in a provider row but has no codec is not yet callable. */

import { anthropicMessages } from './anthropic-messages/index.ts'
import type { Contract } from './contract.ts'
import { openaiChat } from './openai-chat/index.ts'

export const contracts: readonly Contract[] = [openaiChat, anthropicMessages]

const byId = new Map<string, Contract>(contracts.map((contract) => [contract.id, contract]))

export function contractOf(id: string): Contract | undefined {
  return byId.get(id)
}
