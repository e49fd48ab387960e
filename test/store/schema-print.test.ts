import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences, expectedFingerprint, fingerprint } from '../../src/store/fingerprint.ts'
import { schemaStatements } from '../../src/store/print.ts'
import { eachEngine } from '../support/engines.ts'

eachEngine((engine) => {
  test('what the printer prints reads back as the fingerprint of the schema value', async (t) => {
    const { executor } = await engine.fresh(t)
    for (const statement of schemaStatements(engine.engine)) await executor.exec(statement)
    assert.deepEqual(differences(expectedFingerprint(engine.engine), await fingerprint(executor)), {
      missing: [],
      unequal: [],
      additional: [],
    })
  })
})
