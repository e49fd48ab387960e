/** Other gateways to stand beside, installed at run time from their own registries with their own production settings. */

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { bearer, type Gateway, type Place, sameModel, upstreamKey } from './gateway.ts'
import { freePort } from './processes.ts'

// The HTTP adapter is held back: with the one npm picks today, this release answers every stream with a 500.
const portkeyPackage = {
  private: true,
  dependencies: { '@portkey-ai/gateway': '1.15.2' },
  overrides: { '@hono/node-server': '1.13.8' },
}

/** Records neither usage nor cost during the run. */
export async function portkey(place: Place): Promise<Gateway | string> {
  writeFileSync(`${place.directory}/package.json`, JSON.stringify(portkeyPackage))
  const install = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: place.directory, encoding: 'utf8' })
  if (install.status !== 0) return `npm could not install it. ${(install.stderr || `${install.error}`).trim().slice(-300)}`
  const port = await freePort(21_840)
  const upstream = `http://127.0.0.1:${place.upstreamPort}/v1`
  const hosted = `x-portkey-custom-host: ${upstream}`
  return {
    name: 'portkey',
    port,
    program: {
      command: [process.execPath, 'node_modules/@portkey-ai/gateway/build/start-server.js', `--port=${port}`, '--headless'],
      port,
      directory: place.directory,
      environment: { NODE_ENV: 'production' },
    },
    callers: [bearer(upstreamKey)],
    headers: {
      'openai-chat': ['x-portkey-provider: openai', hosted],
      'anthropic-messages': ['x-portkey-provider: anthropic', hosted],
    },
    model: sameModel,
  }
}
