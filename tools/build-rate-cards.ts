/** Writes the shipped rate cards anew: node bin/node.js tools/build-rate-cards.ts */

import { writeFileSync } from 'node:fs'
import { buildRateCards } from './rate-cards/build.ts'

const built = buildRateCards()
writeFileSync(new URL('../src/catalog/rate-cards.json', import.meta.url), built.cards)
writeFileSync(new URL('../src/catalog/left-out.json', import.meta.url), built.leftOut)
