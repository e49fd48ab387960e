#!/usr/bin/env node
// Runs a Node that is new enough for Purser with the arguments given: node bin/node.js test/check.ts
import { runNode } from './runtime.js'

runNode(process.argv.slice(2))
