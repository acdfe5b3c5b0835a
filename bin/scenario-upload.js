#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`✖ scenario-upload needs Node 20.19 or later; this is ${process.versions.node}\n`)
  process.exitCode = 1
} else {
  // Node's warnings are for those who write it, and stderr is for those who run it, line by line as JSON where they ask for it.
  process.removeAllListeners('warning')
  // No compile cache of Node's: it takes 6 % off an upload at best, and code that is run belongs in no folder others may write.
  const { main } = await import('../dist/command/main.js')
  process.exitCode = await main(process.argv.slice(2))
  const ended = { 129: 'SIGHUP', 130: 'SIGINT', 143: 'SIGTERM' }[process.exitCode]
  // A name server that says nothing would hold the process for ten seconds more: its lookup cannot be called off.
  if (ended) setTimeout(() => process.kill(process.pid, ended), 500).unref()
}
