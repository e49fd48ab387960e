/** The table of probes, by contract: what `docs/contracts.md` is measured with. */

import { anthropicMessages } from './anthropic-messages.ts'
import { openaiChat } from './openai-chat.ts'
import type { Probes } from './probe.ts'

export const probes: Readonly<Record<string, Probes>> = { 'openai-chat': openaiChat, 'anthropic-messages': anthropicMessages }
