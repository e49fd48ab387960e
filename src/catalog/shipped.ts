/** What comes in the box, as one value: a test, and a program that embeds Purser, may hand in their own. */

import { type Manifest, shippedManifest } from './manifest.ts'
import { type Catalogue, shippedCatalogue } from './rate-cards.ts'

export type Shipped = { readonly manifest: Manifest; readonly catalogue: Catalogue }

export function shippedInTheBox(): Shipped {
  return { manifest: shippedManifest(), catalogue: shippedCatalogue() }
}
