/** Every operation there is. A face that wants them all reads this list, so a new one is everywhere or nowhere. */

import { auditGet, auditList } from './audit.ts'
import { backfillGet, backfillList } from './backfill.ts'
import { backfillApply, backfillUndo } from './backfill-apply.ts'
import { backfillPlan } from './backfill-plan.ts'
import { callsGet, callsList } from './calls.ts'
import { connectionsTest } from './connection-trial.ts'
import { connectionsGet, connectionsList } from './connections.ts'
import { connectionsCreate, connectionsDisable, connectionsEnable, connectionsRemove, connectionsUpdate } from './connections-write.ts'
import { doctor } from './doctor.ts'
import { explainCall } from './explain.ts'
import { explainRoute } from './explain-route.ts'
import { keysGet, keysList } from './keys.ts'
import { keysCreate, keysRevoke, keysRotate, keysUpdate } from './keys-write.ts'
import { manifestConflicts, manifestDiff, manifestPlan } from './manifest.ts'
import { manifestApply, manifestResolve, manifestUndo } from './manifest-write.ts'
import { migrationsList } from './migrations.ts'
import { modePlan } from './mode.ts'
import { modeFlip, modeUndo } from './mode-flip.ts'
import { routesGet, routesList } from './model-routes.ts'
import { routesCreate, routesDisable, routesEnable, routesRemove, routesUpdate } from './model-routes-write.ts'
import type { Operation } from './operation.ts'
import { profilesGet, profilesList } from './profiles.ts'
import { profilesCreate, profilesDisable, profilesEnable, profilesRemove, profilesUpdate } from './profiles-write.ts'
import { providersGet, providersList } from './providers.ts'
import { providersCreate, providersDisable, providersEnable, providersRemove, providersUpdate } from './providers-write.ts'
import { ratesAt, ratesGet, ratesHistory, ratesList } from './rates.ts'
import { ratesCreate } from './rates-create.ts'
import { ratesVoid } from './rates-void.ts'
import { secretsRekey } from './secret-rekey.ts'
import { secretsGet, secretsList } from './secrets.ts'
import { secretsBind, secretsCreate, secretsRemove, secretsRotate } from './secrets-write.ts'
import { settingsGet, settingsList } from './settings.ts'
import { settingsUpdate } from './settings-write.ts'
import { stateApply, stateDiff, stateExport } from './state.ts'
import { status } from './status.ts'
import { usageTotals } from './usage.ts'

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
