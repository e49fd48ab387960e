/** Operations on settings: the few choices that belong to the whole installation. */

import { z } from 'zod'
import { json } from '../../core/nouns.ts'
import { settingNamed, settingNames, settingOf, settings } from '../../core/settings.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import { operation } from '../operation.ts'
import { pageOf } from '../page.ts'

export const shownSetting = z.object({
  name: z.string(),
  value: json.describe('What holds.'),
  default: json.describe('What holds where it is not set.'),
  set: z.boolean().describe('Whether somebody set it.'),
  updated_at: z.int().nullable(),
  description: z.string(),
})

export const settingColumns = [
  { field: 'name', title: 'NAME', show: 'whole' },
  { field: 'value', title: 'VALUE' },
  { field: 'default', title: 'DEFAULT' },
  { field: 'set', title: 'SET', show: 'yes' },
] as const

export const settingsList = operation({
  name: 'settings.list',
  summary: 'List the settings, set or not.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject({}),
  output: pageOf(shownSetting),
  columns: settingColumns,
  example: 'purser settings list',
  async run(context) {
    const rows = await settingRows(context)
    return { items: settingNames.map((name) => showSetting(name, rows)), next: null }
  },
})

export const settingsGet = operation({
  name: 'settings.get',
  summary: 'Show one setting.',
  scope: 'usage:read',
  effect: 'read',
  positional: ['setting'],
  input: z.strictObject({ setting: z.string().min(1).max(200).describe('Its name.') }),
  output: shownSetting,
  columns: settingColumns,
  example: 'purser settings get manifest.apply',
  run: async (context, input) => showSetting(settingNamed(input.setting), await settingRows(context)),
})

export async function settingRows({ store }: OperationContext): Promise<Row<'settings'>[]> {
  return store.read.selectFrom('settings').selectAll().execute()
}

/** A setting as every operation answers it. */
export function showSetting(name: (typeof settingNames)[number], rows: readonly Row<'settings'>[]): z.output<typeof shownSetting> {
  const row = rows.find((each) => each.name === name)
  const { usual, is } = settings[name]
  return {
    name,
    value: settingOf(rows, name),
    default: usual,
    set: row !== undefined,
    updated_at: row?.updated_at ?? null,
    description: is,
  }
}
