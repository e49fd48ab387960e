/** Every operation there is. A face that wants them all reads this list, so a new one is everywhere or nowhere. */

import { backfillGet, backfillList } from './backfill/backfill.ts'
import { backfillApply, backfillUndo } from './backfill/backfill-apply.ts'
import { backfillPlan } from './backfill/backfill-plan.ts'
import { callsGet, callsList } from './books/calls.ts'
import { explainCall } from './books/explain.ts'
import { usageTotals } from './books/usage.ts'
import { doctor } from './health/doctor.ts'
import { migrationsList } from './health/migrations.ts'
import { status } from './health/status.ts'
import { keysGet, keysList } from './keys/keys.ts'
import { keysCreate, keysRevoke, keysRotate, keysUpdate } from './keys/keys-write.ts'
import { manifestConflicts, manifestDiff, manifestPlan } from './manifest/manifest.ts'
import { manifestApply, manifestResolve, manifestUndo } from './manifest/manifest-write.ts'
import { modePlan } from './mode/mode.ts'
import { modeFlip, modeUndo } from './mode/mode-flip.ts'
import { auditGet, auditList } from './nouns/audit.ts'
import { connectionsTest } from './nouns/connection-trial.ts'
import { connectionsGet, connectionsList } from './nouns/connections.ts'
import {
  connectionsCreate,
  connectionsDisable,
  connectionsEnable,
  connectionsRemove,
  connectionsUpdate,
} from './nouns/connections-write.ts'
import { explainRoute } from './nouns/explain-route.ts'
import { routesGet, routesList } from './nouns/model-routes.ts'
import { routesCreate, routesDisable, routesEnable, routesRemove, routesUpdate } from './nouns/model-routes-write.ts'
import { profilesGet, profilesList } from './nouns/profiles.ts'
import { profilesCreate, profilesDisable, profilesEnable, profilesRemove, profilesUpdate } from './nouns/profiles-write.ts'
import { providersGet, providersList } from './nouns/providers.ts'
import { providersCreate, providersDisable, providersEnable, providersRemove, providersUpdate } from './nouns/providers-write.ts'
import { settingsGet, settingsList } from './nouns/settings.ts'
import { settingsUpdate } from './nouns/settings-write.ts'
import type { Operation } from './operation.ts'
import { ratesAt, ratesGet, ratesHistory, ratesList } from './rates/rates.ts'
import { ratesCreate } from './rates/rates-create.ts'
import { ratesVoid } from './rates/rates-void.ts'
import { secretsGet, secretsList } from './secrets/secrets.ts'
import { secretsRekey } from './secrets/secrets-rekey.ts'
import { secretsBind, secretsCreate, secretsRemove, secretsRotate } from './secrets/secrets-write.ts'
import { stateApply, stateDiff, stateExport } from './state/state.ts'

export const operations = [
  status,
  doctor,
  providersList,
  providersGet,
  providersCreate,
  providersUpdate,
  providersEnable,
  providersDisable,
  providersRemove,
  connectionsList,
  connectionsGet,
  connectionsCreate,
  connectionsUpdate,
  connectionsEnable,
  connectionsDisable,
  connectionsRemove,
  connectionsTest,
  secretsList,
  secretsGet,
  secretsCreate,
  secretsRotate,
  secretsBind,
  secretsRemove,
  secretsRekey,
  profilesList,
  profilesGet,
  profilesCreate,
  profilesUpdate,
  profilesEnable,
  profilesDisable,
  profilesRemove,
  routesList,
  routesGet,
  routesCreate,
  routesUpdate,
  routesEnable,
  routesDisable,
  routesRemove,
  ratesList,
  ratesGet,
  ratesCreate,
  ratesHistory,
  ratesAt,
  ratesVoid,
  modePlan,
  modeFlip,
  modeUndo,
  backfillList,
  backfillGet,
  backfillPlan,
  backfillApply,
  backfillUndo,
  keysList,
  keysGet,
  keysCreate,
  keysUpdate,
  keysRotate,
  keysRevoke,
  settingsList,
  settingsGet,
  settingsUpdate,
  auditList,
  auditGet,
  callsList,
  callsGet,
  usageTotals,
  explainRoute,
  explainCall,
  stateExport,
  stateDiff,
  stateApply,
  manifestPlan,
  manifestApply,
  manifestConflicts,
  manifestResolve,
  manifestDiff,
  manifestUndo,
  migrationsList,
] as const satisfies readonly Operation[]
