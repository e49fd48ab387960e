#!/usr/bin/env node
// Starts Purser's command line under a Node that is new enough, with code from strings and __proto__ switched off.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runNode } from './runtime.js'

const source = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const built = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const flags = ['--disallow-code-generation-from-strings', '--disable-proto=delete']

runNode([...flags, existsSync(source) ? source : built, ...process.argv.slice(2)])
