/** The operation that changes a setting. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import { canonicalJson, type Json } from '../../core/json.ts'
import { readSetting, settingNamed, settingOf } from '../../core/settings.ts'
import type { Row } from '../../store/schema.ts'
import type { ControlStatement } from '../../store/store.ts'
import { change } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { notFound } from '../find.ts'
import { settingColumns, settingRows, shownSetting, showSetting } from './settings.ts'

export const settingsUpdate = change({
  name: 'settings.update',
  summary: 'Change a setting, or put it back to what it is without being set.',
  scope: 'system',
  effect: 'write',
  positional: ['setting', 'value'],
  input: z.strictObject({
    setting: z.string().min(1).max(200).describe('Its name.'),
    value: z.string().max(10_000).nullable().optional().describe('What it is to be.'),
    reset: z.boolean().default(false).describe('Back to its default, in place of a value.'),
  }),
  output: shownSetting,
  columns: settingColumns,
  example: 'purser settings update manifest.apply manual',
  async plan(context, { setting, value, reset }) {
    const name = settingNamed(setting)
    if ((value === undefined) !== reset)
      throw new PurserError('invalid_request', `Say what "${name}" is to be: a value, or "reset", and not both.`, {
        field: 'value',
        hint: `purser settings update ${name} VALUE    or    purser settings update ${name} --reset`,
      })
    const rows = await settingRows(context)
    const old = rows.find((row) => row.name === name)
    const fresh = value === undefined ? undefined : { name, value: readSetting(name, value), updated_at: context.clock.now() }
    if (name === 'default_profile' && typeof fresh?.value === 'string') await refuseNobody(context, fresh.value)
    const after = fresh === undefined ? [] : [fresh]
    if (canonicalJson(old?.value ?? unset) === canonicalJson(fresh?.value ?? unset) && (old === undefined) === (fresh === undefined))
      return { statements: [], touched: [], answer: () => showSetting(name, rows) }
    return {
      statements: [statementFor(context, name, old, fresh)],
      touched: [{ kind: 'setting', id: name, name, before: { value: settingOf(rows, name) }, after: { value: settingOf(after, name) } }],
      answer: () => showSetting(name, after),
    }
  },
})

/** Stands for a row that is not there. */
const unset: Json = { unset: true }

function statementFor(
  { store }: OperationContext,
  name: string,
  old: Row<'settings'> | undefined,
  fresh: Row<'settings'> | undefined,
): ControlStatement {
  const values = fresh && { ...fresh, value: canonicalJson(fresh.value) }
  const query =
    values === undefined
      ? store.read.deleteFrom('settings').where('name', '=', name)
      : old === undefined
        ? store.read.insertInto('settings').values(values)
        : store.read.updateTable('settings').set({ value: values.value, updated_at: values.updated_at }).where('name', '=', name)
  const { sql, parameters } = query.compile()
  return { sql, parameters, expectChanges: 1 }
}

async function refuseNobody({ store }: OperationContext, name: string): Promise<void> {
  const [profiles, routes] = await Promise.all([
    store.read.selectFrom('model_profiles').select('name').where('removed_at', 'is', null).execute(),
    store.read.selectFrom('routes').select('name').where('removed_at', 'is', null).execute(),
  ])
  const names = [...profiles, ...routes].map((row) => row.name)
  if (!names.includes(name)) throw notFound('profiles', name, names)
}
