/** The documents of a backfill as an operation takes them, and what is kept of them: their digests. */

import { createHash, createHmac } from 'node:crypto'
import { z } from 'zod'
import { shippedCatalogue } from '../../catalog/rate-cards.ts'
import { PurserError } from '../../core/errors.ts'
import type { OperationContext } from '../context.ts'
import { documentFormat } from '../fields.ts'
import { listedModels } from './models.ts'
import { type Around, type BackfillPlan, planBackfill } from './plan.ts'
import { readPresent } from './present.ts'
import { readDocument, readObject } from './read.ts'
import type { Asked } from './reading.ts'
import { sealerOf } from './sealing.ts'

const mostCharacters = 5_000_000

export function documentField(what: string) {
  return z.string().max(mostCharacters).meta({ format: documentFormat }).describe(what)
}

export type Texts = { readonly config: string; readonly connections?: string | undefined; readonly credentials?: string | undefined }

export function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Tells secrets apart by this installation's pepper: nobody else can try values against it. */
export function fingerprinter(context: Pick<OperationContext, 'pepper'>): (secret: string) => string {
  const key = context.pepper()
  return (secret) => createHmac('sha256', key).update(`backfill:${secret}`).digest('hex').slice(0, 16)
}

let models: Around['models'] | undefined

export async function planFrom(context: OperationContext, texts: Texts, asked: Asked): Promise<BackfillPlan> {
  const read = (text: string | undefined, field: string) => (text === undefined ? null : readDocument(text, field))
  const documents = {
    config: readObject(texts.config, 'config'),
    connections: read(texts.connections, 'connections'),
    credentials: read(texts.credentials, 'credentials'),
  }
  const present = await readPresent(context.store)
  models ??= listedModels(shippedCatalogue())
  refuseNoPlatform(present.things, asked.platform)
  return planBackfill(documents, asked, { present, models, fingerprint: fingerprinter(context), seals: sealerOf(context) !== null })
}

function refuseNoPlatform(things: Around['present']['things'], name: string | null): void {
  if (name === null) return
  const found = things.find((each) => each.kind === 'connection' && each.name === name && !each.removed)
  const auth = (found?.fields.auth ?? {}) as { readonly base_url?: string | null; readonly credential?: string | null }
  if (found?.fields.billing === 'platform' && auth.base_url != null && auth.credential != null) return
  throw new PurserError(
    'invalid_request',
    `"platform" names "${name}", which is no connection by a platform with an address and a credential.`,
    {
      field: 'platform',
      hint: 'See what there is:  purser connections list',
    },
  )
}
